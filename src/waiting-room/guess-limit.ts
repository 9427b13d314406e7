import { LRUCache } from 'lru-cache';
import { networkOf } from '../domain/network.ts';
import type { Clock } from '../domain/ports/environment.ts';

/** More than a household that misreads its note; far too few to find one code of 2⁶⁰. */
export const GUESSES = 20;
export const GUESS_WINDOW_MS = 600_000;
/** Networks remembered: some 10 MB. Beyond it the oldest are forgotten. */
const MOST_NETWORKS = 100_000;

/** Wrong codes by network. Each node counts for itself: what protects a place is the length of its code, this the database. */
export interface GuessLimit {
  /** Milliseconds until the next guess from here is looked at; null: now. */
  waitMs(address: string | null): number | null;
  count(address: string | null): void;
}

export const createGuessLimit = (clock: Pick<Clock, 'nowMs'>): GuessLimit => {
  const wrong = new LRUCache<string, number>({
    max: MOST_NETWORKS,
    ttl: GUESS_WINDOW_MS,
    noUpdateTTL: true,
    perf: { now: () => clock.nowMs() },
    ttlResolution: 0,
  });
  return {
    waitMs(address) {
      if (address === null) return null;
      const network = networkOf(address);
      if ((wrong.get(network) ?? 0) < GUESSES) return null;
      return Math.max(1_000, Math.ceil(wrong.getRemainingTTL(network)));
    },
    count(address) {
      if (address === null) return;
      const network = networkOf(address);
      wrong.set(network, (wrong.get(network) ?? 0) + 1);
    },
  };
};
