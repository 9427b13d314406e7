import type { AttemptId, EventId, OrderId } from './ids.ts';
import type { MessageData } from './messages.ts';
import type { Intent } from './ports/payment-gateway.ts';
import type { OrderReason } from './order.ts';
import { TABLE, type Alarm, type AttemptStatus, type Rule, type Signal } from './attempt-table.ts';

export interface Attempt {
  readonly attemptId: AttemptId;
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly intentId: string | null;
  readonly status: AttemptStatus;
  readonly amountMinor: number;
  readonly currency: string;
  readonly description: string;
  readonly payByMs: number;
  /** Why it is to end without money, once that is decided. */
  readonly reason: OrderReason | null;
}

/**
 * News about an attempt. `intentSeen` comes from any answer or webhook, in any order. The `…Refused` changes carry the
 * intent as read *after* the gateway refused that call, so that the refusal is judged by where the money stands.
 */
export type AttemptChange =
  | { readonly type: 'intentSeen'; readonly intent: Intent }
  | { readonly type: 'openRefused' }
  | { readonly type: 'cancelRefused'; readonly intent: Intent }
  | { readonly type: 'captureRefused'; readonly intent: Intent }
  | { readonly type: 'refundRefused'; readonly intent: Intent }
  | { readonly type: 'cancelWanted'; readonly reason: OrderReason }
  | { readonly type: 'captureWanted' }
  | { readonly type: 'returnWanted'; readonly reason: OrderReason }
  | { readonly type: 'reviewWanted'; readonly reason: OrderReason }
  | { readonly type: 'honourOrdered' }
  | { readonly type: 'returnOrdered' }
  | { readonly type: 'dismissed' };

/** What tickets is told; the store writes it to the outbox in the transaction that changes the attempt. */
export type AttemptMessage =
  | { readonly type: 'PagamentoOK'; readonly data: MessageData['PagamentoOK'] }
  | { readonly type: 'PagamentoFalhou'; readonly data: MessageData['PagamentoFalhou'] };

export interface Transition {
  /** The same object when nothing changed. */
  readonly attempt: Attempt;
  readonly message: AttemptMessage | null;
  /** Something that should not happen did: for the log at error, never silent. */
  readonly alarm: Alarm | null;
}

export type { Alarm, AttemptStatus };

/** The attempt that tickets named when it committed the order; the gateway has not been asked yet. */
export const newAttempt = (wanted: Omit<Attempt, 'intentId' | 'status' | 'reason'>): Attempt => ({
  attemptId: wanted.attemptId,
  orderId: wanted.orderId,
  eventId: wanted.eventId,
  amountMinor: wanted.amountMinor,
  currency: wanted.currency,
  description: wanted.description,
  payByMs: wanted.payByMs,
  intentId: null,
  status: 'new',
  reason: null,
});

const ENDED_UNOPENED: ReadonlySet<AttemptStatus> = new Set(['cancelled', 'voided']);

const isFor = (attempt: Attempt, intent: Intent): boolean =>
  intent.amountMinor === attempt.amountMinor &&
  // ISO 4217 is upper case, the gateway writes lower case.
  intent.currency.toUpperCase() === attempt.currency.toUpperCase() &&
  (intent.status !== 'captured' || intent.capturedMinor === attempt.amountMinor);

const signalOfIntent = (attempt: Attempt, intent: Intent): Signal => {
  if (attempt.intentId !== null && attempt.intentId !== intent.intentId) return 'other_intent';
  if (intent.status === 'cancelled') return 'gone';
  const taken = intent.status === 'captured';
  if (taken && intent.capturedMinor > 0 && intent.refundedMinor >= intent.capturedMinor) return 'refunded';
  const right = isFor(attempt, intent);
  if (taken) return right ? 'captured' : 'wrong_amount_taken';
  if (attempt.intentId === null && ENDED_UNOPENED.has(attempt.status)) return 'appeared';
  if (!right) return 'wrong_amount';
  return intent.status === 'authorised' ? 'authorised' : 'opened';
};

const WISHES = {
  openRefused: 'open_refused',
  cancelWanted: 'cancel_wanted',
  captureWanted: 'capture_wanted',
  returnWanted: 'return_wanted',
  reviewWanted: 'review_wanted',
  honourOrdered: 'honour_ordered',
  returnOrdered: 'return_ordered',
  dismissed: 'dismissed',
} as const satisfies Partial<Record<AttemptChange['type'], Signal>>;

