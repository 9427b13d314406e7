import type { Attempt } from './attempt.ts';
import type { AttemptStatus } from './attempt-table.ts';
import { isUuid, type AttemptId, type EventId, type OrderId } from './ids.ts';
import type { Intent, IntentStatus } from './ports/payment-gateway.ts';

/**
 * - `unknown_intent`  the gateway has an intent in our name that no attempt of ours stands for
 * - `second_intent`   an attempt of ours has another intent: only that one may ever be paid
 * - `amount`          the intent is not for the sum or currency that was asked for
 * - `state`           the intent stands where our attempt does not
 * - `missing`         our attempt names an intent that the gateway does not know
 */
export type DifferenceKind = 'unknown_intent' | 'second_intent' | 'amount' | 'state' | 'missing';

/**
 * What may be done about it without a person. `apply`: the attempt's own transition decides by the sight of the intent.
 * `review`: nothing; a person decides.
 */
export type Remedy = 'cancel' | 'refund' | 'apply' | 'review';

/** One place where the gateway's ledger and ours do not say the same. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly remedy: Remedy;
  /** What it is about: the intent, as far as there is one. */
  readonly subject: string;
  readonly intentId: string | null;
  readonly attemptId: AttemptId | null;
  readonly orderId: OrderId | null;
  readonly eventId: EventId | null;
  readonly ours: AttemptStatus | null;
  readonly gateway: IntentStatus | null;
  /** What the gateway has of it: taken and not returned, in minor units. */
  readonly keptMinor: number;
  readonly currency: string;
}

/**
 * Where taken money belongs. `under_way`: the ledgers differ, as they do while work is under way, or it has just been set
 * right. `unbalanced`: it has neither tickets nor a way back nor a person who is told. There must be none.
 */
export const MONEY_CLASSES = [
  'sold',
  'refund_pending',
  'refunded',
  'review',
  'under_way',
  'unbalanced',
] as const;
export type MoneyClass = (typeof MONEY_CLASSES)[number];

const UNDER_WAY = (): boolean => true;
const isOneOf =
  (...statuses: readonly IntentStatus[]) =>
  ({ status }: Intent): boolean =>
    statuses.includes(status);
const isReturned = ({ status, capturedMinor, refundedMinor }: Intent): boolean =>
  status === 'captured' && capturedMinor > 0 && refundedMinor >= capturedMinor;

/** Nothing can be paid and nothing is kept: whatever it was for, it needs nobody. */
const isOver = (intent: Intent): boolean => intent.status === 'cancelled' || isReturned(intent);

/** Where the intent may stand while the attempt stands here. What is owed to the gateway is under way: the sweeper has it. */
const FITS: Readonly<Record<AttemptStatus, (intent: Intent) => boolean>> = {
  // Its answer was lost, or is on its way.
  new: () => false,
  open: isOneOf('open', 'processing'),
  cancelling: isOneOf('open', 'processing', 'authorised', 'cancelled'),
  authorised: isOneOf('authorised'),
  capturing: UNDER_WAY,
  captured: (intent) => intent.status === 'captured' && intent.refundedMinor === 0,
  voiding: UNDER_WAY,
  refunding: UNDER_WAY,
  cancelled: isOneOf('cancelled'),
  lapsed: isOneOf('cancelled'),
  voided: isOneOf('cancelled'),
  // Also a sum that was only reserved: let go by a person's word, it went back as well.
  refunded: isOver,
  review: UNDER_WAY,
  late: isOneOf('captured'),
  honouring: UNDER_WAY,
  keeping: UNDER_WAY,
  kept: isOneOf('captured'),
  returning: UNDER_WAY,
  dismissed: UNDER_WAY,
};

const CLASSES: Partial<Readonly<Record<AttemptStatus, MoneyClass>>> = {
  capturing: 'sold',
  captured: 'sold',
  voiding: 'refund_pending',
  refunding: 'refund_pending',
  refunded: 'refunded',
  review: 'review',
  // Tickets or a person have yet to say what becomes of it.
  late: 'review',
  honouring: 'review',
  keeping: 'sold',
  kept: 'sold',
  returning: 'refund_pending',
  // A person has looked at it and closed the matter.
  dismissed: 'review',
};

