import { StartError } from './start-error.ts';

/** Turns a failed `listen` into a sentence that says which variable to change; other errors pass through. */
export const portError = (error: unknown, variable: string, port: number, host: string): unknown => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} on ${host} is taken: stop what uses it, or set ${variable} to another port.`,
      error,
    );
  }
  if (code === 'EACCES')
    return new StartError(
      `Port ${port} may not be used by this user: set ${variable} to another port.`,
      error,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartError(`${host} is no address of this machine: set HOST to one that is.`, error);
  }
  return error;
};
