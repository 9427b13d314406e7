import type { AttemptChange } from '../attempt.ts';
import type { ListedReview, Review, ReviewAction, ReviewMatter } from '../review.ts';
import type { AppliedChange } from './payment-store.ts';

export interface Resolve {
  readonly action: ReviewAction;
  readonly note: string;
  /** Who decided. */
  readonly by: string;
}

/**
 * `resolved`: now, by this call; `applied` is what it did to the attempt. `repeat`: the same had been decided before.
 * `decided`: something else had been. `impossible`: the money does not stand where this action can do anything.
 */
export type Resolved =
  | {
      readonly kind: 'resolved';
      readonly review: Review;
      readonly applied: { readonly result: AppliedChange; readonly change: AttemptChange } | null;
    }
  | { readonly kind: 'repeat' | 'decided' | 'impossible'; readonly review: Review }
  | { readonly kind: 'not_found' };

/** What waits for a person. Each method is one transaction. */
export interface ReviewStore {
  /** Idempotent by kind and payment: one matter is one review, also when it was resolved before. True: it is new. */
  open(matter: ReviewMatter): Promise<boolean>;
  /**
   * What the two ledgers do not agree on, after a look at both: each of `standing` is open once, also again after it was closed
   * here; one that a person has decided stays decided. Those that are open and whose payment is not in `differing` are closed.
   */
  settleMismatches(
    standing: readonly ReviewMatter[],
    differing: readonly string[],
  ): Promise<{ readonly opened: number; readonly closed: number }>;
  /** Oldest first. `open`: those without a resolution. */
  list(state: 'open' | 'all', limit: number): Promise<readonly ListedReview[]>;
  /** Decides, and moves the attempt in the same transaction. */
  resolve(reviewId: string, decision: Resolve): Promise<Resolved>;
}
