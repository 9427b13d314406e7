import {
  applyChange,
  type Attempt,
  type AttemptChange,
  type AttemptMessage,
  type AttemptStatus,
} from '../../domain/attempt.ts';
import { matterOf } from '../../domain/review.ts';
import { nextCheckAtMs } from '../../domain/attempt-schedule.ts';
import type { AttemptId } from '../../domain/ids.ts';
import type { OrderReason } from '../../domain/order.ts';
import type { AppliedChange, PaymentStore, ReceivedMessage } from '../../domain/ports/payment-store.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';
import { openReview } from './review-rows.ts';

export interface AttemptRow {
  readonly attempt_id: string;
  readonly order_id: string;
  readonly event_id: string;
  readonly intent_id: string | null;
  readonly status: AttemptStatus;
  readonly amount_minor: number;
  readonly currency: string;
  readonly description: string;
  readonly pay_by_ms: number;
  readonly reason: OrderReason | null;
  readonly checks: number;
  /** Postgres' clock when the row was read: the only one that schedules. */
  readonly now_ms: number;
}

export const ATTEMPT_COLUMNS = `attempt_id, order_id, event_id, intent_id, status, amount_minor, currency, description, reason, checks,
  (extract(epoch FROM pay_by) * 1000)::bigint AS pay_by_ms,
  (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms`;

export const toAttempt = (row: AttemptRow): Attempt => ({
  attemptId: row.attempt_id,
  orderId: row.order_id,
  eventId: row.event_id,
  intentId: row.intent_id,
  status: row.status,
  amountMinor: row.amount_minor,
  currency: row.currency,
  description: row.description,
  payByMs: row.pay_by_ms,
  reason: row.reason,
});

const first = (rows: readonly AttemptRow[]): Attempt | null =>
  rows[0] === undefined ? null : toAttempt(rows[0]);

const say = async (client: Client, attempt: Attempt, message: AttemptMessage): Promise<void> => {
  await client.query('INSERT INTO payments.outbox (type, event_id, order_id, data) VALUES ($1, $2, $3, $4)', [
    message.type,
    attempt.eventId,
    attempt.orderId,
    JSON.stringify(message.data),
  ]);
};

/** What fails here was decided by a person, who must hear of it. */
const BY_A_PERSON: ReadonlySet<AttemptStatus> = new Set(['honouring', 'keeping', 'returning']);

/** The change of a row that this transaction has locked. */
const changeLocked = async (
  client: Client,
  row: AttemptRow,
  change: AttemptChange,
): Promise<AppliedChange> => {
  const before = toAttempt(row);
  const transition = applyChange(before, change);
  const { attempt, message, alarm } = transition;
  const changed = attempt !== before;
  if (changed) {
    // The lease stays: it belongs to whoever works on this attempt now, and that may be our caller.
    await client.query(
      `UPDATE payments.attempts
       SET intent_id = $2, status = $3, reason = $4, checks = 0, next_check_at = to_timestamp($5::float8 / 1000), updated_at = now()
       WHERE attempt_id = $1`,
      [
        attempt.attemptId,
        attempt.intentId,
        attempt.status,
        attempt.reason,
        nextCheckAtMs(attempt, 0, row.now_ms),
      ],
    );
  }
  if (message !== null) await say(client, attempt, message);
  const matter = matterOf(before, change, transition);
  if (matter !== null) await openReview(client, matter, BY_A_PERSON.has(before.status));
  return { attempt, changed, duplicate: false, said: message !== null, alarm };
};

/** The transaction found nothing to count against, and must leave no trace. */
class NoAttempt extends Error {}

const orIfNoAttempt = async <T>(work: Promise<T>, instead: T): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NoAttempt) return instead;
    throw error;
  }
};

const lockBy = async (client: Client, where: string, id: string): Promise<AttemptRow> => {
  const { rows } = await client.query<AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts WHERE ${where} FOR UPDATE`,
    [id],
  );
  if (rows[0] === undefined) throw new NoAttempt();
  return rows[0];
};

const BY_ID = 'attempt_id = $1';
const NEWEST_OF_ORDER = `attempt_id = (
  SELECT attempt_id FROM payments.attempts WHERE order_id = $1 ORDER BY created_at DESC, attempt_id DESC LIMIT 1)`;

const INSERT = `
  INSERT INTO payments.attempts
    (attempt_id, order_id, event_id, intent_id, status, amount_minor, currency, description, reason, pay_by, next_check_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::float8 / 1000), now() + $11 * interval '1 millisecond')
  ON CONFLICT DO NOTHING
  RETURNING ${ATTEMPT_COLUMNS}`;

/** A change within somebody else's transaction; null: there is no such attempt. */
export const changeAttempt = (
  client: Client,
  attemptId: AttemptId,
  change: AttemptChange,
): Promise<AppliedChange | null> =>
  orIfNoAttempt<AppliedChange | null>(
    lockBy(client, BY_ID, attemptId).then((row) => changeLocked(client, row, change)),
    null,
  );

/** Those that there are, by their ids; nothing is locked. */
export const attemptsByIds = async (
  pool: Pool,
  attemptIds: readonly AttemptId[],
): Promise<ReadonlyMap<AttemptId, Attempt>> => {
  if (attemptIds.length === 0) return new Map();
  const { rows } = await pool.query<AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts WHERE attempt_id = ANY ($1::uuid[])`,
    [attemptIds],
  );
  return new Map(rows.map(toAttempt).map((attempt) => [attempt.attemptId, attempt]));
};

