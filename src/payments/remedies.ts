import type { AuditLog } from '../domain/ports/event-store.ts';
import type { Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import { compare, type Difference } from '../domain/reconciliation.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { PaymentLog } from './payment-log.ts';

/**
 * Sets right what may be set right without a person. False: nothing was done, because only a person may, nothing can, the
 * gateway gave no word, or a fresh look shows another picture.
 */
export const createRemedies = (parts: {
  readonly attempts: Pick<PaymentStore, 'find'>;
  readonly gateway: Pick<PaymentGateway, 'read' | 'cancel' | 'refund'>;
  readonly ledger: Pick<AttemptLedger, 'apply'>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly log: PaymentLog;
}): ((difference: Difference) => Promise<boolean>) => {
  const { attempts, gateway, ledger, audit, log } = parts;

  /** Null: the gateway gave no word, or the picture has changed since the look. */
  const stillSo = async (difference: Difference): Promise<Intent | null> => {
    const { intentId, attemptId, kind, remedy } = difference;
    if (intentId === null || attemptId === null) return null;
    const read = await gateway.read(intentId);
    if (read.kind !== 'ok') return null;
    // Ours last: an attempt that came to stand for this intent meanwhile must not find it cancelled or returned.
    const fresh = compare(read.value, await attempts.find(attemptId), true);
    return fresh?.kind === kind && fresh.remedy === remedy ? read.value : null;
  };

  const act = async ({ remedy, attemptId }: Difference, intent: Intent): Promise<string | null> => {
    if (remedy === 'apply') {
      const applied = await ledger.apply(attemptId ?? '', { type: 'intentSeen', intent });
      return applied?.changed === true ? applied.attempt.status : null;
    }
    if (remedy === 'review') return null;
    // Keys by intent: the attempt's own are for the intent that it stands for.
    const answer = await gateway[remedy](intent.intentId, intent.intentId);
    return answer.kind === 'ok' ? answer.value.status : null;
  };

  return async (difference) => {
    const { remedy, kind, subject } = difference;
    if (remedy === 'review') return false;
    const intent = await stillSo(difference);
    const after = intent === null ? null : await act(difference, intent);
    if (after === null) return false;
    log.warn({ ...difference, after }, 'the ledgers differed, and one of them was set right');
    await audit.append({
      actor: 'reconciler',
      role: 'service',
      action: `money.${remedy}`,
      target: subject,
      before: { kind, ours: difference.ours, gateway: difference.gateway, keptMinor: difference.keptMinor },
      after: { status: after },
      requestId: '',
    });
    return true;
  };
};
