import type { Clock } from '../../src/domain/ports/environment.ts';

export interface VirtualClock extends Clock {
  /** Lets `ms` pass: runs every timer that falls due, in order, and lets the promises between them settle. */
  advance(ms: number): Promise<void>;
  pending(): number;
}

/** Lets everything that waits for promises alone come to rest: a turn of the event loop runs all microtasks. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

export const createVirtualClock = (startMs = 1_800_000_000_000): VirtualClock => {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly task: () => void }>();
  return {
    nowMs: () => nowMs,
    after(delayMs, task) {
      const timer = { atMs: nowMs + delayMs, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    pending: () => timers.size,
    async advance(ms) {
      const until = nowMs + ms;
      for (;;) {
        await settled();
        const next = [...timers].filter((one) => one.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.task();
      }
      nowMs = until;
    },
  };
};
