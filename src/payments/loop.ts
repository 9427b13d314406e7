import type { Clock, Random } from '../domain/ports/environment.ts';

export interface Loop {
  /** Does nothing if it runs already. */
  start(): void;
  /** Begins nothing more; resolves when what is under way has come to its end. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Waited after each round, a fifth more or less so that many copies do not march in step. */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

/** Does `work` again and again, one round at a time, until it is stopped; `keepOn` turns false then. An error never ends it. */
export const createLoop = (
  work: (keepOn: () => boolean) => Promise<unknown>,
  { clock, random, everyMs, onError }: LoopOptions,
): Loop => {
  let stopped = true;
  let cancelTimer = (): void => undefined;
  let underWay: Promise<unknown> = Promise.resolve();

  const round = async (): Promise<void> => {
    try {
      await work(() => !stopped);
    } catch (error) {
      onError(error);
    } finally {
      if (!stopped) arm();
    }
  };
  const arm = (): void => {
    cancelTimer = clock.after(everyMs * (0.8 + 0.4 * random.next()), () => {
      underWay = round();
    });
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      arm();
    },
    async stop() {
      stopped = true;
      cancelTimer();
      await underWay;
    },
  };
};
