import type { Random } from '../domain/ports/environment.ts';
import type { Cancel, World } from './world.ts';

interface Handle {
  readonly cancel: Cancel;
  ref(): Handle;
  unref(): Handle;
}

const handleOf = (cancel: Cancel): Handle => {
  const handle: Handle = { cancel, ref: () => handle, unref: () => handle };
  return handle;
};

const cancel = (handle: Handle | undefined): void => handle?.cancel();

type Task = (...args: unknown[]) => void;

const timersOf = (world: World) => ({
  setImmediate: (task: Task, ...args: unknown[]) =>
    handleOf(world.planTurn(world.owner, () => task(...args))),
  clearImmediate: cancel,
  setTimeout: (task: Task, delayMs = 1, ...args: unknown[]) =>
    handleOf(world.clockOf(world.owner).after(delayMs, () => task(...args))),
  clearTimeout: cancel,
  setInterval(task: Task, delayMs = 1, ...args: unknown[]) {
    const clock = world.clockOf(world.owner);
    let stop: Cancel = () => undefined;
    const arm = (): void => {
      stop = clock.after(delayMs, () => {
        arm();
        task(...args);
      });
    };
    arm();
    return handleOf(() => stop());
  },
  clearInterval: cancel,
});

const NAMES = [
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
] as const;

/**
 * nact, rxjs and the turn batcher look these up at each call: while `work` runs they get the world's turns and timers, and
 * the time and chance of whoever's turn it is. Afterwards everything is as it was. One simulation at a time.
 */
export const withVirtualGlobals = async <T>(
  world: World,
  random: Random,
  work: () => Promise<T>,
): Promise<T> => {
  const scope = globalThis as unknown as Record<string, unknown>;
  const before = NAMES.map((name) => [name, scope[name]] as const);
  const realNow = Date.now;
  const realRandom = Math.random;
  const timers = timersOf(world);
  for (const name of NAMES) scope[name] = timers[name];
  Date.now = () => world.clockOf(world.owner).nowMs();
  Math.random = () => random.next();
  try {
    return await work();
  } finally {
    for (const [name, real] of before) scope[name] = real;
    Date.now = realNow;
    Math.random = realRandom;
  }
};
