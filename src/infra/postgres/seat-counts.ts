import type { EventId } from '../../domain/ids.ts';
import type { EventStore, SectionCounts } from '../../domain/ports/event-store.ts';
import type { Pool } from './pool.ts';
import { changedSince, KNOWN_UNTIL, sinceParameter } from './row-changes.ts';

const COUNT = {
  name: 'count-seats',
  text: `SELECT section_id AS "sectionId", count(*) FILTER (WHERE status = 'free') AS free,
                count(*) FILTER (WHERE status = 'held') AS held, count(*) FILTER (WHERE status = 'paying') AS paying,
                count(*) FILTER (WHERE status = 'sold') AS sold, ${KNOWN_UNTIL}
           FROM tickets.seats WHERE event_id = $1 GROUP BY section_id ORDER BY section_id`,
};

/**
 * Ends at the first change; where there is none it costs a third of counting. In the order of the key, or the planner, who expects a
 * change soon, may read the seats of all events.
 */
const HAS_CHANGED = {
  name: 'have-seats-changed',
  text: `SELECT (SELECT true FROM tickets.seats WHERE event_id = $1 AND ${changedSince('$2')}
                  ORDER BY section_id, seat_id LIMIT 1) IS NOT NULL AS changed, ${KNOWN_UNTIL}`,
};

/** Counted anew after so many looks that found nothing, whatever they found: a standby that was promoted numbers its transactions anew. */
const MAX_LOOKS = 20;

interface Counted {
  readonly counts: readonly SectionCounts[];
  readonly knownUntil: number;
  looks: number;
}

/**
 * The seats of each section by state. Every node asks each second for every open event, and most of them stand still: then it is only
 * looked whether anything has changed, and the answer is the same object as before.
 */
export const createSeatCounts = (pool: Pool): EventStore['countSeats'] => {
  const known = new Map<EventId, Counted>();

  const standsStill = async (eventId: EventId, before: Counted): Promise<boolean> => {
    if (before.looks >= MAX_LOOKS) return false;
    const { rows } = await pool.query<{ readonly changed: boolean; readonly knownUntil: number }>({
      ...HAS_CHANGED,
      values: [eventId, sinceParameter(before.knownUntil)],
    });
    const [now] = rows;
    return now !== undefined && !now.changed && now.knownUntil >= before.knownUntil;
  };

  return async (eventId) => {
    const before = known.get(eventId);
    if (before !== undefined && (await standsStill(eventId, before))) {
      before.looks += 1;
      return before.counts;
    }
    const { rows } = await pool.query<SectionCounts & { readonly knownUntil: number }>({
      ...COUNT,
      values: [eventId],
    });
    const counts = rows.map(({ sectionId, free, held, paying, sold }) => ({
      sectionId,
      free,
      held,
      paying,
      sold,
    }));
    // No seats: no such event, and nothing to remember of it.
    if (rows[0] !== undefined) known.set(eventId, { counts, knownUntil: rows[0].knownUntil, looks: 0 });
    return counts;
  };
};
