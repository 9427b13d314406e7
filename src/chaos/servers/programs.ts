import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Scope } from '../scope.ts';

/** The programs of a server are not on this machine. */
export class ProgramsMissing extends Error {
  constructor(what: string) {
    super(`no programs of ${what} were found on this machine`);
    this.name = 'ProgramsMissing';
  }
}

/** The first that exists: an absolute path, or a name looked up in PATH. */
export const findProgram = (...candidates: readonly string[]): string | null =>
  candidates
    .flatMap((candidate) =>
      candidate.startsWith('/')
        ? [candidate]
        : (surroundings()['PATH'] ?? '').split(delimiter).map((folder) => join(folder, candidate)),
    )
    .find((path) => existsSync(path)) ?? null;

/** What a program of this machine is started with: our own surroundings, and `more`. */
export const surroundings = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
});

/** Removed at the end. Others may pass through: PostgreSQL runs as another user where we are root. */
export const tempFolder = async (scope: Scope, name: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `catraca-${name}-`));
  await chmod(folder, 0o711);
  scope.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
};
