import type { AttemptChange } from '../../domain/attempt.ts';
import type { AppliedChange } from '../../domain/ports/payment-store.ts';
import type { Resolve, ReviewStore } from '../../domain/ports/review-store.ts';
import { CHANGE_OF } from '../../domain/review.ts';
import { changeAttempt } from './payment-store.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';
import { openReview, reviewFrom, type ReviewRow } from './review-rows.ts';

const LIST = `
  SELECT * FROM payments.reviews WHERE $1 OR resolved_at IS NULL ORDER BY opened_at, review_id LIMIT $2`;

const RESOLVE = `
  UPDATE payments.reviews SET action = $2, note = $3, resolved_by = $4, resolved_at = clock_timestamp()
   WHERE review_id = $1 RETURNING *`;

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

  async list(state, limit) {
    const { rows } = await pool.query<ReviewRow>(LIST, [state === 'all', limit]);
    return rows.map(reviewFrom);
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
