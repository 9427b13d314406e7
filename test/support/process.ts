import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import type { Stage } from './servers.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** Slower than any start on a busy machine. */
const READY_WITHIN_MS = 60_000;

export interface TestProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** What the banner says stands there, e.g. `Fans`. */
  told(name: string): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended: its exit code and how long that took from now. */
  ended(): Promise<{ readonly code: number | null; readonly signal: string | null; readonly ms: number }>;
  /** Resolves when the banner is complete; rejects when the process ends before. */
  ready(): Promise<void>;
}

/** The pids of what descends from `pid`, itself not counted. */
export const descendants = (pid: number): readonly number[] => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) }];
      } catch {
        return [];
      }
    });
  const below = (parent: number): number[] =>
    parents.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...below(one.pid)]);
  return below(pid);
};

/** Whether that process is there and not merely waiting to be reaped. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};

/** `catraca <args>` as a process of its own, with these variables and no others. Killed at teardown with all it started. */
export const startProcess = (
  t: Stage,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): TestProcess => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const pid = child.pid ?? 0;
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      for (const one of [pid, ...descendants(pid)]) {
        try {
          process.kill(one, 'SIGKILL');
        } catch {
          // It ended in this very moment.
        }
      }
    }
    await closed;
  });
  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    told(name) {
      const found = new RegExp(`^ {2}${name} +(\\S.*)$`, 'm').exec(stderr)?.[1];
      if (found === undefined) throw new Error(`nothing was told of ${name}:\n${stderr}`);
      return found;
    },
    signal: (name) => void child.kill(name),
    async ended() {
      const from = performance.now();
      const [code, signal] = await closed;
      return { code, signal, ms: performance.now() - from };
    },
    ready: () =>
      Promise.race([
        eventually(() => assert.match(stderr, /Catraca is on[\s\S]*\n\n$/), READY_WITHIN_MS),
        closed.then(([code]) => {
          throw new Error(`ended with ${code} before it was ready:\n${stderr}\n${stdout.slice(-2_000)}`);
        }),
      ]),
  };
};
