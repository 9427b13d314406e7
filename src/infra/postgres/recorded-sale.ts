import type { EventId } from '../../domain/ids.ts';
import type { RecordedFan, RecordedSale } from '../../domain/recorded-sale.ts';
import { withConnection } from './one-connection.ts';

const READ_WITHIN_MS = 60_000;

const SALE = `
  SELECT floor(extract(epoch FROM greatest(e.opens_at, e.created_at)) * 1000)::float8 AS "openedAtMs",
         e.rate_per_minute::float8 AS "ratePerMinute", e.inside_max::float8 AS "insideMax",
         (SELECT count(*)::float8 FROM tickets.seats s WHERE s.event_id = e.event_id) AS seats
    FROM tickets.events e WHERE e.event_id = $1`;

// The first hold of an admission, and the first order with it: what came after belongs to second thoughts.
const FANS = `
  SELECT floor(extract(epoch FROM p.joined_at) * 1000)::float8 AS "joinedAtMs",
         floor(extract(epoch FROM a.admitted_at) * 1000)::float8 AS "admittedAtMs",
         floor(extract(epoch FROM h.held_at) * 1000)::float8 AS "heldAtMs",
         coalesce(cardinality(h.seat_ids), 0) AS seats,
         floor(extract(epoch FROM o.created_at) * 1000)::float8 AS "orderedAtMs",
         CASE WHEN o.status = 'confirmed' THEN floor(extract(epoch FROM o.settled_at) * 1000)::float8 END AS "paidAtMs"
    FROM line.places p
    LEFT JOIN line.admissions a ON a.event_id = p.event_id AND a.number = p.number
    LEFT JOIN LATERAL (SELECT * FROM tickets.holds x WHERE x.pass_id = a.pass_id OR x.pass_id IN (
      SELECT o.old_pass_id FROM line.hand_overs o WHERE o.event_id = a.event_id AND o.number = a.number) ORDER BY x.held_at LIMIT 1) h ON true
    LEFT JOIN LATERAL (
      SELECT * FROM tickets.orders x
       WHERE x.fan_id = p.fan_id AND x.event_id = p.event_id AND h.hold_id = ANY (x.hold_ids)
       ORDER BY x.created_at LIMIT 1) o ON true
   WHERE p.event_id = $1
   ORDER BY p.joined_at`;

/** What Postgres knows of a sale that took place. Null: there is no such event. Reads only. */
export const readRecordedSale = (url: string, eventId: EventId): Promise<RecordedSale | null> =>
  withConnection(url, READ_WITHIN_MS, async (ask) => {
    const [sale] = await ask<Omit<RecordedSale, 'fans'>>(SALE, [eventId]);
    if (sale === undefined) return null;
    return { ...sale, fans: await ask<RecordedFan>(FANS, [eventId]) };
  });
