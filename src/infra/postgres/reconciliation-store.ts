import type {
  MoneyReport,
  ReconciliationStore,
  StandingDifference,
} from '../../domain/ports/reconciliation-store.ts';
import { signatureOf, type Difference } from '../../domain/reconciliation.ts';
import { ATTEMPT_COLUMNS, toAttempt, type AttemptRow } from './payment-store.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';

const CLAIM = `
  UPDATE payments.reconciliation
     SET begun_at = clock_timestamp(), leased_until = clock_timestamp() + $2 * interval '1 millisecond'
   WHERE leased_until <= clock_timestamp() AND begun_at + $1 * interval '1 millisecond' <= clock_timestamp()`;

/** What is seen unchanged keeps the time at which it was first seen. */
const RECORD = `
  INSERT INTO payments.differences AS d (subject, signature, found)
  SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[])
  ON CONFLICT (subject) DO UPDATE
     SET found = EXCLUDED.found, signature = EXCLUDED.signature,
         first_seen_at = CASE WHEN d.signature = EXCLUDED.signature THEN d.first_seen_at ELSE now() END`;

const STANDING = `
  SELECT found, (extract(epoch FROM clock_timestamp() - first_seen_at) * 1000)::float8 AS standing_ms
    FROM payments.differences ORDER BY first_seen_at, subject`;

const standing = async (client: Pick<Client, 'query'>): Promise<readonly StandingDifference[]> => {
  const { rows } = await client.query<{ readonly found: Difference; readonly standing_ms: number }>(STANDING);
  return rows.map((row) => ({ ...row.found, standingMs: row.standing_ms }));
};

/** `ReconciliationStore` in Postgres: schema `payments`. */
export const createReconciliationStore = (pool: Pool): ReconciliationStore => ({
  async claim(everyMs, leaseMs) {
    return (await pool.query(CLAIM, [everyMs, leaseMs])).rowCount === 1;
  },

  async attempts(attemptIds) {
    const { rows } = await pool.query<AttemptRow>(
      `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts WHERE attempt_id = ANY ($1::uuid[])`,
      [attemptIds],
    );
    return rows.map(toAttempt);
  },

  async eventsSold(eventIds) {
    const { rows } = await pool.query<{ readonly event_id: string }>(
      `SELECT e.event_id FROM unnest($1::uuid[]) AS e (event_id)
        WHERE EXISTS (SELECT FROM payments.attempts AS a WHERE a.event_id = e.event_id)`,
      [eventIds],
    );
    return rows.map((row) => row.event_id);
  },

  async attemptsWithIntent(withinMs, after, limit) {
    const { rows } = await pool.query<AttemptRow>(
      `SELECT ${ATTEMPT_COLUMNS} FROM payments.attempts
        WHERE intent_id IS NOT NULL AND created_at > now() - $1 * interval '1 millisecond'
          AND ($2::uuid IS NULL OR attempt_id > $2)
        ORDER BY attempt_id LIMIT $3`,
      [withinMs, after, limit],
    );
    return rows.map(toAttempt);
  },

  record: (differences) =>
    inTransaction(pool, async (client) => {
      const subjects = differences.map((one) => one.subject);
      await client.query('DELETE FROM payments.differences WHERE subject <> ALL ($1::text[])', [subjects]);
      await client.query(RECORD, [
        subjects,
        differences.map(signatureOf),
        differences.map((one) => JSON.stringify(one)),
      ]);
      return standing(client);
    }),

  standing: () => standing(pool),

  async finish(outcome) {
    await pool.query(`UPDATE payments.reconciliation SET looked_at = begun_at, outcome = $1`, [
      JSON.stringify(outcome),
    ]);
  },

  async release() {
    await pool.query(`UPDATE payments.reconciliation SET leased_until = '-infinity'`);
  },

  async report() {
    const { rows } = await pool.query<{
      readonly looked_at_ms: number;
      readonly outcome: Pick<MoneyReport, 'unbalanced' | 'lines'>;
    }>(
      `SELECT (extract(epoch FROM looked_at) * 1000)::bigint AS looked_at_ms, outcome
         FROM payments.reconciliation WHERE looked_at IS NOT NULL`,
    );
    const [found] = rows;
    if (found === undefined) return null;
    return { ...found.outcome, lookedAtMs: found.looked_at_ms, differences: await standing(pool) };
  },
});
