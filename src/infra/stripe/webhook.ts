import type { Stripe } from 'stripe';
import type { Intent, WebhookVerdict } from '../../domain/ports/payment-gateway.ts';
import { intentOfCharge, toIntent } from './intent-mapping.ts';

/** Either way: an old event may be somebody's recording, one from the future means that a clock or the sender lies. */
const TOLERANCE_SECONDS = 300;

const forged = (reason: string): WebhookVerdict => ({ kind: 'forged', reason });

/** The time that was signed. Several `t` may stand there; the one that counts is the last, as in the SDK. */
const signedAtSeconds = (header: string): number => {
  const times = header.split(',').filter((item) => item.startsWith('t='));
  return Number.parseInt(times.at(-1)?.slice(2) ?? '', 10);
};

const intentIn = (event: Stripe.Event): Intent | null => {
  const subject = event.data.object as { readonly object?: string };
  if (subject.object === 'payment_intent') return toIntent(subject as Stripe.PaymentIntent);
  return event.type === 'charge.refunded' ? intentOfCharge(subject as Stripe.Charge) : null;
};

/** Checks signature and age of a webhook's raw body and reads its event. Never throws: what cannot be read is forged. */
export const verifyStripeWebhook = (
  stripe: Stripe,
  secret: string,
  rawBody: Buffer,
  signature: string,
  nowMs: number,
): WebhookVerdict => {
  try {
    const event = stripe.webhooks.constructEvent(
      rawBody,
      signature,
      secret,
      TOLERANCE_SECONDS,
      undefined,
      nowMs,
    );
    if (!(signedAtSeconds(signature) - Math.floor(nowMs / 1_000) <= TOLERANCE_SECONDS)) {
      return forged('the timestamp lies in the future');
    }
    if (typeof event.id !== 'string' || typeof event.type !== 'string' || !Number.isFinite(event.created)) {
      return forged('the body is not an event');
    }
    return {
      kind: 'genuine',
      event: {
        gatewayEventId: event.id,
        type: event.type,
        createdAtMs: event.created * 1_000,
        intent: intentIn(event),
      },
    };
  } catch (error) {
    return forged((error as Error).message);
  }
};
