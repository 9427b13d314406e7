import { isUuid } from '../domain/ids.ts';
import type { AttemptId } from '../domain/ids.ts';
import { newAttempt, type Attempt } from '../domain/attempt.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import type { ReviewStore } from '../domain/ports/review-store.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import { hasMoney, type ReviewMatter } from '../domain/review.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { PaymentLog } from './payment-log.ts';

export type WebhookOutcome = 'accepted' | 'duplicate' | 'ignored' | Refusal;

export type WebhookReceiver = (rawBody: Buffer, signature: string) => Promise<WebhookOutcome>;

/**
 * The gateway's own news. What counts is where the intent stands, not when the news arrives: the transition is monotonic,
 * so late and reordered events are simply outranked. Rejects if the store fails, so that the gateway sends it again.
 */
export const createWebhookReceiver = (parts: {
  readonly gateway: Pick<PaymentGateway, 'verifyWebhook'>;
  readonly store: Pick<PaymentStore, 'findByIntent' | 'adopt'>;
  readonly reviews: Pick<ReviewStore, 'open'>;
  readonly ledger: AttemptLedger;
  readonly clock: Clock;
  readonly log: PaymentLog;
  /** The change may have made something due at the gateway (late money goes back at once). */
  readonly onChanged: (attempt: Attempt) => void;
}): WebhookReceiver => {
  const { gateway, store, reviews, ledger, clock, log, onChanged } = parts;

  /** An early event comes before we know our intent's id: the metadata names the attempt. */
  const attemptIdOf = async (intent: Intent): Promise<AttemptId | null> => {
    if (intent.attemptId !== null) return isUuid(intent.attemptId) ? intent.attemptId : null;
    return (await store.findByIntent(intent.intentId))?.attemptId ?? null;
  };

  /** It names ids as only we write them, and there is money: our books have lost it, and a person must find out. */
  const adoptStray = (attemptId: AttemptId, intent: Intent): Promise<boolean> => {
    const { orderId, eventId, intentId, amountMinor, currency } = intent;
    const matter: ReviewMatter = {
      kind: 'unknown_order',
      paymentRef: intentId,
      attemptId,
      orderId: orderId !== null && isUuid(orderId) ? orderId : null,
      details: { seen: intent },
    };
    log.error(
      { attemptId, intentId, orderId },
      'payment needs attention: money for an attempt that is not in our books',
    );
    // Without all of its ids it cannot be an attempt; then only the gateway's own pages can return the money.
    if (matter.orderId === null || eventId === null || !isUuid(eventId)) {
      return reviews.open({ ...matter, attemptId: null });
    }
    const wanted = {
      attemptId,
      orderId: matter.orderId,
      eventId,
      amountMinor,
      currency: currency.toUpperCase(),
    };
    const attempt = newAttempt({ ...wanted, description: '', payByMs: clock.nowMs() });
    return store.adopt({ ...attempt, intentId, status: 'review', reason: 'unknown_order' }, matter);
  };

  return async (rawBody, signature) => {
    const verdict = gateway.verifyWebhook(rawBody, signature, clock.nowMs());
    if (verdict.kind === 'forged') {
      log.warn({ reason: verdict.reason, bytes: rawBody.length }, 'a payment webhook was refused');
      return refuse('signature_invalid');
    }
    const { intent, gatewayEventId, type } = verdict.event;
    if (intent === null) return 'ignored';
    const attemptId = await attemptIdOf(intent);
    if (attemptId === null) return 'ignored';
    const applied = await ledger.apply(attemptId, { type: 'intentSeen', intent }, gatewayEventId);
    if (applied === null) {
      log.warn(
        { attemptId, intentId: intent.intentId, gatewayEventId, type },
        'a webhook names no attempt of ours',
      );
      if (!hasMoney(intent)) return 'ignored';
      return (await adoptStray(attemptId, intent)) ? 'accepted' : 'duplicate';
    }
    if (applied.duplicate) return 'duplicate';
    if (applied.changed) onChanged(applied.attempt);
    return 'accepted';
  };
};
