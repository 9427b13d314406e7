import type { Attempt, AttemptChange } from '../domain/attempt.ts';
import type { AttemptId, OrderId } from '../domain/ids.ts';
import type { AppliedChange, PaymentStore } from '../domain/ports/payment-store.ts';
import type { PaymentLog } from './payment-log.ts';

/** The store's `apply`, with everything that must follow a commit: the outbox is nudged, alarms are heard. */
export interface AttemptLedger {
  /** As `PaymentStore.apply`. */
  apply(attemptId: AttemptId, change: AttemptChange, gatewayEventId?: string): Promise<AppliedChange | null>;
  /** For an attempt that is known to exist: the row as it is after the change. */
  change(attempt: Attempt, change: AttemptChange): Promise<Attempt>;
  /** What must follow a change that was committed elsewhere (`PaymentStore.receive`). */
  follow(applied: AppliedChange, change: AttemptChange): void;
  /** As `PaymentStore.sayAgain`, for somebody who asks after an order that he should have heard of. */
  sayAgain(orderId: OrderId): Promise<void>;
}

export const createAttemptLedger = (parts: {
  readonly store: Pick<PaymentStore, 'apply' | 'sayAgain'>;
  readonly log: PaymentLog;
  readonly nudgeOutbox: () => void;
}): AttemptLedger => {
  const { store, log, nudgeOutbox } = parts;
  const follow = (applied: AppliedChange, change: AttemptChange): void => {
    if (applied.said) nudgeOutbox();
    if (applied.alarm === null) return;
    const { attemptId, orderId, intentId, status } = applied.attempt;
    log.error(
      { alarm: applied.alarm, attemptId, orderId, intentId, status, change },
      `payment needs attention: ${applied.alarm}`,
    );
  };
  const apply: AttemptLedger['apply'] = async (attemptId, change, gatewayEventId) => {
    const applied = await store.apply(attemptId, change, gatewayEventId);
    if (applied !== null) follow(applied, change);
    return applied;
  };
  return {
    apply,
    follow,
    async change(attempt, change) {
      const applied = await apply(attempt.attemptId, change);
      if (applied === null) throw new Error(`attempt ${attempt.attemptId} is gone from the store`);
      return applied.attempt;
    },
    async sayAgain(orderId) {
      if (!(await store.sayAgain(orderId))) return;
      log.warn({ orderId }, 'what was said about an order was not heard; it is said again');
      nudgeOutbox();
    },
  };
};
