import type { FanId } from '../domain/ids.ts';
import { networkOf } from '../domain/network.ts';
import type { Clock } from '../domain/ports/environment.ts';
import { createGuessCounter } from './guess-counter.ts';

/** More than anybody mistypes; far too few to find even a short code among ten thousand. */
export const GUESSES_PER_FAN = 10;
/** Many people may type wrongly behind one address. */
export const GUESSES_PER_NETWORK = 50;

/** Wrong access codes by fan and by network. */
export interface CodeGuesses {
  /** Milliseconds until the next code from here is looked at; null: now. The guess counts against the fan until it proves right. */
  begin(fanId: FanId, address: string | null): number | null;
  /** What became of a guess that was begun. */
  end(fanId: FanId, address: string | null, right: boolean): void;
}

export const createCodeGuesses = (clock: Pick<Clock, 'nowMs'>): CodeGuesses => {
  const byFan = createGuessCounter(clock, GUESSES_PER_FAN);
  const byNetwork = createGuessCounter(clock, GUESSES_PER_NETWORK);
  return {
    begin(fanId, address) {
      const waits = [byFan.waitMs(fanId), address === null ? null : byNetwork.waitMs(networkOf(address))];
      const longest = Math.max(...waits.map((waitMs) => waitMs ?? 0));
      if (longest > 0) return longest;
      // Before the look-up: two hundred guesses of one fan at once are two hundred guesses. Not so of a network, behind which as many
      // people may bring good codes in the same moment.
      byFan.count(fanId);
      return null;
    },
    end(fanId, address, right) {
      if (right) byFan.count(fanId, -1);
      else if (address !== null) byNetwork.count(networkOf(address));
    },
  };
};
