import type { Stripe } from 'stripe';
import type { Intent, IntentStatus } from '../../domain/ports/payment-gateway.ts';

const STATUS: Readonly<Record<string, IntentStatus>> = {
  requires_payment_method: 'open',
  requires_confirmation: 'open',
  requires_action: 'open',
  processing: 'processing',
  requires_capture: 'authorised',
  succeeded: 'captured',
  canceled: 'cancelled',
};

/** The names under which our ids travel in the gateway's metadata. Audits read them; they must never change. */
export const metadataOf = (ids: { attemptId: string; orderId: string; eventId: string }) => ({
  attemptId: ids.attemptId,
  orderId: ids.orderId,
  eventId: ids.eventId,
});

const idsIn = (metadata: Readonly<Record<string, string>>) => ({
  attemptId: metadata['attemptId'] ?? null,
  orderId: metadata['orderId'] ?? null,
  eventId: metadata['eventId'] ?? null,
});

/**
 * What came back of what was taken. The gateway counts a reservation it let go as refunded as well, and that was never
 * anybody's money; nothing more can come back than was captured.
 */
const refundedOf = (charge: Stripe.Charge, capturedMinor: number): number =>
  Math.min(charge.amount_refunded, capturedMinor);

/**
 * An intent in our words. What came back is written on the charge alone, so the intent must be read with `latest_charge`
 * expanded; without it `refundedMinor` is 0, which is right for an intent that was only just captured.
 */
export const toIntent = (intent: Stripe.PaymentIntent): Intent => {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  return {
    intentId: intent.id,
    ...idsIn(intent.metadata),
    // A state that Stripe has yet to invent: whoever waits goes on asking.
    status: STATUS[intent.status] ?? 'processing',
    amountMinor: intent.amount,
    capturedMinor: intent.amount_received,
    refundedMinor: charge === null ? 0 : refundedOf(charge, intent.amount_received),
    currency: intent.currency.toUpperCase(),
    declineCode: intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? null,
  };
};

const statusOfCharge = (charge: Stripe.Charge): IntentStatus => {
  if (charge.captured) return 'captured';
  if (charge.refunded) return 'cancelled';
  if (charge.status === 'pending') return 'processing';
  return charge.status === 'succeeded' ? 'authorised' : 'open';
};

/** The intent behind a charge, from the copy of its metadata that the charge carries. Null: a charge without an intent. */
export const intentOfCharge = (charge: Stripe.Charge): Intent | null => {
  const intentId =
    typeof charge.payment_intent === 'string' ? charge.payment_intent : charge.payment_intent?.id;
  if (intentId === undefined) return null;
  return {
    intentId,
    ...idsIn(charge.metadata),
    status: statusOfCharge(charge),
    amountMinor: charge.amount,
    capturedMinor: charge.amount_captured,
    refundedMinor: refundedOf(charge, charge.amount_captured),
    currency: charge.currency.toUpperCase(),
    declineCode: charge.outcome?.reason ?? charge.failure_code,
  };
};
