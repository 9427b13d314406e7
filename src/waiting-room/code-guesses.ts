import { LRUCache } from 'lru-cache';
import { networkOf } from '../domain/network.ts';
import type { FanId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports/environment.ts';

/** More than anybody mistypes; far too few to find even a short code among ten thousand. */
export const GUESSES_PER_FAN = 10;
/** Many people may type wrongly behind one address. */
export const GUESSES_PER_NETWORK = 50;
export const GUESS_WINDOW_MS = 600_000;
/** Beyond it the oldest are forgotten. */
const MOST = 100_000;

/** Wrong access codes by fan and by network. Each node counts for itself. */
export interface CodeGuesses {
  /** Milliseconds until the next code from here is looked at; null: now. The guess counts against the fan until it proves right. */
  begin(fanId: FanId, address: string | null): number | null;
  /** What became of a guess that was begun. */
  end(fanId: FanId, address: string | null, right: boolean): void;
}

export const createCodeGuesses = (clock: Pick<Clock, 'nowMs'>): CodeGuesses => {
  const wrong = new LRUCache<string, number>({
    max: MOST,
    ttl: GUESS_WINDOW_MS,
    noUpdateTTL: true,
    perf: { now: () => clock.nowMs() },
    ttlResolution: 0,
  });
  const add = (key: string, change: number): void => {
    wrong.set(key, Math.max(0, (wrong.get(key) ?? 0) + change));
  };
  const ofFan = (fanId: FanId): string => `fan ${fanId}`;
  const ofNetwork = (address: string): string => `net ${networkOf(address)}`;
  return {
    begin(fanId, address) {
      const limits: readonly (readonly [string, number])[] = [
        [ofFan(fanId), GUESSES_PER_FAN],
        ...(address === null ? [] : [[ofNetwork(address), GUESSES_PER_NETWORK] as const]),
      ];
      const spent = limits.filter(([key, most]) => (wrong.get(key) ?? 0) >= most);
      if (spent.length > 0) {
        return Math.max(1_000, ...spent.map(([key]) => Math.ceil(wrong.getRemainingTTL(key))));
      }
      // Before the look-up: two hundred guesses of one fan at once are two hundred guesses. Not so of a network, behind which as many
      // people may bring good codes in the same moment.
      add(ofFan(fanId), 1);
      return null;
    },
    end(fanId, address, right) {
      if (right) add(ofFan(fanId), -1);
      else if (address !== null) add(ofNetwork(address), 1);
    },
  };
};
