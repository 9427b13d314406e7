import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signal } from '../../infra/postgres/embedded/processes.ts';
import type { ServerHandle } from '../nemesis.ts';
import type { Scope } from '../scope.ts';
import { insistFor } from '../waiting.ts';
import { surroundings } from './programs.ts';

export interface Recipe {
  readonly name: string;
  readonly url: string;
  readonly folder: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly account?: { cwd?: string; uid?: number; gid?: number };
  readonly stopSignal: NodeJS.Signals;
  readonly readyWithinMs: number;
  /** Throws while the server does not answer. */
  readonly probe: () => Promise<unknown>;
}

const STOP_WITHIN_MS = 20_000;

/** `pid` and all that descend from it. Process groups do not do: each backend of PostgreSQL makes its own. */
const family = (pid: number): number[] => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) };
      } catch {
        return { pid: 0, parent: -1 };
      }
    });
  const below = (parent: number): number[] =>
    parents.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...below(one.pid)]);
  return [pid, ...below(pid)];
};

/** Starts a server that belongs to `scope` alone, so that it may be killed. */
export const startPrivateServer = async (scope: Scope, recipe: Recipe): Promise<ServerHandle> => {
  const logFile = join(recipe.folder, 'server.log');
  let child: ChildProcess | null = null;
  const all = (name: NodeJS.Signals): void => {
    if (child?.pid !== undefined) for (const pid of family(child.pid)) signal(pid, name);
  };

  const start = async (): Promise<void> => {
    const log = await open(logFile, 'a');
    const started = spawn(recipe.program, recipe.args, {
      cwd: recipe.folder,
      ...recipe.account,
      env: surroundings(recipe.env),
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    child = started;
    started.once('exit', () => {
      if (child === started) child = null;
    });
    await once(started, 'spawn');
    await log.close();
    // A signal or a fault may end it meanwhile: no use in waiting longer then.
    await insistFor(recipe.readyWithinMs, () => (child === null ? null : recipe.probe()));
    if (child === null) throw new Error(`${recipe.name} ended:\n${await readFile(logFile, 'utf8')}`);
  };

  const end = async (send: () => void): Promise<void> => {
    const running = child;
    if (running === null) return;
    const gone = once(running, 'exit', { signal: AbortSignal.timeout(STOP_WITHIN_MS) });
    send();
    await gone;
  };
  const kill = (): Promise<void> => end(() => all('SIGKILL'));
  const stop = (): Promise<void> =>
    end(() => {
      all('SIGCONT');
      if (child?.pid !== undefined) signal(child.pid, recipe.stopSignal);
    });
  // Also when this process ends without closing its scope: nothing may outlive it.
  const farewell = (): void => all('SIGKILL');
  process.once('exit', farewell);
  scope.defer(async () => {
    await kill();
    process.removeListener('exit', farewell);
  });

  await start();
  return {
    name: recipe.name,
    url: recipe.url,
    kill,
    stop,
    pause: () => all('SIGSTOP'),
    resume: () => all('SIGCONT'),
    async restart() {
      await kill();
      await start();
    },
  };
};
