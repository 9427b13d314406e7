import type { IdempotencyStore, KeyClaim, StoredAnswer } from '../../domain/ports/event-store.ts';
import { provesNoEffect, retryingConflicts } from './conflicts.ts';
import { groupCommit } from './group-commit.ts';
import type { Pool } from './pool.ts';

/**
 * Takes each key that is new, or whose first request was the same and has neither answered nor a lease any more. The row
 * lock of the upsert makes the decision: of any number at once one gets a row back. In key order, so that two nodes
 * with the same keys do not wait for each other for ever.
 */
const CLAIM = `
  INSERT INTO edge.idempotency_keys AS mine (subject, key, fingerprint, leased_until)
  SELECT subject, key, fingerprint, now() + lease_ms * interval '1 millisecond'
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS new (subject, key, fingerprint, lease_ms)
  ORDER BY subject, key
  ON CONFLICT (subject, key) DO UPDATE SET leased_until = EXCLUDED.leased_until
  WHERE mine.fingerprint = EXCLUDED.fingerprint
    AND mine.status IS NULL
    AND (mine.leased_until IS NULL OR mine.leased_until <= clock_timestamp())
  RETURNING subject, key`;

const READ = `SELECT fingerprint, status, body FROM edge.idempotency_keys WHERE subject = $1 AND key = $2`;

const ANSWER = `
  UPDATE edge.idempotency_keys AS mine SET status = given.status, body = given.body, leased_until = NULL
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::jsonb[]) AS given (subject, key, status, body)
  WHERE mine.subject = given.subject AND mine.key = given.key AND mine.status IS NULL`;

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

interface KeyName {
  readonly subject: string;
  readonly key: string;
}

interface ClaimRequest extends KeyName {
  readonly fingerprint: string;
  readonly leaseMs: number;
}

interface AnswerRequest extends KeyName {
  readonly answer: StoredAnswer;
}

/** Of a rush of arrivals each brings two commits: a few dozen statements a second carry thousands. */
const LIMITS = { maxItems: 250, maxInFlight: 2, maxWaiting: 20_000 };

const nameOf = ({ subject, key }: KeyName): string => `${subject} ${key}`;

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

  const claimAll = async (requests: readonly ClaimRequest[]): Promise<readonly boolean[]> => {
    const values = [
      requests.map(({ subject }) => subject),
      requests.map(({ key }) => key),
      requests.map(({ fingerprint }) => fingerprint),
      requests.map(({ leaseMs }) => Math.ceil(leaseMs)),
    ];
    const { rows } = await retryingConflicts(() => pool.query<KeyName>(CLAIM, values));
    const taken = new Set(rows.map(nameOf));
    return requests.map((request) => taken.has(nameOf(request)));
  };

  const answerAll = async (requests: readonly AnswerRequest[]): Promise<readonly (Error | null)[]> => {
    const values = [
      requests.map(({ subject }) => subject),
      requests.map(({ key }) => key),
      requests.map(({ answer }) => answer.status),
      requests.map(({ answer }) => JSON.stringify(answer.body)),
    ];
    try {
      await retryingConflicts(() => pool.query(ANSWER, values));
      return requests.map(() => null);
    } catch (error) {
      if (!provesNoEffect(error)) throw error;
      if (requests.length === 1) return [error as Error];
      // An answer that Postgres cannot keep must not cost the others of its batch theirs.
      const results: (Error | null)[] = [];
      for (const request of requests) results.push(...(await answerAll([request])));
      return results;
    }
  };

  // One statement cannot judge a row twice.
  const keysOf = (request: KeyName): readonly string[] => [nameOf(request)];
  const claimed = groupCommit({ run: claimAll, keysOf, ...LIMITS });
  const answered = groupCommit({ run: answerAll, keysOf, ...LIMITS });

  return {
    async claim(subject, key, fingerprint, leaseMs) {
      for (let tried = 0; tried < TRIES; tried += 1) {
        if (await claimed({ subject, key, fingerprint, leaseMs })) return { kind: 'first' };
        const claim = await lookAtWinner(subject, key, fingerprint);
        if (claim !== null) return claim;
      }
      return { kind: 'running' };
    },
    async answer(subject, key, answer) {
      const failed = await answered({ subject, key, answer });
      if (failed !== null) throw failed;
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
