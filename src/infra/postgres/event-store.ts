import {
  seatsOf,
  type EventDefinition,
  type PhaseSetting,
  type SaleEvent,
  type SectionDefinition,
} from '../../domain/event.ts';
import type { ProofSetting } from '../../domain/join-proof.ts';
import type { EventId } from '../../domain/ids.ts';
import { sharesOf, type LaneDefinition } from '../../domain/lanes.ts';
import type { LaunchCurve } from '../../domain/launch-curve.ts';
import type { Show } from '../../domain/show.ts';
import type { EventStore, OrderCounts } from '../../domain/ports/event-store.ts';
import { isRefusal } from '../../domain/refusal.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';
import { createSeatCounts } from './seat-counts.ts';

interface EventColumns {
  readonly event_id: string;
  readonly name: string;
  readonly venue: string;
  readonly currency: string;
  readonly opens_at: Date;
  readonly phase_setting: PhaseSetting;
  readonly seats_per_fan: number;
  readonly holds_per_fan: number;
  readonly rate_per_minute: number;
  readonly inside_max: number;
  readonly admission_paused: boolean;
  readonly closed_loop: boolean;
  readonly launch_curve: LaunchCurve | null;
  readonly launch_active: boolean;
  readonly message: string | null;
  readonly message_at: Date | null;
  readonly knobs_version: number;
  readonly late_money_reseat: boolean;
  readonly join_proof: ProofSetting;
  readonly draw_beacon: string | null;
  readonly show_at: Date | null;
  readonly doors_at: Date | null;
  readonly address: string | null;
  readonly refunds_until: Date | null;
  readonly lanes: readonly LaneDefinition[] | null;
  readonly sections: readonly SectionDefinition[];
}

const EVENTS = `
  SELECT e.*, (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                        'id', s.section_id, 'name', s.name, 'priceMinor', s.price_minor, 'rows', s.rows, 'capacity', s.capacity))
                      ORDER BY s.ordinal)
                 FROM tickets.sections s WHERE s.event_id = e.event_id) AS sections
    FROM tickets.events e`;

const eventFrom = (row: EventColumns): SaleEvent => ({
  eventId: row.event_id,
  name: row.name,
  venue: row.venue,
  currency: row.currency,
  opensAtMs: row.opens_at.getTime(),
  phaseSetting: row.phase_setting,
  limits: { seatsPerFan: row.seats_per_fan, holdsPerFan: row.holds_per_fan },
  admission: {
    ratePerMinute: row.rate_per_minute,
    insideMax: row.inside_max,
    paused: row.admission_paused,
    closedLoop: row.closed_loop,
    ...sharesOf(row.lanes ?? undefined),
    version: row.knobs_version,
  },
  lateMoney: { reseat: row.late_money_reseat },
  joinProof: row.join_proof,
  ...(row.draw_beacon === null ? {} : { draw: { beacon: row.draw_beacon } }),
  show: {
    showAtMs: row.show_at?.getTime() ?? null,
    doorsAtMs: row.doors_at?.getTime() ?? null,
    address: row.address,
    refundsUntilMs: row.refunds_until?.getTime() ?? null,
  },
  ...(row.lanes === null ? {} : { lanes: row.lanes }),
  sections: row.sections,
  launch: row.launch_curve === null ? null : { curve: row.launch_curve, active: row.launch_active },
  message:
    row.message === null || row.message_at === null
      ? null
      : { text: row.message, atMs: row.message_at.getTime() },
});

const curveJson = (curve: LaunchCurve | null): string | null =>
  curve === null ? null : JSON.stringify(curve);

const timestamp = (ms: number | null | undefined): Date | null =>
  ms === null || ms === undefined ? null : new Date(ms);

const showValues = ({ showAtMs, doorsAtMs, address, refundsUntilMs }: Show = {}): readonly unknown[] => [
  timestamp(showAtMs),
  timestamp(doorsAtMs),
  address ?? null,
  timestamp(refundsUntilMs),
];

