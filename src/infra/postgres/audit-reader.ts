import type { EventId } from '../../domain/ids.ts';
import type {
  AccessRecords,
  AdmissionEntry,
  AttemptRecord,
  EventRecord,
  HoldRecord,
  OrderRecord,
  PlaceRecord,
  SaleRecords,
  SeatRecord,
  TicketRecord,
  UnsettledWork,
} from '../../domain/sale-records.ts';
import { connected, type Client, type Pool } from './pool.ts';

/** Reads what an audit needs; writes nothing. Both methods reject when Postgres is away. */
export interface AuditReader {
  /** All of one event in one snapshot; null if there is no such event. */
  read(eventId: EventId): Promise<SaleRecords | null>;
  unsettled(eventId: EventId): Promise<UnsettledWork>;
}

/** Microseconds survive: an audit that rounds to milliseconds would see two moments in the wrong order. */
const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const EVENT = `
  SELECT event_id AS "eventId", currency::text AS currency, ${ms('created_at')} AS "createdAtMs",
         ${ms('opens_at')} AS "opensAtMs", rate_per_minute AS "ratePerMinute", inside_max AS "insideMax",
         knobs_version AS "knobsVersion", seats_per_fan AS "seatsPerFan", holds_per_fan AS "holdsPerFan",
         ${ms('clock_timestamp()')} AS "readAtMs"
    FROM tickets.events WHERE event_id = $1`;

const SEATS = `
  SELECT section_id AS "sectionId", seat_id AS "seatId", status, hold_id AS "holdId", ${ms('held_until')} AS "heldUntilMs"
    FROM tickets.seats WHERE event_id = $1`;

const HOLDS = `
  SELECT hold_id AS "holdId", section_id AS "sectionId", fan_id AS "fanId",
         coalesce((SELECT a.pass_id FROM line.hand_overs o JOIN line.admissions a USING (event_id, number)
                    WHERE o.old_pass_id = holds.pass_id LIMIT 1), pass_id) AS "passId", seat_ids AS "seatIds",
         amount_minor AS "amountMinor", state, late, ${ms('held_at')} AS "heldAtMs", ${ms('expires_at')} AS "expiresAtMs"
    FROM tickets.holds WHERE event_id = $1`;

const ORDERS = `
  SELECT order_id AS "orderId", fan_id AS "fanId", attempt_id AS "attemptId", hold_ids AS "holdIds",
         section_ids AS "sectionIds", seat_ids AS "seatIds", amount_minor AS "amountMinor", currency::text AS currency,
         status, reason, ${ms('pay_by')} AS "payByMs", ${ms('created_at')} AS "createdAtMs", ${ms('settled_at')} AS "settledAtMs"
    FROM tickets.orders WHERE event_id = $1`;

const TICKETS = `
  SELECT ticket_id AS "ticketId", order_id AS "orderId", section_id AS "sectionId", seat_id AS "seatId",
         fan_id AS "fanId", voided_at IS NOT NULL AS voided
    FROM tickets.tickets WHERE event_id = $1`;

const ATTEMPTS = `
  SELECT attempt_id AS "attemptId", order_id AS "orderId", intent_id AS "intentId", status, amount_minor AS "amountMinor"
    FROM payments.attempts WHERE event_id = $1`;

const PLACES = `
  SELECT number, fan_id AS "fanId", spent_at IS NOT NULL AS spent FROM line.places WHERE event_id = $1`;

const ADMISSIONS = `
  SELECT pass_id AS "passId", fan_id AS "fanId", number, coalesce(turn, number) AS turn, ${ms('admitted_at')} AS "admittedAtMs",
         ${ms('expires_at')} AS "expiresAtMs", ${ms('left_at')} AS "leftAtMs"
    FROM line.admissions WHERE event_id = $1`;

const CODES = `
  SELECT code_id AS "codeId", lane AS "laneId", uses_max AS "usesMax", uses FROM line.access_codes WHERE event_id = $1`;
