import type { PaymentMethod } from './cards.ts';

/** Stripe's states of a payment intent. */
export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export interface Decline {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

/** Immutable: every change makes a new one, so that an event may keep the one it tells of. Amounts in minor units. */
export interface IntentRecord {
  readonly id: string;
  readonly clientSecret: string;
  readonly status: IntentStatus;
  readonly amountMinor: number;
  /** What the bank has reserved, at the most recent approval; 0 before it. */
  readonly authorisedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly captureMethod: 'manual' | 'automatic';
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly chargeId: string | null;
  readonly method: PaymentMethod | null;
  readonly lastDecline: Decline | null;
  readonly canceledMs: number | null;
  readonly cancellationReason: string | null;
}

export type IntentCommand =
  | {
      readonly type: 'update';
      readonly amountMinor?: number | undefined;
      readonly currency?: string | undefined;
      readonly description?: string | undefined;
      /** An empty value removes the key. */
      readonly metadata?: Readonly<Record<string, string>> | undefined;
      readonly method?: PaymentMethod | undefined;
    }
  | { readonly type: 'confirm'; readonly method: PaymentMethod | null; readonly chargeId: string }
  | { readonly type: 'authenticate'; readonly approved: boolean }
  | { readonly type: 'capture'; readonly amountMinor: number | null }
  | { readonly type: 'cancel'; readonly reason: string | null; readonly nowMs: number }
  | { readonly type: 'refund'; readonly amountMinor: number | null };

export type IntentEventType =
  | 'payment_intent.created'
  | 'payment_intent.requires_action'
  | 'payment_intent.processing'
  | 'payment_intent.amount_capturable_updated'
  | 'payment_intent.succeeded'
  | 'payment_intent.payment_failed'
  | 'payment_intent.canceled'
  | 'charge.refunded'
  | 'refund.created';

export type Transition =
  | {
      readonly kind: 'moved';
      readonly record: IntentRecord;
      readonly events: readonly IntentEventType[];
      /** Set when the bank said no: the caller answers 402 with it. */
      readonly declined: Decline | null;
      /** What a refund gives back; 0 for every other command. */
      readonly refundedNowMinor: number;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly param?: string };

const AUTHENTICATION_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  declineCode: null,
  message: 'The provided PaymentMethod has failed authentication. Provide another one and try again.',
};

const CONFIRMABLE: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
];
const CANCELLABLE: readonly IntentStatus[] = [...CONFIRMABLE, 'processing', 'requires_capture'];

const moved = (
  record: IntentRecord,
  events: readonly IntentEventType[],
  declined: Decline | null = null,
  refundedNowMinor = 0,
): Transition => ({ kind: 'moved', record, events, declined, refundedNowMinor });

const refused = (code: string, message: string, param?: string): Transition =>
  param === undefined ? { kind: 'refused', code, message } : { kind: 'refused', code, message, param };

const unexpectedState = (record: IntentRecord, verb: string, allowed: readonly string[]): Transition =>
  refused(
    'payment_intent_unexpected_state',
    `This PaymentIntent could not be ${verb} because it has a status of ${record.status}. ` +
      `Only a PaymentIntent with one of the following statuses may be ${verb}: ${allowed.join(', ')}.`,
  );

const approve = (record: IntentRecord): Transition => {
  const authorisedMinor = record.amountMinor;
  return record.captureMethod === 'manual'
    ? moved({ ...record, status: 'requires_capture', authorisedMinor, lastDecline: null }, [
        'payment_intent.amount_capturable_updated',
      ])
    : moved(
        {
          ...record,
          status: 'succeeded',
          authorisedMinor,
          capturedMinor: authorisedMinor,
          lastDecline: null,
        },
        ['payment_intent.succeeded'],
      );
};

const fail = (record: IntentRecord, decline: Decline): Transition =>
  moved(
    { ...record, status: 'requires_payment_method', method: null, lastDecline: decline },
    ['payment_intent.payment_failed'],
    decline,
  );

