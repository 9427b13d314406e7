import type { Clock, Random } from '../domain/ports/environment.ts';
import type { DueAttempt, PaymentStore } from '../domain/ports/payment-store.ts';
import type { DueWork } from './due-work.ts';
import { createLoop } from './loop.ts';
import type { PaymentLog } from './payment-log.ts';

export interface SweeperOptions {
  readonly store: Pick<PaymentStore, 'claimDue' | 'release'>;
  readonly work: DueWork;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: PaymentLog;
  readonly everyMs: number;
  /** Attempts worked on at once by this copy, each with at most one gateway call in flight. */
  readonly concurrency: number;
  /** Longer than one attempt's whole errand at a slow gateway. */
  readonly leaseMs: number;
}

export interface Sweeper {
  start(): void;
  /** Claims nothing more; resolves when what was claimed has been worked on. */
  stop(): Promise<void>;
  /** One sweep, until nothing is due and all is worked on; how many attempts that were. */
  sweep(): Promise<number>;
}

/**
 * Finishes whatever a crash, a lost webhook or a silent gateway left undone. Any number of copies may run: the lease keeps
 * them apart, and if it ran out too early the gateway's keys make the repeat harmless.
 */
export const createSweeper = (options: SweeperOptions): Sweeper => {
  const { store, work, clock, random, log, everyMs, concurrency, leaseMs } = options;
  const workOn = async ({ attempt, overdue }: DueAttempt): Promise<void> => {
    const { attemptId } = attempt;
    try {
      await work.perform(attempt, { look: true, end: overdue ? 'expired' : null });
      await store.release(attemptId);
    } catch (error) {
      log.warn({ err: error, attemptId }, 'an attempt could not be worked on; its lease brings it back');
    }
  };

  const running = new Set<Promise<void>>();

  /** Claims until nothing is due. It does not wait for the last ones: one slow errand must not hold up the next sweep. */
  const claimAll = async (keepOn: () => boolean): Promise<number> => {
    let claimed = 0;
    while (keepOn()) {
      while (running.size >= concurrency) await Promise.race(running);
      const due = await store.claimDue(concurrency - running.size, leaseMs);
      if (due.length === 0) break;
      claimed += due.length;
      for (const one of due) {
        const task = workOn(one).finally(() => running.delete(task));
        running.add(task);
      }
    }
    return claimed;
  };

  const loop = createLoop((keepOn) => claimAll(keepOn), {
    clock,
    random,
    everyMs,
    onError: (error) => log.warn({ err: error }, 'due payments could not be claimed'),
  });

  return {
    start: () => loop.start(),
    async stop() {
      await loop.stop();
      await Promise.all(running);
    },
    async sweep() {
      try {
        return await claimAll(() => true);
      } finally {
        await Promise.all(running);
      }
    },
  };
};
