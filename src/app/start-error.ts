import { withoutSecrets } from '../domain/server-address.ts';

/** The start cannot go on, and the operator can do something about it: one clear sentence, no stack trace. */
export class StartError extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = 'StartError';
  }
}

/** A server's address for people: never with its password. */
export const addressOf = withoutSecrets;

/** The innermost reason, which is what helps: "connect ECONNREFUSED …" rather than "could not connect". */
export const reasonOf = (error: unknown): string => {
  let current: unknown = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError && current.errors.length > 0) return reasonOf(current.errors[0]);
  return current instanceof Error ? current.message : String(current);
};
