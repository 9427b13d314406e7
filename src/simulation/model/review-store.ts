import type { AttemptId } from '../../domain/ids.ts';
import type { Attempt, AttemptChange } from '../../domain/attempt.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { AppliedChange } from '../../domain/ports/payment-store.ts';
import type { Resolve, Resolved, ReviewStore } from '../../domain/ports/review-store.ts';
import {
  AGREED,
  CHANGE_OF,
  listed,
  RECONCILER,
  type Review,
  type ReviewMatter,
} from '../../domain/review.ts';
import type { Database } from './tables.ts';

export interface ReviewModel {
  readonly port: ReviewStore;
  /** Within a transaction. `reopen`: what had been decided has failed. True: the matter is new, or open again. */
  open(matter: ReviewMatter, reopen: boolean): boolean;
  /** Every matter ever left to a person, each once. */
  matters(): readonly ReviewMatter[];
}

export interface ReviewParts {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
  readonly findAttempt: (attemptId: AttemptId) => Attempt | null;
  /** A change within a transaction of this model; null: there is no such attempt. */
  readonly changeAttempt: (attemptId: AttemptId, change: AttemptChange) => AppliedChange | null;
}

const keyOf = ({ kind, paymentRef }: ReviewMatter): string => `${kind}/${paymentRef}`;

/** `createReviewStore` of Postgres, in memory. */
export const createReviewModel = ({
  db,
  clock,
  ids,
  findAttempt,
  changeAttempt,
}: ReviewParts): ReviewModel => {
  const rows = db.table<Review>();

  const open = (matter: ReviewMatter, reopen: boolean): boolean => {
    const known = rows.get(keyOf(matter));
    if (known === undefined) {
      const review = { ...matter, reviewId: ids.next(), openedAtMs: clock.nowMs(), resolution: null };
      rows.set(keyOf(matter), review);
      return true;
    }
    const failed = known.resolution !== null && known.resolution.action !== 'dismiss';
    if (!reopen || !failed) return false;
    rows.set(keyOf(matter), { ...known, resolution: null, details: matter.details });
    return true;
  };

  const resolve = (reviewId: string, { action, note, by }: Resolve): Resolved => {
    const review = rows.values().find((one) => one.reviewId === reviewId);
    if (review === undefined) return { kind: 'not_found' };
    if (review.resolution !== null) {
      return { kind: review.resolution.action === action ? 'repeat' : 'decided', review };
    }
    const change = CHANGE_OF[action];
    const result = review.attemptId === null ? null : changeAttempt(review.attemptId, change);
    if (action !== 'dismiss' && result?.changed !== true) return { kind: 'impossible', review };
    const resolved = { ...review, resolution: { action, note, by, atMs: clock.nowMs() } };
    rows.set(keyOf(review), resolved);
    return { kind: 'resolved', review: resolved, applied: result === null ? null : { result, change } };
  };

  const settleMismatches = (standing: readonly ReviewMatter[], differing: readonly string[]) => {
    let [opened, closed] = [0, 0];
    for (const matter of standing) {
      const known = rows.get(keyOf(matter));
      const again = known?.resolution?.by === RECONCILER;
      if (known !== undefined && again)
        rows.set(keyOf(matter), { ...known, resolution: null, details: matter.details });
      if (again || open(matter, false)) opened += 1;
    }
    for (const review of rows.values()) {
      const { kind, paymentRef, resolution } = review;
      if (kind !== 'ledger_mismatch' || resolution !== null || differing.includes(paymentRef)) continue;
      const agreed = { action: 'dismiss', note: AGREED, by: RECONCILER, atMs: clock.nowMs() } as const;
      rows.set(keyOf(review), { ...review, resolution: agreed });
      closed += 1;
    }
    return { opened, closed };
  };

  return {
    open,
    matters: () => rows.values(),
    port: {
      open: async (matter) => db.atomically(() => open(matter, false)),
      settleMismatches: async (standing, differing) =>
        db.atomically(() => settleMismatches(standing, differing)),
      list: async (state, limit) =>
        rows
          .values()
          .filter((one) => state === 'all' || one.resolution === null)
          .sort((a, b) => a.openedAtMs - b.openedAtMs)
          .slice(0, limit)
          .map((one) => listed(one, one.attemptId === null ? null : findAttempt(one.attemptId))),
      resolve: async (reviewId, decision) => db.atomically(() => resolve(reviewId, decision)),
    },
  };
};