/** The longest due first. SKIP LOCKED: many sweepers at once take different rows. */
const CLAIM = `
  SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts
  WHERE next_check_at <= clock_timestamp() AND (leased_until IS NULL OR leased_until <= clock_timestamp())
  ORDER BY next_check_at, attempt_id
  LIMIT $1
  FOR UPDATE SKIP LOCKED`;

const LEASE = `
  UPDATE payments.attempts AS a
  SET checks = a.checks + 1,
      leased_until = clock_timestamp() + $3 * interval '1 millisecond',
      next_check_at = to_timestamp(c.next_check_at_ms / 1000)
  FROM unnest($1::uuid[], $2::float8[]) AS c (attempt_id, next_check_at_ms)
  WHERE a.attempt_id = c.attempt_id`;

const insertValues = (attempt: Attempt): readonly unknown[] => [
  attempt.attemptId,
  attempt.orderId,
  attempt.eventId,
  attempt.intentId,
  attempt.status,
  attempt.amountMinor,
  attempt.currency,
  attempt.description,
  attempt.reason,
  attempt.payByMs,
  nextCheckAtMs(attempt, 0, 0),
];

const begin = async (pool: Pool, attempt: Attempt): Promise<Attempt> => {
  const { attemptId } = attempt;
  const inserted = await pool.query<AttemptRow>(INSERT, [...insertValues(attempt)]);
  const standing = first(inserted.rows) ?? (await findBy(pool, BY_ID, attemptId));
  if (standing === null) throw new Error(`attempt ${attemptId} could be neither inserted nor found`);
  return standing;
};

const findBy = async (pool: Pool, where: string, id: string): Promise<Attempt | null> => {
  const { rows } = await pool.query<AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts WHERE ${where}`,
    [id],
  );
  return first(rows);
};

/** `PaymentStore` in Postgres: schema `payments`. All schedules and expiries go by Postgres' clock. */
export const createPaymentStore = (pool: Pool): PaymentStore => ({
  begin: (attempt) => begin(pool, attempt),
  async adopt(attempt, matter) {
    return inTransaction(pool, async (client) => {
      await client.query(INSERT, [...insertValues(attempt)]);
      return openReview(client, matter, false);
    });
  },
  find: (attemptId) => findBy(pool, BY_ID, attemptId),
  findByIntent: (intentId) => findBy(pool, 'intent_id = $1', intentId),
  findByOrder: (orderId) => findBy(pool, NEWEST_OF_ORDER, orderId),

  apply(attemptId, change, gatewayEventId) {
    const work = inTransaction(pool, async (client): Promise<AppliedChange> => {
      if (gatewayEventId !== undefined) {
        // Two deliveries of one event at once: the second waits here for the first to commit, then counts nothing.
        const counted = await client.query(
          'INSERT INTO payments.gateway_events (gateway_event_id, attempt_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
          [gatewayEventId, attemptId],
        );
        if (counted.rowCount === 0) {
          const attempt = toAttempt(await lockBy(client, BY_ID, attemptId));
          return { attempt, changed: false, duplicate: true, said: false, alarm: null };
        }
      }
      return changeLocked(client, await lockBy(client, BY_ID, attemptId), change);
    });
    return orIfNoAttempt<AppliedChange | null>(work, null);
  },

  receive(message, change) {
    const work = inTransaction(pool, async (client): Promise<ReceivedMessage> => {
      const counted = await client.query(
        'INSERT INTO payments.inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING',
        [message.id],
      );
      if (counted.rowCount === 0) return { kind: 'repeat' };
      const row = await lockBy(client, NEWEST_OF_ORDER, message.orderId);
      const applied = change === null ? null : await changeLocked(client, row, change);
      return { kind: 'counted', applied };
    });
    return orIfNoAttempt<ReceivedMessage>(work, { kind: 'no_attempt' });
  },

  async sayAgain(orderId) {
    const { rowCount } = await pool.query(
      `UPDATE payments.outbox SET sent_at = NULL, leased_until = NULL, again_at = clock_timestamp()
        WHERE order_id = $1 AND sent_at IS NOT NULL`,
      [orderId],
    );
    return (rowCount ?? 0) > 0;
  },

  claimDue: (limit, leaseMs) =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<AttemptRow>(CLAIM, [limit]);
      if (rows.length === 0) return [];
      const next = rows.map((row) => nextCheckAtMs(toAttempt(row), row.checks + 1, row.now_ms));
      await client.query(LEASE, [rows.map((row) => row.attempt_id), next, leaseMs]);
      return rows.map((row) => ({ attempt: toAttempt(row), overdue: row.pay_by_ms <= row.now_ms }));
    }),

  async release(attemptId) {
    await pool.query('UPDATE payments.attempts SET leased_until = NULL WHERE attempt_id = $1', [attemptId]);
  },

  async page(after, limit) {
    const { rows } = await pool.query<AttemptRow>(
      `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts
       WHERE $1::uuid IS NULL OR attempt_id > $1 ORDER BY attempt_id LIMIT $2`,
      [after, limit],
    );
    return rows.map(toAttempt);
  },
});
