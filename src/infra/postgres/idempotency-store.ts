import type { IdempotencyStore, KeyClaim } from '../../domain/ports/event-store.ts';
import type { Pool } from './pool.ts';

/**
 * Takes the key if it is new, or if its first request was the same and has neither answered nor a lease any more. The row
 * lock of the upsert makes the decision: of any number at once one gets a row back.
 */
const CLAIM = `
  INSERT INTO edge.idempotency_keys AS mine (subject, key, fingerprint, leased_until)
  VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
  ON CONFLICT (subject, key) DO UPDATE SET leased_until = EXCLUDED.leased_until
  WHERE mine.fingerprint = EXCLUDED.fingerprint
    AND mine.status IS NULL
    AND (mine.leased_until IS NULL OR mine.leased_until <= clock_timestamp())
  RETURNING 1`;

const READ = `SELECT fingerprint, status, body FROM edge.idempotency_keys WHERE subject = $1 AND key = $2`;

const ANSWER = `
  UPDATE edge.idempotency_keys SET status = $3, body = $4::jsonb, leased_until = NULL
  WHERE subject = $1 AND key = $2 AND status IS NULL`;

const ABANDON = `DELETE FROM edge.idempotency_keys WHERE subject = $1 AND key = $2 AND status IS NULL`;

const RELEASE = `
  UPDATE edge.idempotency_keys SET leased_until = NULL
  WHERE subject = $1 AND key = $2 AND status IS NULL`;

const FORGET = `
  DELETE FROM edge.idempotency_keys WHERE (subject, key) IN (
    SELECT subject, key FROM edge.idempotency_keys
    WHERE created_at < now() - $1 * interval '1 millisecond' ORDER BY created_at LIMIT $2)`;

interface KeyRow {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly body: unknown;
}

/** Between a lost claim and the look at its winner the key may be abandoned; then the claim is tried again, so often. */
const TRIES = 3;

export interface PostgresIdempotencyStore extends IdempotencyStore {
  /** Deletes at most `limit` keys older than `ageMs`; returns how many. Repeats that late are new requests. */
  forget(ageMs: number, limit: number): Promise<number>;
}

/** Stored answers in `edge.idempotency_keys`. Time is Postgres' own. */
export const createIdempotencyStore = (pool: Pool): PostgresIdempotencyStore => {
  const lookAtWinner = async (
    subject: string,
    key: string,
    fingerprint: string,
  ): Promise<KeyClaim | null> => {
    const row = (await pool.query<KeyRow>(READ, [subject, key])).rows[0];
    if (row === undefined) return null;
    if (row.fingerprint !== fingerprint) return { kind: 'mismatch' };
    if (row.status === null) return { kind: 'running' };
    return { kind: 'answered', answer: { status: row.status, body: row.body } };
  };

  return {
    async claim(subject, key, fingerprint, leaseMs) {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const taken = await pool.query(CLAIM, [subject, key, fingerprint, leaseMs]);
        if (taken.rowCount === 1) return { kind: 'first' };
        const claim = await lookAtWinner(subject, key, fingerprint);
        if (claim !== null) return claim;
      }
      return { kind: 'running' };
    },
    async answer(subject, key, answer) {
      await pool.query(ANSWER, [subject, key, answer.status, JSON.stringify(answer.body)]);
    },
    async abandon(subject, key) {
      await pool.query(ABANDON, [subject, key]);
    },
    async release(subject, key) {
      await pool.query(RELEASE, [subject, key]);
    },
    async forget(ageMs, limit) {
      return (await pool.query(FORGET, [ageMs, limit])).rowCount ?? 0;
    },
  };
};
