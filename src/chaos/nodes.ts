import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NodeHandle } from './nemesis.ts';
import type { Scope } from './scope.ts';
import { surroundings } from './servers/programs.ts';
import { insistFor, pause } from './waiting.ts';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
/** A start on a busy machine, while a server it needs may still be coming back. */
const READY_WITHIN_MS = 180_000;
const GONE_WITHIN_MS = 15_000;
/** What an outer runner (systemd, Kubernetes) would wait before it starts a node again that ended by itself. */
const RESTART_AFTER_MS = 300;

export interface NodeRecipe {
  readonly name: string;
  readonly url: string;
  /** Asked until it answers 200. */
  readonly readyPath: string;
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Loaded before anything else: `Date` is wrong by so much. Timers and the monotonic clock go on as they are. */
const skewedClock = (skewMs: number): string =>
  `data:text/javascript,${encodeURIComponent(`
    const skewMs = ${skewMs};
    globalThis.Date = new Proxy(Date, {
      construct: (Real, args) => (args.length === 0 ? new Real(Real.now() + skewMs) : new Real(...args)),
      apply: (Real) => new Real(Real.now() + skewMs).toString(),
      get: (Real, name) => (name === 'now' ? () => Real.now() + skewMs : Reflect.get(Real, name)),
    });`)}`;

const answers200 = async (url: string): Promise<void> => {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  if (status !== 200) throw new Error(`${url} answers ${status}`);
};

/** Starts `catraca <args>` and keeps it running, as an outer runner would, until it is told to be gone. */
export const startNode = async (scope: Scope, recipe: NodeRecipe): Promise<NodeHandle> => {
  let child: ChildProcess | null = null;
  let wanted = true;
  let skewMs = 0;
  let ownExits = 0;

  const launch = (): void => {
    const log = openSync(recipe.logFile, 'a');
    const skew = skewMs === 0 ? [] : ['--import', skewedClock(skewMs)];
    const started = spawn(process.execPath, [...skew, '--enable-source-maps', MAIN, ...recipe.args], {
      env: { PATH: surroundings()['PATH'], HOME: surroundings()['HOME'], ...recipe.settings },
      stdio: ['ignore', log, log],
    });
    child = started;
    started.once('exit', () => {
      if (child !== started) return;
      child = null;
      if (!wanted) return;
      ownExits += 1;
      setTimeout(() => {
        if (wanted && child === null) launch();
      }, RESTART_AFTER_MS);
    });
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    wanted = false;
    const running = child;
    if (running === null) return;
    const gone = once(running, 'exit', { signal: AbortSignal.timeout(GONE_WITHIN_MS) });
    running.kill('SIGCONT');
    running.kill(signal);
    try {
      await gone;
    } catch {
      running.kill('SIGKILL');
      throw new Error(`${recipe.name} did not end within ${GONE_WITHIN_MS} ms of ${signal}`);
    }
  };

  const farewell = (): void => void child?.kill('SIGKILL');
  process.once('exit', farewell);
  scope.defer(async () => {
    await end('SIGKILL');
    process.removeListener('exit', farewell);
  });

  const start = async (options: { readonly clockSkewMs?: number } = {}): Promise<void> => {
    if (child !== null) throw new Error(`${recipe.name} runs already`);
    wanted = true;
    skewMs = options.clockSkewMs ?? 0;
    launch();
    await insistFor(READY_WITHIN_MS, () => answers200(`${recipe.url}${recipe.readyPath}`), 50);
  };

  await start();
  return {
    name: recipe.name,
    url: recipe.url,
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async start(options) {
      // One that ends by itself at this very moment counts as gone.
      if (child !== null) await pause(50);
      await start(options);
    },
    get running() {
      return child !== null;
    },
    get ownExits() {
      return ownExits;
    },
  };
};