/** A refusal counts only while the money stands where the call would have mattered; else the sight of it says more. */
const REFUSALS = {
  intentSeen: { signal: null, at: [] },
  cancelRefused: { signal: 'cancel_refused', at: ['authorised'] },
  captureRefused: { signal: 'capture_refused', at: ['authorised', 'opened'] },
  refundRefused: { signal: 'refund_refused', at: ['captured', 'wrong_amount_taken'] },
} as const satisfies Partial<
  Record<AttemptChange['type'], { readonly signal: Signal | null; readonly at: readonly Signal[] }>
>;

const GIVEN_BACK: ReadonlySet<AttemptStatus> = new Set([
  'voiding',
  'voided',
  'refunding',
  'returning',
  'refunded',
]);

/** An order was confirmed and then given back by its fan, and the two messages about it came in the other order. */
const isOvertaken = (attempt: Attempt, change: AttemptChange): boolean =>
  change.type === 'captureWanted' && attempt.reason === 'cancelled' && GIVEN_BACK.has(attempt.status);

/** Holds a change against the attempt: which column of the table it is. */
export const signalOf = (attempt: Attempt, change: AttemptChange): Signal => {
  if (!('intent' in change)) return isOvertaken(attempt, change) ? 'overtaken' : WISHES[change.type];
  const seen = signalOfIntent(attempt, change.intent);
  const refusal: { readonly signal: Signal | null; readonly at: readonly Signal[] } = REFUSALS[change.type];
  return refusal.signal !== null && refusal.at.includes(seen) ? refusal.signal : seen;
};

const intentOf = (change: AttemptChange): Intent | null => ('intent' in change ? change.intent : null);

const reasonAfter = (attempt: Attempt, change: AttemptChange, rule: Rule): OrderReason | null => {
  // Said OK: an earlier wish to cancel came too late, and must not be taken for a wish to return the money.
  if (rule.say === 'ok' || rule.say === 'late' || rule.say === 'approved') return null;
  if (rule.say === 'undone') return 'refunded';
  if (change.type === 'returnWanted' || change.type === 'reviewWanted') return change.reason;
  if (change.type === 'cancelWanted') return attempt.reason ?? change.reason;
  if (rule.say === 'no' || rule.to === 'cancelling') {
    const declined = change.type === 'openRefused' || rule.alarm === 'wrong_amount';
    return attempt.reason ?? (declined || intentOf(change)?.declineCode ? 'declined' : 'cancelled');
  }
  return attempt.reason;
};

const messageOf = (attempt: Attempt, rule: Rule): AttemptMessage | null => {
  const { attemptId, amountMinor, currency } = attempt;
  if (rule.say === 'ok' || rule.say === 'late') {
    return { type: 'PagamentoOK', data: { attemptId, amountMinor, currency } };
  }
  if (rule.say === 'approved') {
    return { type: 'PagamentoOK', data: { attemptId, amountMinor, currency, approved: true } };
  }
  if (rule.say === 'no' || rule.say === 'undone') {
    return { type: 'PagamentoFalhou', data: { attemptId, reason: attempt.reason ?? 'cancelled' } };
  }
  return null;
};

const isSame = (a: Attempt, b: Attempt): boolean =>
  a.status === b.status && a.reason === b.reason && a.intentId === b.intentId;

/**
 * The one transition of an attempt: total and monotonic. `PagamentoOK` is said only on leaving {new, open, cancelling}
 * for reserved or taken money, `PagamentoFalhou` only on leaving them for good; no status leads back into them, so each is
 * said at most once and never both. After a `PagamentoFalhou` only money that came all the same, or a person, says more.
 */
export const applyChange = (attempt: Attempt, change: AttemptChange): Transition => {
  const signal = signalOf(attempt, change);
  const rule: Rule = TABLE[attempt.status][signal] ?? {};
  if (rule.to === undefined && rule.note !== true) {
    const seen = signal === 'other_intent' ? null : intentOf(change);
    const knows = attempt.intentId !== null || seen === null;
    return {
      attempt: knows ? attempt : { ...attempt, intentId: seen.intentId },
      message: null,
      alarm: rule.alarm ?? null,
    };
  }
  const returning = attempt.reason !== null ? rule.ifReturning : undefined;
  const next: Attempt = {
    ...attempt,
    intentId: attempt.intentId ?? intentOf(change)?.intentId ?? null,
    status: returning ?? rule.to ?? attempt.status,
    reason: reasonAfter(attempt, change, rule),
  };
  const alarm = returning === undefined ? (rule.alarm ?? null) : null;
  if (isSame(attempt, next)) return { attempt, message: null, alarm };
  return { attempt: next, message: messageOf(next, rule), alarm };
};