const REDEMPTIONS = `SELECT code_id AS "codeId", fan_id AS "fanId" FROM line.redemptions WHERE event_id = $1`;
const BYPASSES = `SELECT code_id AS "codeId", fan_id AS "fanId" FROM line.bypasses WHERE event_id = $1`;

const UNSENT = `
  SELECT (SELECT count(*) FROM tickets.outbox WHERE event_id = $1 AND sent_at IS NULL) AS tickets,
         (SELECT count(*) FROM payments.outbox WHERE event_id = $1 AND sent_at IS NULL) AS payments`;

const UNSETTLED = `
  SELECT (SELECT count(*) FROM tickets.orders WHERE event_id = $1 AND status = 'awaiting_payment') AS orders,
         (SELECT ${ms('max(pay_by)')} FROM tickets.orders WHERE event_id = $1 AND status = 'awaiting_payment') AS "payByMs",
         (SELECT count(*) FROM payments.attempts a
           WHERE event_id = $1
             AND (status IN ('new', 'cancelling', 'authorised', 'late', 'capturing', 'voiding', 'refunding', 'honouring', 'keeping',
                             'returning')
                  -- Given back a moment ago: the word of it is on its way to the money.
                  OR status = 'captured' AND EXISTS (
                    SELECT 1 FROM tickets.orders o WHERE o.order_id = a.order_id AND o.status = 'refunded'))) AS attempts,
         (SELECT count(*) FROM tickets.outbox WHERE event_id = $1 AND sent_at IS NULL)
       + (SELECT count(*) FROM payments.outbox WHERE event_id = $1 AND sent_at IS NULL) AS unsent`;

const rowsOf = async <T extends object>(
  client: Client,
  sql: string,
  eventId: EventId,
): Promise<readonly T[]> => (await client.query<T>(sql, [eventId])).rows;

const readAccess = async (client: Client, eventId: EventId): Promise<AccessRecords> => ({
  codes: await rowsOf(client, CODES, eventId),
  redemptions: await rowsOf(client, REDEMPTIONS, eventId),
  bypasses: await rowsOf(client, BYPASSES, eventId),
});

const readAll = async (client: Client, eventId: EventId): Promise<SaleRecords | null> => {
  const [found] = await rowsOf<EventRecord & { readonly readAtMs: number }>(client, EVENT, eventId);
  if (found === undefined) return null;
  const { readAtMs, ...event } = found;
  const [unsent] = await rowsOf<SaleRecords['unsent']>(client, UNSENT, eventId);
  return {
    event,
    readAtMs,
    seats: await rowsOf<SeatRecord>(client, SEATS, eventId),
    holds: await rowsOf<HoldRecord>(client, HOLDS, eventId),
    orders: await rowsOf<OrderRecord>(client, ORDERS, eventId),
    tickets: await rowsOf<TicketRecord>(client, TICKETS, eventId),
    attempts: await rowsOf<AttemptRecord>(client, ATTEMPTS, eventId),
    places: await rowsOf<PlaceRecord>(client, PLACES, eventId),
    admissions: await rowsOf<AdmissionEntry>(client, ADMISSIONS, eventId),
    access: await readAccess(client, eventId),
    unsent: unsent ?? { tickets: 0, payments: 0 },
  };
};

export const createAuditReader = (pool: Pool): AuditReader => ({
  read: (eventId) =>
    connected(pool, async (client) => {
      // One snapshot: a sale that goes on between two reads would look like a broken promise.
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      try {
        return await readAll(client, eventId);
      } finally {
        await client.query('ROLLBACK');
      }
    }),
  unsettled: (eventId) =>
    connected(pool, async (client) => {
      const [work] = await rowsOf<UnsettledWork>(client, UNSETTLED, eventId);
      return work ?? { orders: 0, payByMs: null, attempts: 0, unsent: 0 };
    }),
});
