import { queueFor, type AnyEnvelope, type QueueName } from '../../domain/messages.ts';
import type { ParkedMessage } from '../../domain/ports/message-bus.ts';
import { parseEnvelope } from '../envelope-codec.ts';
import type { Pool } from './pool.ts';

/** A message in hand. `attempt` is also the claim: it rises with every claim, so an outdated answer finds no row. */
export interface Claimed {
  readonly messageId: string;
  readonly envelope: unknown;
  readonly attempt: number;
}

export interface PutBack {
  readonly messageId: string;
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: string;
}

/** `bus.messages`, one statement a method. Every method may reject, and has then done all or nothing. */
export interface BusTable {
  /** A message that is there already stays as it is. */
  insert(envelopes: readonly AnyEnvelope[]): Promise<void>;
  /** Takes up to `limit` messages nobody has in hand, oldest first, for `leaseMs`. */
  claim(queue: QueueName, limit: number, leaseMs: number): Promise<readonly Claimed[]>;
  renew(queue: QueueName, claimed: readonly Claimed[], leaseMs: number): Promise<void>;
  remove(queue: QueueName, messageIds: readonly string[]): Promise<void>;
  putBack(queue: QueueName, messages: readonly PutBack[]): Promise<void>;
  park(queue: QueueName, claimed: Claimed, reason: string): Promise<void>;
  parked(queue: QueueName, limit: number): Promise<readonly ParkedMessage[]>;
  redrive(queue: QueueName, limit: number): Promise<number>;
}

const INSERT = `
  INSERT INTO bus.messages (queue, message_id, envelope)
  SELECT * FROM unnest($1::text[], $2::uuid[], $3::jsonb[])
  ON CONFLICT DO NOTHING`;

const CLAIM = `
  WITH next AS (
    SELECT message_id FROM bus.messages
    WHERE queue = $1 AND parked_at IS NULL AND available_at <= now()
    ORDER BY available_at LIMIT $2
    FOR UPDATE SKIP LOCKED
  )
  UPDATE bus.messages m
  SET attempt = m.attempt + 1, available_at = now() + $3 * interval '1 millisecond'
  FROM next WHERE m.queue = $1 AND m.message_id = next.message_id
  RETURNING m.message_id AS "messageId", m.envelope, m.attempt`;

const RENEW = `
  UPDATE bus.messages m SET available_at = now() + $4 * interval '1 millisecond'
  FROM unnest($2::uuid[], $3::int[]) AS mine (message_id, attempt)
  WHERE m.queue = $1 AND m.message_id = mine.message_id AND m.attempt = mine.attempt AND m.parked_at IS NULL`;

const REMOVE = `DELETE FROM bus.messages WHERE queue = $1 AND message_id = ANY ($2::uuid[])`;

const PUT_BACK = `
  UPDATE bus.messages m
  SET available_at = now() + mine.delay_ms * interval '1 millisecond', reason = mine.reason
  FROM unnest($2::uuid[], $3::int[], $4::float8[], $5::text[]) AS mine (message_id, attempt, delay_ms, reason)
  WHERE m.queue = $1 AND m.message_id = mine.message_id AND m.attempt = mine.attempt AND m.parked_at IS NULL`;

const PARK = `
  UPDATE bus.messages SET parked_at = now(), reason = $4
  WHERE queue = $1 AND message_id = $2 AND attempt = $3 AND parked_at IS NULL`;

const PARKED = `
  SELECT envelope, attempt, reason FROM bus.messages
  WHERE queue = $1 AND parked_at IS NOT NULL
  ORDER BY parked_at LIMIT $2`;

const REDRIVE = `
  UPDATE bus.messages SET parked_at = NULL, reason = NULL, attempt = 0, available_at = now()
  WHERE queue = $1 AND message_id IN (
    SELECT message_id FROM bus.messages WHERE queue = $1 AND parked_at IS NOT NULL
    ORDER BY parked_at LIMIT $2
    FOR UPDATE SKIP LOCKED
  )`;

interface ParkedRow {
  readonly envelope: unknown;
  readonly attempt: number;
  readonly reason: string | null;
}

const viewParked = (row: ParkedRow): ParkedMessage => {
  const parsed = parseEnvelope(row.envelope);
  return {
    envelope: parsed.ok ? parsed.envelope : null,
    raw: parsed.ok ? null : JSON.stringify(row.envelope),
    attempts: row.attempt,
    reason: row.reason ?? 'unknown',
  };
};

export const createBusTable = (pool: Pool): BusTable => ({
  async insert(envelopes) {
    // One order of keys for all writers: two inserts of the same messages never wait for each other in a ring.
    const sorted = [...envelopes].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    await pool.query(INSERT, [
      sorted.map((envelope) => queueFor(envelope.type)),
      sorted.map((envelope) => envelope.id),
      sorted.map((envelope) => JSON.stringify(envelope)),
    ]);
  },
  async claim(queue, limit, leaseMs) {
    const { rows } = await pool.query<Claimed>(CLAIM, [queue, limit, leaseMs]);
    return rows;
  },
  async renew(queue, claimed, leaseMs) {
    const ids = claimed.map((one) => one.messageId);
    const attempts = claimed.map((one) => one.attempt);
    await pool.query(RENEW, [queue, ids, attempts, leaseMs]);
  },
  async remove(queue, messageIds) {
    await pool.query(REMOVE, [queue, messageIds]);
  },
  async putBack(queue, messages) {
    await pool.query(PUT_BACK, [
      queue,
      messages.map((one) => one.messageId),
      messages.map((one) => one.attempt),
      messages.map((one) => one.delayMs),
      messages.map((one) => one.reason),
    ]);
  },
  async park(queue, claimed, reason) {
    await pool.query(PARK, [queue, claimed.messageId, claimed.attempt, reason]);
  },
  async parked(queue, limit) {
    const { rows } = await pool.query<ParkedRow>(PARKED, [queue, limit]);
    return rows.map(viewParked);
  },
  async redrive(queue, limit) {
    const { rowCount } = await pool.query(REDRIVE, [queue, limit]);
    return rowCount ?? 0;
  },
});
