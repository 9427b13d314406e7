import type { EventId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { HoldNumbers, TicketService } from '../domain/ports/services.ts';
import { isRefusal } from '../domain/refusal.ts';

/** What is older says nothing about how quick the sale is now. */
const RECENT_MS = 10_000;
/** Bounds memory and the sorting; at a thousand holds a second it is half a second's worth, which tells enough. */
const KEPT = 512;
/** Events whose sale is long over may be forgotten. */
const EVENTS_KEPT = 200;

interface Tally {
  granted: number;
  conflicts: number;
  refused: number;
  readonly samples: { atMs: number; tookMs: number }[];
  next: number;
}

export interface HoldTally {
  /** The same service, counted. */
  counting(tickets: TicketService): TicketService;
  of(eventId: EventId): HoldNumbers;
}

const NOTHING: HoldNumbers = { granted: 0, conflicts: 0, refused: 0, p50Ms: null, p99Ms: null };

const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;

/** Counts what became of the holds that were asked of this node, and how long they took, for operators' eyes. */
export const createHoldTally = (clock: Pick<Clock, 'nowMs'>): HoldTally => {
  const tallies = new Map<EventId, Tally>();

  const tallyOf = (eventId: EventId): Tally => {
    let tally = tallies.get(eventId);
    if (tally === undefined) {
      const oldest = tallies.size >= EVENTS_KEPT ? tallies.keys().next() : null;
      if (oldest !== null && oldest.done !== true) tallies.delete(oldest.value);
      tally = { granted: 0, conflicts: 0, refused: 0, samples: [], next: 0 };
      tallies.set(eventId, tally);
    }
    return tally;
  };

  return {
    counting: (tickets) => ({
      ...tickets,
      async hold(command) {
        const fromMs = clock.nowMs();
        const result = await tickets.hold(command);
        // An event that does not exist must not take the place of one that does.
        if (isRefusal(result) && result.code === 'not_found') return result;
        const tally = tallyOf(command.eventId);
        if (!isRefusal(result)) tally.granted += result.replayed ? 0 : 1;
        else if (result.code === 'seat_taken') tally.conflicts += 1;
        else tally.refused += 1;
        const nowMs = clock.nowMs();
        tally.samples[tally.next] = { atMs: nowMs, tookMs: nowMs - fromMs };
        tally.next = (tally.next + 1) % KEPT;
        return result;
      },
    }),

    of(eventId) {
      const tally = tallies.get(eventId);
      if (tally === undefined) return NOTHING;
      const nowMs = clock.nowMs();
      const sorted = tally.samples
        .filter(({ atMs }) => nowMs - atMs <= RECENT_MS)
        .map(({ tookMs }) => Math.max(0, tookMs))
        .sort((a, b) => a - b);
      return {
        granted: tally.granted,
        conflicts: tally.conflicts,
        refused: tally.refused,
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
      };
    },
  };
};
