import { networkOf } from '../domain/network.ts';
import type { Clock } from '../domain/ports/environment.ts';
import { createGuessCounter } from './guess-counter.ts';

/** More than a household that misreads its note; far too few to find one code of 2⁶⁰. */
export const GUESSES = 20;

/** Wrong recovery codes by network. What protects a place is the length of its code, this the database. */
export interface GuessLimit {
  /** Milliseconds until the next guess from here is looked at; null: now. */
  waitMs(address: string | null): number | null;
  count(address: string | null): void;
}

export const createGuessLimit = (clock: Pick<Clock, 'nowMs'>): GuessLimit => {
  const wrong = createGuessCounter(clock, GUESSES);
  return {
    waitMs: (address) => (address === null ? null : wrong.waitMs(networkOf(address))),
    count(address) {
      if (address !== null) wrong.count(networkOf(address));
    },
  };
};
