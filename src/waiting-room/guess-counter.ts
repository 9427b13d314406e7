import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/ports/environment.ts';

/** From the first wrong guess on: for so long they count together. */
export const GUESS_WINDOW_MS = 600_000;
/** Whoever guesses is told to wait at least so long. */
const LEAST_WAIT_MS = 1_000;
/** Remembered: some 10 MB. Beyond it the oldest are forgotten. */
const MOST = 100_000;

/** Wrong guesses by who makes them. Each node counts for itself. */
export interface GuessCounter {
  /** Milliseconds until the next guess is looked at; null: now. */
  waitMs(who: string): number | null;
  /** `change` -1: it was right after all. */
  count(who: string, change?: 1 | -1): void;
}

/** Allows each `guesses` within ten minutes. */
export const createGuessCounter = (clock: Pick<Clock, 'nowMs'>, guesses: number): GuessCounter => {
  const wrong = new LRUCache<string, number>({
    max: MOST,
    ttl: GUESS_WINDOW_MS,
    noUpdateTTL: true,
    perf: { now: () => clock.nowMs() },
    ttlResolution: 0,
  });
  return {
    waitMs(who) {
      if ((wrong.get(who) ?? 0) < guesses) return null;
      return Math.max(LEAST_WAIT_MS, Math.ceil(wrong.getRemainingTTL(who)));
    },
    count(who, change = 1) {
      wrong.set(who, Math.max(0, (wrong.get(who) ?? 0) + change));
    },
  };
};
