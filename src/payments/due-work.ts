import type { Attempt, AttemptChange } from '../domain/attempt.ts';
import { wantOf, type Want } from '../domain/attempt-schedule.ts';
import type { OrderReason } from '../domain/order.ts';
import type { GatewayAnswer, Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { PaymentLog } from './payment-log.ts';

export interface Errand {
  /** Read an intent that is open, in case a webhook was lost. */
  readonly look: boolean;
  /** End the attempt for this reason if a fresh look shows that nobody has paid. */
  readonly end: OrderReason | null;
}

export interface DueWork {
  /**
   * Does at the gateway what the attempt wants, until it wants nothing more or the gateway gives no word. Always safe to
   * repeat, also at the same time in several processes: every call has a key of its own derived from the attempt.
   * Resolves to the attempt as it then is; rejects only if the store fails.
   */
  perform(attempt: Attempt, errand: Errand): Promise<Attempt>;
}

type Call = 'cancel' | 'capture' | 'refund';

const REFUSED = {
  cancel: 'cancelRefused',
  capture: 'captureRefused',
  refund: 'refundRefused',
} as const satisfies Record<Call, AttemptChange['type']>;

/** More than the longest way through the table: open, look, cancel, refund. */
const STEPS_MAX = 6;

export const createDueWork = (parts: {
  readonly gateway: PaymentGateway;
  readonly ledger: AttemptLedger;
  readonly log: PaymentLog;
}): DueWork => {
  const { gateway, ledger, log } = parts;

  const noWord = (
    attempt: Attempt,
    call: string,
    answer: Exclude<GatewayAnswer<Intent>, { kind: 'ok' }>,
  ): null => {
    const context = { attemptId: attempt.attemptId, intentId: attempt.intentId, call, answer };
    if (answer.kind === 'unknown')
      log.warn(context, 'the payment gateway gave no word; it will be asked again');
    else log.error(context, 'the payment gateway refused to be read');
    return null;
  };

  const seen = (attempt: Attempt, intent: Intent): Promise<Attempt> =>
    ledger.change(attempt, { type: 'intentSeen', intent });

  const open = async (attempt: Attempt): Promise<Attempt | null> => {
    const answer = await gateway.open(attempt);
    if (answer.kind === 'ok') return seen(attempt, answer.value);
    if (answer.kind === 'refused') return ledger.change(attempt, { type: 'openRefused' });
    return noWord(attempt, 'open', answer);
  };

  const look = async (attempt: Attempt, intentId: string): Promise<Attempt | null> => {
    const answer = await gateway.read(intentId);
    return answer.kind === 'ok' ? seen(attempt, answer.value) : noWord(attempt, 'read', answer);
  };

  const call = async (attempt: Attempt, intentId: string, what: Call): Promise<Attempt | null> => {
    const answer = await gateway[what](intentId, attempt.attemptId);
    if (answer.kind === 'unknown') return noWord(attempt, what, answer);
    if (answer.kind === 'ok') {
      const after = await seen(attempt, answer.value);
      // A repeated key replays its first answer: only a read tells where a refund has got to since.
      return what === 'refund' && after.status === 'refunding' ? look(after, intentId) : after;
    }
    // Refused: where the money stands decides what the refusal means.
    const read = await gateway.read(intentId);
    if (read.kind !== 'ok') return noWord(attempt, 'read', read);
    return ledger.change(attempt, { type: REFUSED[what], intent: read.value });
  };

  const lookThenEnd = async (attempt: Attempt, intentId: string, errand: Errand): Promise<Attempt | null> => {
    const fresh = await look(attempt, intentId);
    if (fresh === null || fresh.status !== 'open' || errand.end === null) return fresh;
    // Compare-and-set: if a webhook has authorised it since the look, this changes nothing and no cancel is sent.
    return ledger.change(fresh, { type: 'cancelWanted', reason: errand.end });
  };

  /** By a person's word: what is kept must be taken, what is returned must be let go or refunded, wherever it stands. */
  const settle = async (
    attempt: Attempt,
    intentId: string,
    want: 'keep' | 'return',
  ): Promise<Attempt | null> => {
    const read = await gateway.read(intentId);
    if (read.kind !== 'ok') return noWord(attempt, 'read', read);
    const fresh = await seen(attempt, read.value);
    if (wantOf(fresh.status) !== want) return fresh;
    if (want === 'keep') return call(fresh, intentId, 'capture');
    return call(fresh, intentId, read.value.status === 'captured' ? 'refund' : 'cancel');
  };

  const step = (attempt: Attempt, want: Want, errand: Errand): Promise<Attempt | null> => {
    const { intentId } = attempt;
    // What shall end without ever having had an intent is opened first: a create of ours may still be on its way, and only
    // the same key shows what became of it. Then it can be cancelled for good.
    if (want === 'open' || intentId === null) return open(attempt);
    if (want === 'look') return lookThenEnd(attempt, intentId, errand);
    if (want === 'keep' || want === 'return') return settle(attempt, intentId, want);
    return call(attempt, intentId, want);
  };

  return {
    async perform(attempt, errand) {
      let current = attempt;
      for (let steps = 0; steps < STEPS_MAX; steps += 1) {
        const want = wantOf(current.status);
        if (want === null) return current;
        if (want === 'look' && errand.end === null && (steps > 0 || !errand.look)) return current;
        const next = await step(current, want, errand);
        if (next === null) return current;
        if (next.status === current.status && next.intentId === current.intentId) return next;
        current = next;
      }
      return current;
    },
  };
};