type Queryable = Pick<Client, 'query'>;

const findIn = async (db: Queryable, eventId: EventId): Promise<SaleEvent | null> => {
  const { rows } = await db.query<EventColumns>(`${EVENTS} WHERE e.event_id = $1`, [eventId]);
  return rows[0] === undefined ? null : eventFrom(rows[0]);
};

const insertMap = async (
  client: Client,
  eventId: EventId,
  sections: readonly SectionDefinition[],
): Promise<void> => {
  for (const [ordinal, section] of sections.entries()) {
    await client.query(
      `INSERT INTO tickets.sections (event_id, section_id, ordinal, name, price_minor, rows, capacity)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        eventId,
        section.id,
        ordinal,
        section.name,
        section.priceMinor,
        section.rows === undefined ? null : JSON.stringify(section.rows),
        section.capacity ?? null,
      ],
    );
    const seats = seatsOf(section);
    await client.query(
      `INSERT INTO tickets.seats (event_id, section_id, ordinal, seat_id, row_name, number)
       SELECT $1, $2, w.ordinal, w.seat_id, w.row_name, w.number
         FROM unnest($3::text[], $4::text[], $5::integer[]) WITH ORDINALITY AS w (seat_id, row_name, number, ordinal)`,
      [
        eventId,
        section.id,
        seats.map((one) => one.seatId),
        seats.map((one) => one.row),
        seats.map((one) => one.number),
      ],
    );
  }
};

/** Runs one UPDATE of an event under its lock, and returns the event before and after. */
const changing = (pool: Pool, eventId: EventId, set: string, values: readonly unknown[]) =>
  inTransaction(pool, async (client) => {
    await client.query('SELECT 1 FROM tickets.events WHERE event_id = $1 FOR UPDATE', [eventId]);
    const before = await findIn(client, eventId);
    if (before === null) return null;
    await client.query(`UPDATE tickets.events SET ${set} WHERE event_id = $1`, [eventId, ...values]);
    return { before, after: (await findIn(client, eventId)) as SaleEvent };
  });

/** Events and their official maps in Postgres. */
export const createEventStore = (pool: Pool): EventStore => ({
  async create(eventId, definition: EventDefinition) {
    const event = await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(
        `INSERT INTO tickets.events (event_id, name, venue, currency, opens_at, seats_per_fan, holds_per_fan,
                                     rate_per_minute, inside_max, late_money_reseat, closed_loop, join_proof,
                                     launch_curve, draw_beacon, show_at, doors_at, address, refunds_until, lanes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING`,
        [
          eventId,
          definition.name,
          definition.venue,
          definition.currency,
          new Date(definition.opensAtMs),
          definition.limits.seatsPerFan,
          definition.limits.holdsPerFan,
          definition.admission.ratePerMinute,
          definition.admission.insideMax,
          definition.lateMoney?.reseat ?? false,
          definition.admission.closedLoop ?? true,
          definition.joinProof ?? 'off',
          curveJson(definition.launchCurve ?? null),
          definition.draw?.beacon ?? null,
          ...showValues(definition.show),
          definition.lanes === undefined ? null : JSON.stringify(definition.lanes),
        ],
      );
      if (rowCount === 1) await insertMap(client, eventId, definition.sections);
      return (await findIn(client, eventId)) as SaleEvent;
    });
    // The sale may start at once, and autovacuum looks only once a minute: without statistics every plan is a guess.
    await pool.query('ANALYZE tickets.seats');
    return event;
  },

  async list() {
    const { rows } = await pool.query<EventColumns>(`${EVENTS} ORDER BY e.opens_at, e.event_id`);
    return rows.map(eventFrom);
  },

  find: (eventId) => findIn(pool, eventId),

  setPhase: (eventId, phase) => changing(pool, eventId, 'phase_setting = $2', [phase]),

  planLaunch: (eventId, curve) =>
    changing(pool, eventId, 'launch_curve = $2, launch_active = true, knobs_version = knobs_version + 1', [
      curveJson(curve),
    ]),

  setLanes: (eventId, decide) =>
    inTransaction(pool, async (client) => {
      await client.query('SELECT 1 FROM tickets.events WHERE event_id = $1 FOR UPDATE', [eventId]);
      const before = await findIn(client, eventId);
      if (before === null) return null;
      const lanes = decide(before);
      if ('kind' in lanes) return lanes;
      await client.query(
        'UPDATE tickets.events SET lanes = $2, knobs_version = knobs_version + 1 WHERE event_id = $1',
        [eventId, JSON.stringify(lanes)],
      );
      return { before, after: (await findIn(client, eventId)) as SaleEvent };
    }),

  setMessage: (eventId, text) =>
    changing(
      pool,
      eventId,
      'message = $2, message_at = CASE WHEN $2::text IS NULL THEN NULL ELSE clock_timestamp() END',
      [text],
    ),

  turnKnobs: (eventId, change) =>
    changing(
      pool,
      eventId,
      `rate_per_minute = coalesce($2, rate_per_minute), inside_max = coalesce($3, inside_max),
       admission_paused = coalesce($4, admission_paused), closed_loop = coalesce($5, closed_loop),
       launch_active = launch_active AND $2::integer IS NULL,
       join_proof = coalesce($6, join_proof),
       knobs_version = knobs_version + 1`,
      [
        change.ratePerMinute ?? null,
        change.insideMax ?? null,
        change.paused ?? null,
        change.closedLoop ?? null,
        change.joinProof ?? null,
      ],
    ),

  edit: (eventId, decide) =>
    inTransaction(pool, async (client) => {
      await client.query('SELECT 1 FROM tickets.events WHERE event_id = $1 FOR UPDATE', [eventId]);
      const before = await findIn(client, eventId);
      if (before === null) return null;
      const after = decide(before);
      if (isRefusal(after)) return after;
      await client.query(
        `UPDATE tickets.events SET name = $2, venue = $3, opens_at = $4, seats_per_fan = $5, holds_per_fan = $6,
                                   late_money_reseat = $7, show_at = $8, doors_at = $9, address = $10,
                                   refunds_until = $11 WHERE event_id = $1`,
        [
          eventId,
          after.name,
          after.venue,
          new Date(after.opensAtMs),
          after.limits.seatsPerFan,
          after.limits.holdsPerFan,
          after.lateMoney?.reseat ?? false,
          ...showValues(after.show),
        ],
      );
      await client.query(
        `UPDATE tickets.sections s SET name = w.name, price_minor = w.price_minor
           FROM unnest($2::text[], $3::text[], $4::bigint[]) AS w (section_id, name, price_minor)
          WHERE s.event_id = $1 AND s.section_id = w.section_id
            AND (s.name, s.price_minor) IS DISTINCT FROM (w.name, w.price_minor)`,
        [
          eventId,
          after.sections.map((one) => one.id),
          after.sections.map((one) => one.name),
          after.sections.map((one) => one.priceMinor),
        ],
      );
      return { before, after: (await findIn(client, eventId)) as SaleEvent };
    }),

  countSeats: createSeatCounts(pool),

  async countOrders(eventId): Promise<OrderCounts> {
    const { rows } = await pool.query<{ status: string; n: number }>({
      name: 'count-orders',
      text: 'SELECT status, count(*) AS n FROM tickets.orders WHERE event_id = $1 GROUP BY status',
      values: [eventId],
    });
    const of = (status: string): number => rows.find((row) => row.status === status)?.n ?? 0;
    return {
      awaitingPayment: of('awaiting_payment'),
      confirmed: of('confirmed'),
      failed: of('failed'),
      expired: of('expired'),
      rejected: of('rejected'),
      refunded: of('refunded'),
    };
  },
});