const confirm = (record: IntentRecord, command: Extract<IntentCommand, { type: 'confirm' }>): Transition => {
  if (!CONFIRMABLE.includes(record.status)) return unexpectedState(record, 'confirmed', CONFIRMABLE);
  const method = command.method ?? record.method;
  if (method === null) {
    return refused(
      'payment_intent_unexpected_state',
      'You cannot confirm this PaymentIntent because it is missing a payment method.',
      'payment_method',
    );
  }
  const charged: IntentRecord = { ...record, method, chargeId: command.chargeId };
  switch (method.outcome.kind) {
    case 'approve':
      return approve(charged);
    case 'authenticate':
      return moved({ ...charged, status: 'requires_action', chargeId: record.chargeId }, [
        'payment_intent.requires_action',
      ]);
    case 'processing':
      if (record.captureMethod === 'manual') {
        return refused(
          'payment_intent_invalid_parameter',
          'This payment method cannot be captured manually.',
          'payment_method',
        );
      }
      return moved({ ...charged, status: 'processing' }, ['payment_intent.processing']);
    default:
      return fail(charged, {
        code: method.outcome.code,
        declineCode: method.outcome.declineCode,
        message: method.outcome.message,
      });
  }
};

const update = (record: IntentRecord, command: Extract<IntentCommand, { type: 'update' }>): Transition => {
  const money = command.amountMinor ?? command.currency ?? command.method;
  if (money !== undefined && !CONFIRMABLE.includes(record.status)) {
    return unexpectedState(record, 'updated', CONFIRMABLE);
  }
  const metadata = Object.fromEntries(
    Object.entries({ ...record.metadata, ...command.metadata }).filter(([, value]) => value !== ''),
  );
  return moved(
    {
      ...record,
      amountMinor: command.amountMinor ?? record.amountMinor,
      currency: command.currency ?? record.currency,
      description: command.description ?? record.description,
      metadata,
      // A changed payment method, or another amount in the middle of an authentication, has to be confirmed anew.
      ...(command.method !== undefined
        ? { method: command.method, status: 'requires_confirmation' as const }
        : money !== undefined && record.status === 'requires_action'
          ? { status: 'requires_confirmation' as const }
          : {}),
    },
    [],
  );
};

const capture = (record: IntentRecord, amountMinor: number | null): Transition => {
  if (record.status !== 'requires_capture') {
    return unexpectedState(record, 'captured', ['requires_capture']);
  }
  const takenMinor = amountMinor ?? record.authorisedMinor;
  if (takenMinor > record.authorisedMinor) {
    return refused(
      'amount_too_large',
      'The remaining amount capturable for this PaymentIntent is smaller than the amount to capture.',
      'amount_to_capture',
    );
  }
  return moved({ ...record, status: 'succeeded', capturedMinor: takenMinor }, ['payment_intent.succeeded']);
};

const refund = (record: IntentRecord, amountMinor: number | null): Transition => {
  if (record.status !== 'succeeded') {
    return refused(
      'payment_intent_unexpected_state',
      'This PaymentIntent does not have a successful charge to refund.',
      'payment_intent',
    );
  }
  const leftMinor = record.capturedMinor - record.refundedMinor;
  if (leftMinor === 0) {
    return refused('charge_already_refunded', `Charge ${record.chargeId} has already been refunded.`);
  }
  const backMinor = amountMinor ?? leftMinor;
  if (backMinor > leftMinor) {
    return refused(
      'amount_too_large',
      `Refund amount (${backMinor}) is greater than the unrefunded amount on the charge (${leftMinor}).`,
      'amount',
    );
  }
  return moved(
    { ...record, refundedMinor: record.refundedMinor + backMinor },
    ['charge.refunded', 'refund.created'],
    null,
    backMinor,
  );
};

/** The whole life of an intent. Pure: an intent and a command in, what becomes of it out; it refuses with Stripe's codes. */
export const decide = (record: IntentRecord, command: IntentCommand): Transition => {
  switch (command.type) {
    case 'update':
      return update(record, command);
    case 'confirm':
      return confirm(record, command);
    case 'authenticate':
      if (record.status !== 'requires_action') {
        return unexpectedState(record, 'authenticated', ['requires_action']);
      }
      return command.approved ? approve(record) : fail(record, AUTHENTICATION_FAILED);
    case 'capture':
      return capture(record, command.amountMinor);
    case 'cancel':
      if (!CANCELLABLE.includes(record.status)) return unexpectedState(record, 'canceled', CANCELLABLE);
      return moved(
        { ...record, status: 'canceled', canceledMs: command.nowMs, cancellationReason: command.reason },
        ['payment_intent.canceled'],
      );
    default:
      return refund(record, command.amountMinor);
  }
};
