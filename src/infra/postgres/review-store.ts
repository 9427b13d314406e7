import type { AttemptChange } from '../../domain/attempt.ts';
import type { AppliedChange } from '../../domain/ports/payment-store.ts';
import type { Resolve, ReviewStore } from '../../domain/ports/review-store.ts';
import { AGREED, CHANGE_OF, listed, RECONCILER } from '../../domain/review.ts';
import { attemptsByIds, changeAttempt } from './payment-store.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';
import { openReview, reviewFrom, type ReviewRow } from './review-rows.ts';

const LIST = `
  SELECT * FROM payments.reviews WHERE $1 OR resolved_at IS NULL ORDER BY opened_at, review_id LIMIT $2`;

const RESOLVE = `
  UPDATE payments.reviews SET action = $2, note = $3, resolved_by = $4, resolved_at = clock_timestamp()
   WHERE review_id = $1 RETURNING *`;

/** Closed here, it may open again; what a person has decided stays as it is. */
const OPEN_MISMATCHES = `
  INSERT INTO payments.reviews AS r (kind, payment_ref, attempt_id, order_id, details)
  SELECT 'ledger_mismatch', * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::jsonb[])
  ON CONFLICT (kind, payment_ref) DO UPDATE
     SET action = NULL, note = NULL, resolved_by = NULL, resolved_at = NULL, details = excluded.details
   WHERE r.resolved_by = $5`;

const CLOSE_MISMATCHES = `
  UPDATE payments.reviews SET action = 'dismiss', note = $3, resolved_by = $2, resolved_at = clock_timestamp()
   WHERE kind = 'ledger_mismatch' AND resolved_at IS NULL AND payment_ref <> ALL ($1::text[])`;

interface Moved {
  readonly result: AppliedChange;
  readonly change: AttemptChange;
}

/** Null: nothing to move, and for `dismiss` nothing needs to be moved. */
const moveAttempt = async (client: Client, row: ReviewRow, decision: Resolve): Promise<Moved | null> => {
  if (row.attempt_id === null) return null;
  const change = CHANGE_OF[decision.action];
  const result = await changeAttempt(client, row.attempt_id, change);
  return result === null ? null : { result, change };
};

/** `ReviewStore` in Postgres: table `payments.reviews`. */
export const createReviewStore = (pool: Pool): ReviewStore => ({
  open: (matter) => openReview(pool, matter, false),

  settleMismatches: (standing, differing) =>
    inTransaction(pool, async (client) => {
      const opened = await client.query(OPEN_MISMATCHES, [
        standing.map((matter) => matter.paymentRef),
        standing.map((matter) => matter.attemptId),
        standing.map((matter) => matter.orderId),
        standing.map((matter) => JSON.stringify(matter.details)),
        RECONCILER,
      ]);
      const closed = await client.query(CLOSE_MISMATCHES, [differing, RECONCILER, AGREED]);
      return { opened: opened.rowCount ?? 0, closed: closed.rowCount ?? 0 };
    }),

  async list(state, limit) {
    const { rows } = await pool.query<ReviewRow>(LIST, [state === 'all', limit]);
    const open = rows.filter((row) => row.resolved_at === null);
    const attempts = await attemptsByIds(
      pool,
      open.flatMap((row) => row.attempt_id ?? []),
    );
    return rows.map((row) => listed(reviewFrom(row), attempts.get(row.attempt_id ?? '') ?? null));
  },

  resolve: (reviewId, decision) =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<ReviewRow>(
        'SELECT * FROM payments.reviews WHERE review_id = $1 FOR UPDATE',
        [reviewId],
      );
      const [row] = rows;
      if (row === undefined) return { kind: 'not_found' };
      if (row.action !== null) {
        return { kind: row.action === decision.action ? 'repeat' : 'decided', review: reviewFrom(row) };
      }
      const applied = await moveAttempt(client, row, decision);
      if (decision.action !== 'dismiss' && applied?.result.changed !== true) {
        return { kind: 'impossible', review: reviewFrom(row) };
      }
      const after = await client.query<ReviewRow>(RESOLVE, [
        reviewId,
        decision.action,
        decision.note,
        decision.by,
      ]);
      return { kind: 'resolved', review: reviewFrom(after.rows[0] as ReviewRow), applied };
    }),
});