const keptMinor = (intent: Intent): number => intent.capturedMinor - intent.refundedMinor;

const isFor = (intent: Intent, attempt: Attempt): boolean =>
  intent.amountMinor === attempt.amountMinor &&
  intent.currency.toUpperCase() === attempt.currency.toUpperCase() &&
  (intent.capturedMinor === 0 || intent.capturedMinor === attempt.amountMinor);

/** Whether the intent was made in the name of any Catraca: the account may serve others, whose money is none of our business. */
export const isOurs = ({ attemptId, eventId }: Intent): boolean =>
  attemptId !== null && isUuid(attemptId) && eventId !== null && isUuid(eventId);

const difference = (
  intent: Intent,
  attempt: Attempt | null,
  kind: DifferenceKind,
  remedy: Remedy,
): Difference => ({
  kind,
  remedy,
  subject: intent.intentId,
  intentId: intent.intentId,
  attemptId: intent.attemptId,
  orderId: intent.orderId,
  eventId: intent.eventId,
  ours: attempt?.status ?? null,
  gateway: intent.status,
  keptMinor: keptMinor(intent),
  currency: intent.currency.toUpperCase(),
});

/** An intent that may be ended without asking: cancelled while nothing is taken, else returned. */
const endingOf = (intent: Intent): Remedy => (intent.status === 'captured' ? 'refund' : 'cancel');

/**
 * Holds one intent of the gateway's against our attempt of its id; null: they agree. `sells`: we have other attempts for its
 * event. Without any, another installation may share the account, and its money must not be touched.
 */
export const compare = (intent: Intent, attempt: Attempt | null, sells: boolean): Difference | null => {
  if (attempt === null) {
    if (isOver(intent)) return null;
    return difference(intent, null, 'unknown_intent', sells ? endingOf(intent) : 'review');
  }
  if (attempt.intentId !== null && attempt.intentId !== intent.intentId) {
    return isOver(intent) ? null : difference(intent, attempt, 'second_intent', endingOf(intent));
  }
  if (attempt.status !== 'review' && !isOver(intent) && !isFor(intent, attempt)) {
    return difference(intent, attempt, 'amount', 'apply');
  }
  if (FITS[attempt.status](intent)) return null;
  // A part went back: no rule says what the rest is for.
  const inPart = intent.refundedMinor > 0 && !isReturned(intent);
  return difference(intent, attempt, 'state', inPart ? 'review' : 'apply');
};

/** An attempt whose intent the gateway's ledger should have and has not. */
export const missing = (attempt: Attempt): Difference => ({
  kind: 'missing',
  remedy: 'review',
  subject: attempt.intentId ?? attempt.attemptId,
  intentId: attempt.intentId,
  attemptId: attempt.attemptId,
  orderId: attempt.orderId,
  eventId: attempt.eventId,
  ours: attempt.status,
  gateway: null,
  keptMinor: 0,
  currency: attempt.currency.toUpperCase(),
});

/** Where the taken money of an intent belongs about which the ledgers agree; null: nothing was taken. */
export const classOf = (intent: Intent, attempt: Attempt | null): MoneyClass | null => {
  if (intent.capturedMinor === 0) return null;
  if (isReturned(intent)) return 'refunded';
  return (attempt === null ? undefined : CLASSES[attempt.status]) ?? 'unbalanced';
};

/** Where the money of a difference belongs. `settling`: it is young, or has just been set right. */
export const classOfDifference = ({ remedy }: Difference, settling: boolean): MoneyClass => {
  if (settling) return 'under_way';
  return remedy === 'review' ? 'review' : 'unbalanced';
};

/** Two looks saw the same: the difference stands, and is not merely work under way that each look catches elsewhere. */
export const signatureOf = ({ kind, ours, gateway, keptMinor: kept }: Difference): string =>
  `${kind} ${ours ?? '-'} ${gateway ?? '-'} ${kept}`;
