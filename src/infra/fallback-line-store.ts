import type { AdmissionKnobs } from '../domain/event.ts';
import { degradedKnobs } from '../domain/slowdown.ts';
import type { LineStore, Lost, StepResult } from '../domain/ports/line.ts';
import { PartAway } from '../domain/refusal.ts';
import type { LineTerms, Turn } from './line-terms.ts';

export interface FallbackLineOptions {
  readonly terms: LineTerms;
  /** The lines in Redis, under keys of that term: what was sent in another term never touches them. */
  readonly primaryOf: (term: number) => LineStore;
  /** The lines in Postgres, in that term. */
  readonly standbyOf: (term: number) => LineStore;
}

export interface FallbackLineStore extends LineStore {
  /** Postgres counts now. */
  standingIn(): boolean;
}

/** What limits a line that Postgres counts is first of all that; unless it would not move in Redis either. */
const degradedResult = (result: StepResult): StepResult =>
  result.binding === 'closed' || result.binding === 'paused' || result.binding === 'stock'
    ? result
    : { ...result, binding: 'degraded', parameters: undefined };

/**
 * The line goes on while Redis is gone: Postgres counts it then, at a lower rate. Each change of the keeper begins with an
 * unknown line, which is restored from the journal with no credit; so that in no window, across the change or not, more
 * are called than the rate and one burst allow. Rejects while nobody may count.
 */
export const createFallbackLineStore = ({
  terms,
  primaryOf,
  standbyOf,
}: FallbackLineOptions): FallbackLineStore => {
  let used: (Turn & { readonly store: LineStore }) | null = null;

  const storeOf = (turn: Turn): LineStore => {
    if (used?.term !== turn.term || used.by !== turn.by) {
      const store = turn.by === 'redis' ? primaryOf(turn.term) : standbyOf(turn.term);
      used = { term: turn.term, by: turn.by, store };
    }
    return used.store;
  };

  const ask = async <T>(question: (store: LineStore, degraded: boolean) => Promise<T>): Promise<T> => {
    const turn = terms.turn();
    if (turn === null) throw new PartAway('nobody may count the line at present');
    try {
      const answer = await question(storeOf(turn), turn.by === 'postgres');
      // Not told to anybody: whoever counts now does not know of it.
      if (!terms.holds(turn)) throw new PartAway('the line changed its keeper meanwhile');
      return answer;
    } catch (error) {
      if (error instanceof PartAway) terms.hurry();
      throw error;
    }
  };

  const knobsFor = (knobs: AdmissionKnobs, degraded: boolean): AdmissionKnobs =>
    degraded ? degradedKnobs(knobs) : knobs;

  return {
    nextNumber: (eventId, behind, lane) => ask((store) => store.nextNumber(eventId, behind, lane)),
    step: (eventId, input) =>
      ask(async (store, degraded): Promise<StepResult | Lost> => {
        const result = await store.step(eventId, { ...input, knobs: knobsFor(input.knobs, degraded) });
        return 'lost' in result || !degraded ? result : degradedResult(result);
      }),
    redeem: (eventId, place, passTtlMs, knobs) =>
      ask((store, degraded) => store.redeem(eventId, place, passTtlMs, knobsFor(knobs, degraded))),
    assure: (eventId, place, remainingMs) => ask((store) => store.assure(eventId, place, remainingMs)),
    leave: (eventId, place) => ask((store) => store.leave(eventId, place)),
    restore: (eventId, snapshot) => ask((store) => store.restore(eventId, snapshot)),
    healthy: () => {
      const turn = terms.turn();
      return turn !== null && storeOf(turn).healthy();
    },
    standingIn: () => terms.turn()?.by === 'postgres',
  };
};
