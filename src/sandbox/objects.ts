import type { Decline, IntentEventType, IntentRecord } from './intent.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** The version of Stripe's API whose objects these are. */
export const API_VERSION = '2026-10-28.endive';

export interface RefundRecord {
  readonly id: string;
  readonly intentId: string;
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdMs: number;
}

/** What happened, with the intent as it was just then. */
export interface EventRecord {
  readonly id: string;
  readonly type: IntentEventType;
  readonly createdMs: number;
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  readonly intent: IntentRecord;
  readonly refund: RefundRecord | null;
}

const seconds = (ms: number): number => Math.floor(ms / 1_000);

const paymentMethodDetails = (record: IntentRecord): Json =>
  record.method === null
    ? null
    : { type: 'card', card: { brand: record.method.brand, last4: record.method.last4 } };

/** The charge of an intent's last try. A reservation that was let go counts as refunded, as with Stripe. */
export const chargeObject = (record: IntentRecord): JsonObject => {
  const released = record.status === 'canceled' && record.authorisedMinor > 0;
  const refundedMinor = released ? record.authorisedMinor : record.refundedMinor;
  const failed = record.authorisedMinor === 0;
  return {
    id: record.chargeId,
    object: 'charge',
    amount: record.amountMinor,
    amount_captured: record.capturedMinor,
    amount_refunded: refundedMinor,
    captured: record.capturedMinor > 0,
    created: seconds(record.createdMs),
    currency: record.currency,
    description: record.description,
    failure_code: failed ? (record.lastDecline?.code ?? null) : null,
    failure_message: failed ? (record.lastDecline?.message ?? null) : null,
    livemode: false,
    metadata: record.metadata,
    paid: !failed,
    payment_intent: record.id,
    payment_method: record.method?.id ?? null,
    payment_method_details: paymentMethodDetails(record),
    refunded:
      refundedMinor > 0 && refundedMinor >= (released ? record.authorisedMinor : record.capturedMinor),
    status: failed ? (record.status === 'processing' ? 'pending' : 'failed') : 'succeeded',
  };
};

const errorObject = (decline: Decline): JsonObject => ({
  type: 'card_error',
  code: decline.code,
  ...(decline.declineCode === null ? {} : { decline_code: decline.declineCode }),
  message: decline.message,
});

/** An intent as Stripe writes it. `expandCharge` puts the charge where otherwise its id stands. */
export const intentObject = (record: IntentRecord, origin: string, expandCharge = false): JsonObject => ({
  id: record.id,
  object: 'payment_intent',
  amount: record.amountMinor,
  amount_capturable: record.status === 'requires_capture' ? record.authorisedMinor : 0,
  amount_received: record.capturedMinor,
  canceled_at: record.canceledMs === null ? null : seconds(record.canceledMs),
  cancellation_reason: record.cancellationReason,
  capture_method: record.captureMethod,
  client_secret: record.clientSecret,
  confirmation_method: 'automatic',
  created: seconds(record.createdMs),
  currency: record.currency,
  customer: null,
  description: record.description,
  last_payment_error: record.lastDecline === null ? null : errorObject(record.lastDecline),
  latest_charge: record.chargeId !== null && expandCharge ? chargeObject(record) : record.chargeId,
  livemode: false,
  metadata: record.metadata,
  next_action:
    record.status === 'requires_action'
      ? {
          type: 'redirect_to_url',
          redirect_to_url: { url: `${origin}/pay/${record.id}`, return_url: null },
        }
      : null,
  payment_method: record.method?.id ?? null,
  payment_method_types: [record.method?.outcome.kind === 'processing' ? 'us_bank_account' : 'card'],
  status: record.status,
});

export const refundObject = (refund: RefundRecord): JsonObject => ({
  id: refund.id,
  object: 'refund',
  amount: refund.amountMinor,
  charge: refund.chargeId,
  created: seconds(refund.createdMs),
  currency: refund.currency,
  metadata: refund.metadata,
  payment_intent: refund.intentId,
  reason: refund.reason,
  status: 'succeeded',
});

const subjectOf = (event: EventRecord, origin: string): JsonObject => {
  if (event.type === 'refund.created' && event.refund !== null) return refundObject(event.refund);
  if (event.type === 'charge.refunded') return chargeObject(event.intent);
  return intentObject(event.intent, origin);
};

export const eventObject = (event: EventRecord, origin: string, pendingWebhooks: number): JsonObject => ({
  id: event.id,
  object: 'event',
  api_version: API_VERSION,
  created: seconds(event.createdMs),
  data: { object: subjectOf(event, origin) },
  livemode: false,
  pending_webhooks: pendingWebhooks,
  request: { id: event.requestId, idempotency_key: event.idempotencyKey },
  type: event.type,
});
