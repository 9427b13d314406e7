import type { AnyEnvelope, Envelope, MessageData, MessageType, QueueName } from '../../domain/messages.ts';
import type { Outbox } from '../../domain/ports/outbox.ts';
import { inTransaction, type Pool } from './pool.ts';

interface OutboxRow {
  readonly position: number;
  readonly message_id: string;
  readonly type: MessageType;
  readonly event_id: string;
  readonly order_id: string;
  readonly data: MessageData[MessageType];
  readonly occurred_at_ms: number;
  readonly again_at_ms: number | null;
}

const toEnvelope = (row: OutboxRow): AnyEnvelope =>
  ({
    id: row.message_id,
    type: row.type,
    occurredAtMs: row.occurred_at_ms,
    ...(row.again_at_ms === null ? {} : { saidAgainAtMs: row.again_at_ms }),
    eventId: row.event_id,
    orderId: row.order_id,
    data: row.data,
  }) satisfies Envelope as AnyEnvelope;

const FREE = '(leased_until IS NULL OR leased_until <= clock_timestamp())';

/**
 * SKIP LOCKED beside the lease: two claimers at the same moment take different rows instead of waiting for each other. What was
 * never said goes before what is said again.
 */
const claimSql = (table: string): string => `
  WITH fresh AS (
    SELECT position FROM ${table}
    WHERE sent_at IS NULL AND again_at IS NULL AND ${FREE}
    ORDER BY position
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  ), again AS (
    SELECT position FROM ${table}
    WHERE sent_at IS NULL AND again_at <= clock_timestamp() AND ${FREE}
    ORDER BY again_at, position
    LIMIT $1 - (SELECT count(*) FROM fresh)
    FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE ${table} AS o SET leased_until = clock_timestamp() + $2 * interval '1 millisecond'
    FROM (SELECT position FROM fresh UNION ALL SELECT position FROM again) due WHERE o.position = due.position
    RETURNING o.position, o.message_id, o.type, o.event_id, o.order_id, o.data, o.again_at,
              (extract(epoch FROM o.occurred_at) * 1000)::bigint AS occurred_at_ms,
              (extract(epoch FROM o.again_at) * 1000)::bigint AS again_at_ms
  )
  SELECT * FROM leased ORDER BY again_at NULLS FIRST, position`;

/** A receiver that is away for longer than this while its queue is lost has other troubles. */
const SAID_WITHIN = "interval '1 day'";
/** Longer than a lease: by then whatever was confirmed before the loss is ticked off. */
const AGAIN_AFTER = "interval '1 minute'";

/**
 * So many a second, the newest first: what was lost was sent a moment ago. All at once they would stand before whatever is said
 * meanwhile, in the broker's queues as well: in an hour of chaos 20,000 of them let nobody buy anything for minutes.
 */
const AGAIN_PER_SECOND = 1_000;

/** What need not be heard any more: its answer came, or the order has ended without one. */
const HEARD = {
  tickets: `type = 'PedidoCriado' AND EXISTS (
              SELECT 1 FROM tickets.orders o WHERE o.order_id = said.order_id AND o.status <> 'awaiting_payment')`,
  payments: `type = 'PagamentoOK' AND EXISTS (
               SELECT 1 FROM payments.attempts a
               WHERE a.attempt_id = (said.data->>'attemptId')::uuid AND a.status IN ('captured', 'kept', 'voided', 'refunded'))`,
} as const;

/** One moment for all rows: by a clock that is read for each, the order of the scan would decide who is first. */
const sayAgainSql = (schema: keyof typeof HEARD): string => `
  WITH again AS (
    SELECT position, row_number() OVER (ORDER BY sent_at DESC, position DESC) - 1 AS after
    FROM ${schema}.outbox said
    WHERE sent_at > clock_timestamp() - ${SAID_WITHIN} AND NOT (${HEARD[schema]})
  )
  UPDATE ${schema}.outbox o
  SET sent_at = NULL, leased_until = NULL,
      again_at = statement_timestamp() + again.after * interval '1 second' / ${AGAIN_PER_SECOND}
  FROM again WHERE o.position = again.position`;

const LOST = `
  UPDATE bus.lost_queues SET rounds = rounds + 1
  WHERE queue = $1 AND (rounds = 0 OR rounds = 1 AND lost_at <= clock_timestamp() - ${AGAIN_AFTER})
  RETURNING lost_at`;

const RECEIVER = { tickets: 'payments', payments: 'tickets' } as const satisfies Record<string, QueueName>;

/**
 * The outbox of one service. A row is written by the transaction that makes it true (see the stores); here it is only
 * claimed and ticked off. Claims come oldest first, and what was sent before after that. The schema name is from a closed list and
 * never from outside.
 */
export const createOutbox = (pool: Pool, schema: 'tickets' | 'payments'): Outbox => {
  const table = `${schema}.outbox`;
  const claim = claimSql(table);
  return {
    async claim(limit, leaseMs) {
      const { rows } = await pool.query<OutboxRow>(claim, [limit, leaseMs]);
      return rows.map(toEnvelope);
    },
    async markSent(ids) {
      if (ids.length === 0) return;
      await pool.query(
        `UPDATE ${table} SET sent_at = now(), leased_until = NULL WHERE message_id = ANY($1::uuid[]) AND sent_at IS NULL`,
        [ids],
      );
    },
    async giveBack(ids) {
      if (ids.length === 0) return;
      await pool.query(
        `UPDATE ${table} SET leased_until = NULL WHERE message_id = ANY($1::uuid[]) AND sent_at IS NULL`,
        [ids],
      );
    },
    recover: () =>
      inTransaction(pool, async (client) => {
        const lost = await client.query(LOST, [RECEIVER[schema]]);
        // Only then: nothing else ever looks through what was sent.
        if (lost.rowCount === 0) return 0;
        return (await client.query(sayAgainSql(schema))).rowCount ?? 0;
      }),
    async backlog() {
      const { rows } = await pool.query<{ unsent: number; oldest_age_ms: number }>(
        `SELECT count(*) AS unsent,
                coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(again_at, occurred_at))) * 1000, 0)::bigint AS oldest_age_ms
         FROM ${table} WHERE sent_at IS NULL`,
      );
      return { unsent: rows[0]?.unsent ?? 0, oldestAgeMs: Math.max(0, rows[0]?.oldest_age_ms ?? 0) };
    },
  };
};
