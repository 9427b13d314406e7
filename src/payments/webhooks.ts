import { isUuid } from '../domain/ids.ts';
import type { AttemptId } from '../domain/ids.ts';
import type { Attempt } from '../domain/attempt.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
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
  readonly store: Pick<PaymentStore, 'findByIntent'>;
  readonly ledger: AttemptLedger;
  readonly clock: Clock;
  readonly log: PaymentLog;
  /** The change may have made something due at the gateway (late money goes back at once). */
  readonly onChanged: (attempt: Attempt) => void;
}): WebhookReceiver => {
  const { gateway, store, ledger, clock, log, onChanged } = parts;

  /** An early event comes before we know our intent's id: the metadata names the attempt. */
  const attemptIdOf = async (intent: Intent): Promise<AttemptId | null> => {
    if (intent.attemptId !== null) return isUuid(intent.attemptId) ? intent.attemptId : null;
    return (await store.findByIntent(intent.intentId))?.attemptId ?? null;
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
      return 'ignored';
    }
    if (applied.duplicate) return 'duplicate';
    if (applied.changed) onChanged(applied.attempt);
    return 'accepted';
  };
};
