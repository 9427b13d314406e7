import type { Alarm, AttemptStatus } from './attempt-table.ts';
import { applyChange, type Attempt, type AttemptChange, type Transition } from './attempt.ts';
import type { AttemptId, OrderId } from './ids.ts';
import type { Intent } from './ports/payment-gateway.ts';
import type { Difference } from './reconciliation.ts';

/**
 * Why money waits for a person:
 *
 * - `amount_mismatch`    another sum was paid than the order costs
 * - `unknown_order`      money for an order or an attempt that we do not have
 * - `capture_lost`       the seats are sold and the gateway will not capture
 * - `refund_refused`     the money should go back and the gateway will not
 * - `second_intent`      a second payment for one attempt has money
 * - `refunded_elsewhere` somebody returned money of an order that was paid or sold
 * - `late_intent`        a payment page is open at the gateway for an order that has ended
 * - `contradiction`      tickets or the gateway said what cannot be
 * - `ledger_mismatch`    our ledger and the gateway's disagree
 */
export const REVIEW_KINDS = [
  'amount_mismatch',
  'unknown_order',
  'capture_lost',
  'refund_refused',
  'second_intent',
  'refunded_elsewhere',
  'late_intent',
  'contradiction',
  'ledger_mismatch',
] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** `honour`: the fan gets the seats if they can be had. `dismiss`: it was settled by other means. */
export const REVIEW_ACTIONS = ['refund', 'honour', 'dismiss'] as const;
export type ReviewAction = (typeof REVIEW_ACTIONS)[number];

/** A matter to be opened. `paymentRef` names the payment: an intent's id, or an attempt's where there is no intent. */
export interface ReviewMatter {
  readonly kind: ReviewKind;
  readonly paymentRef: string;
  /** The attempt that a resolution moves. Null: only the gateway's own pages can settle it. */
  readonly attemptId: AttemptId | null;
  readonly orderId: OrderId | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Review extends ReviewMatter {
  readonly reviewId: string;
  readonly openedAtMs: number;
  readonly resolution: {
    readonly action: ReviewAction;
    readonly note: string;
    readonly by: string;
    readonly atMs: number;
  } | null;
}

/** A review as a person sees it before deciding. */
export interface ListedReview extends Review {
  /** What it can be decided as, as its payment stands now; nothing once it is decided. By the time of the word it may have moved on. */
  readonly actions: readonly ReviewAction[];
}

/** Who closes a `ledger_mismatch` that is none any more. */
export const RECONCILER = 'reconciler';
export const AGREED = 'The ledgers agree again.';

/** The matter of a difference that no rule has set right. Only the gateway's own pages can settle it: no attempt is moved. */
export const mismatchOf = (difference: Difference): ReviewMatter => {
  const { kind, subject, orderId, attemptId, ours, gateway, keptMinor, currency, intentId } = difference;
  return {
    kind: 'ledger_mismatch',
    paymentRef: subject,
    attemptId: null,
    orderId,
    details: { difference: kind, attemptId, intentId, ours, gateway, keptMinor, currency },
  };
};

/** What each action asks of the attempt. */
export const CHANGE_OF = {
  refund: { type: 'returnOrdered' },
  honour: { type: 'honourOrdered' },
  dismiss: { type: 'dismissed' },
} as const satisfies Record<ReviewAction, AttemptChange>;

/** With what a person can decide. `attempt`: the one that the decision would move, where there is one. */
export const listed = (review: Review, attempt: Attempt | null): ListedReview => {
  const moves = (action: ReviewAction): boolean =>
    attempt !== null && applyChange(attempt, CHANGE_OF[action]).attempt !== attempt;
  const actions =
    review.resolution === null
      ? REVIEW_ACTIONS.filter((action) => action === 'dismiss' || moves(action))
      : [];
  return { ...review, actions };
};

export const hasMoney = (intent: Intent): boolean =>
  intent.status === 'authorised' ||
  (intent.status === 'captured' && intent.capturedMinor > intent.refundedMinor);

/** Until here a return of the money by somebody else leaves an order that nobody has told. */
const PAID: ReadonlySet<AttemptStatus> = new Set([
  'authorised',
  'capturing',
  'captured',
  'lapsed',
  'keeping',
  'kept',
]);

const kindOf = (before: Attempt, after: Attempt, alarm: Alarm, intent: Intent | null): ReviewKind | null => {
  switch (alarm) {
    case 'capture_lost':
    case 'refund_refused':
      return alarm;
    case 'void_refused':
      return 'refund_refused';
    case 'second_intent':
      return intent !== null && hasMoney(intent) ? alarm : null;
    case 'refunded_elsewhere':
      return PAID.has(before.status) ? alarm : null;
    case 'late_intent':
      // Elsewhere it is cancelled at once.
      return after.status === 'voided' ? alarm : null;
    case 'wrong_amount':
      return after.status === 'review' ? 'amount_mismatch' : null;
    case 'undecided':
      return after.reason === 'unknown_order' ? 'unknown_order' : 'amount_mismatch';
    case 'contradiction':
      // What stands in review already is one matter, not two.
      return before.status === 'review' ? null : alarm;
    default:
      return null;
  }
};

/** The matter that a transition leaves to a person; null: the rules can go on by themselves. */
export const matterOf = (
  before: Attempt,
  change: AttemptChange,
  { attempt, alarm }: Pick<Transition, 'attempt' | 'alarm'>,
): ReviewMatter | null => {
  if (alarm === null) return null;
  const intent = 'intent' in change ? change.intent : null;
  const kind = kindOf(before, attempt, alarm, intent);
  if (kind === null) return null;
  const { attemptId, orderId, amountMinor, currency } = attempt;
  return {
    kind,
    paymentRef: intent?.intentId ?? attempt.intentId ?? attemptId,
    attemptId: kind === 'second_intent' ? null : attemptId,
    orderId,
    details: { alarm, was: before.status, is: attempt.status, amountMinor, currency, seen: intent },
  };
};
