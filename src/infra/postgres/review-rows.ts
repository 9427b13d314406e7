import type { Review, ReviewAction, ReviewKind, ReviewMatter } from '../../domain/review.ts';
import type { Client, Pool } from './pool.ts';

export interface ReviewRow {
  readonly review_id: string;
  readonly kind: ReviewKind;
  readonly payment_ref: string;
  readonly attempt_id: string | null;
  readonly order_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly opened_at: Date;
  readonly action: ReviewAction | null;
  readonly note: string | null;
  readonly resolved_by: string | null;
  readonly resolved_at: Date | null;
}

export const reviewFrom = (row: ReviewRow): Review => ({
  reviewId: row.review_id,
  kind: row.kind,
  paymentRef: row.payment_ref,
  attemptId: row.attempt_id,
  orderId: row.order_id,
  details: row.details,
  openedAtMs: row.opened_at.getTime(),
  resolution:
    row.action === null || row.resolved_at === null
      ? null
      : {
          action: row.action,
          note: row.note ?? '',
          by: row.resolved_by ?? '',
          atMs: row.resolved_at.getTime(),
        },
});

/** A refund that a person ordered and that was refused again is open again; every other matter stays as it was decided. */
const OPEN = `
  INSERT INTO payments.reviews AS r (kind, payment_ref, attempt_id, order_id, details)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (kind, payment_ref) DO UPDATE
     SET action = NULL, note = NULL, resolved_by = NULL, resolved_at = NULL, details = excluded.details
   WHERE $6 AND r.action IN ('refund', 'honour')
  RETURNING review_id`;

/** `reopen`: what had been decided has failed. True: the matter is new, or open again. */
export const openReview = async (
  db: Pick<Client | Pool, 'query'>,
  matter: ReviewMatter,
  reopen: boolean,
): Promise<boolean> => {
  const { kind, paymentRef, attemptId, orderId, details } = matter;
  const { rowCount } = await db.query(OPEN, [
    kind,
    paymentRef,
    attemptId,
    orderId,
    JSON.stringify(details),
    reopen,
  ]);
  return rowCount === 1;
};
