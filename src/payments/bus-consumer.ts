import { z } from 'zod';
import { newAttempt, type Attempt, type AttemptChange } from '../domain/attempt.ts';
import { isUuid } from '../domain/ids.ts';
import type { AnyEnvelope, MessageData } from '../domain/messages.ts';
import { ORDER_REASONS, type OrderReason } from '../domain/order.ts';
import type { Delivery } from '../domain/ports/message-bus.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { PaymentLog } from './payment-log.ts';

const uuid = z.string().refine(isUuid, 'must be a UUID');

const ORDER_PLACED = z.object({
  attemptId: uuid,
  fanId: z.string(),
  amountMinor: z.int().min(0),
  currency: z.string().regex(/^[A-Za-z]{3}$/),
  payByMs: z.int().min(0),
  description: z.string(),
}) satisfies z.ZodType<MessageData['PedidoCriado']>;

const ORDER_REJECTED = z.object({
  reason: z.enum(ORDER_REASONS),
}) satisfies z.ZodType<MessageData['PedidoRejeitado']>;

/** Tickets cannot tell what the money is for: sending it back might be as wrong as keeping it. */
const UNDECIDED: ReadonlySet<OrderReason> = new Set(['amount_mismatch', 'unknown_order']);

/** What a message means to us. `malformed` can never become right, however often it comes. */
type Meaning =
  /** `overdue`: written when its time to pay was over, so it asks what became of an attempt that was named before. */
  | { readonly kind: 'begin'; readonly attempt: Attempt; readonly overdue: boolean }
  | { readonly kind: 'change'; readonly change: AttemptChange }
  | { readonly kind: 'malformed'; readonly reason: string };

const malformed = (reason: string): Meaning => ({ kind: 'malformed', reason });

/** Reads a message; total over whatever a queue may hold. */
export const meaningOf = (envelope: AnyEnvelope): Meaning => {
  const { orderId, eventId } = envelope;
  if (![envelope.id, orderId, eventId].every((id) => typeof id === 'string' && isUuid(id))) {
    return malformed('an id of the envelope is not a UUID');
  }
  switch (envelope.type) {
    case 'PedidoCriado': {
      const parsed = ORDER_PLACED.safeParse(envelope.data);
      if (!parsed.success) return malformed(z.prettifyError(parsed.error));
      // Both times were written by the sender's database, so no clock of ours decides that somebody's time is over.
      const overdue = envelope.occurredAtMs > parsed.data.payByMs;
      return { kind: 'begin', attempt: newAttempt({ ...parsed.data, orderId, eventId }), overdue };
    }
    case 'PedidoConfirmado':
      return { kind: 'change', change: { type: 'captureWanted' } };
    case 'PedidoRejeitado': {
      const parsed = ORDER_REJECTED.safeParse(envelope.data);
      if (!parsed.success) return malformed(z.prettifyError(parsed.error));
      const { reason } = parsed.data;
      return {
        kind: 'change',
        change: { type: UNDECIDED.has(reason) ? 'reviewWanted' : 'returnWanted', reason },
      };
    }
    default:
      return malformed(`the payment service does not take ${envelope.type}`);
  }
};

/** The same attempt id must always mean the same money. */
export const isSameWish = (standing: Attempt, wanted: Attempt): boolean =>
  standing.orderId === wanted.orderId &&
  standing.amountMinor === wanted.amountMinor &&
  standing.currency === wanted.currency;

/**
 * Handles one delivery: commit first, ack after. Never rejects. A store that fails has it delivered again; what can never
 * be handled is parked. `onWork` gets each attempt that may now want something at the gateway, and whether it is asked for
 * after its time to pay; it must not block.
 */
export const createBusConsumer = (parts: {
  readonly store: Pick<PaymentStore, 'begin' | 'receive'>;
  readonly ledger: AttemptLedger;
  readonly log: PaymentLog;
  readonly onWork: (attempt: Attempt, overdue: boolean) => void;
}): ((delivery: Delivery) => Promise<void>) => {
  const { store, ledger, log, onWork } = parts;

  const begin = async (delivery: Delivery, wanted: Attempt, overdue: boolean): Promise<void> => {
    const standing = await store.begin(wanted);
    if (!isSameWish(standing, wanted)) {
      return delivery.park('its attempt id stands for another order or another sum');
    }
    if (overdue) await ledger.sayAgain(wanted.orderId);
    const received = await store.receive(delivery.envelope, null);
    delivery.ack();
    if (received.kind === 'counted') onWork(standing, overdue);
    return undefined;
  };

  const change = async (delivery: Delivery, wish: AttemptChange): Promise<void> => {
    const received = await store.receive(delivery.envelope, wish);
    if (received.kind === 'no_attempt') return delivery.retry('its order has no attempt here');
    delivery.ack();
    if (received.kind === 'repeat' || received.applied === null) return undefined;
    ledger.follow(received.applied, wish);
    onWork(received.applied.attempt, false);
    return undefined;
  };

  const handle = (delivery: Delivery): Promise<void> => {
    const meaning = meaningOf(delivery.envelope);
    if (meaning.kind === 'begin') return begin(delivery, meaning.attempt, meaning.overdue);
    if (meaning.kind === 'change') return change(delivery, meaning.change);
    delivery.park(meaning.reason);
    return Promise.resolve();
  };

  const comeAgain = (delivery: Delivery, reason: string): void => {
    try {
      delivery.retry(reason);
    } catch (error) {
      // The channel that delivered it is gone: what was unanswered comes again by itself.
      log.warn({ err: error, messageId: delivery.envelope.id }, 'a delivery could not be answered');
    }
  };

  return async (delivery) => {
    try {
      await handle(delivery);
    } catch (error) {
      log.warn(
        { err: error, messageId: delivery.envelope.id },
        'a message could not be stored; it will come again',
      );
      comeAgain(delivery, error instanceof Error ? error.message : String(error));
    }
  };
};
