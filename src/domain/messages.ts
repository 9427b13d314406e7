import type { AttemptId, EventId, FanId, OrderId, SeatId } from './ids.ts';
import type { OrderReason } from './order.ts';

/**
 * What the ticket service and the payment service say to each other, and the only way they say it. Past tense, in the
 * language of the mission. Each leaves through its sender's outbox and is counted once by its receiver's inbox.
 */
export interface MessageData {
  /** tickets → payments: seats are `paying`; take the money. */
  PedidoCriado: {
    readonly attemptId: AttemptId;
    readonly fanId: FanId;
    readonly amountMinor: number;
    readonly currency: string;
    readonly payByMs: number;
    readonly description: string;
  };
  /** payments → tickets: the money is authorised. `approved`: a person wants the order honoured, whatever sum was paid. */
  PagamentoOK: {
    readonly attemptId: AttemptId;
    readonly amountMinor: number;
    readonly currency: string;
    readonly approved?: true | undefined;
  };
  /** payments → tickets: the gateway has said no, for good: nothing is or will be taken. `refunded`: a person sends it back. */
  PagamentoFalhou: { readonly attemptId: AttemptId; readonly reason: OrderReason };
  /** tickets → payments: the seats are sold; capture. */
  PedidoConfirmado: { readonly seatIds: readonly SeatId[] };
  /**
   * tickets → payments: the seats could not be sold; void or refund. `amount_mismatch` and `unknown_order`: it cannot be told
   * what the money is for; a person decides.
   */
  PedidoRejeitado: { readonly reason: OrderReason };
}

export type MessageType = keyof MessageData;

export interface Envelope<T extends MessageType = MessageType> {
  /** The outbox id; also the AMQP message id, and what the receiver's inbox remembers. */
  readonly id: string;
  readonly type: T;
  readonly occurredAtMs: number;
  /** Present: it was sent before and is said again, since then. What it tells is as old as ever. */
  readonly saidAgainAtMs?: number | undefined;
  readonly eventId: EventId;
  readonly orderId: OrderId;
  readonly data: MessageData[T];
}

/** Narrowing by `type`: `AnyEnvelope` is the union of all envelopes. */
export type AnyEnvelope = { [T in MessageType]: Envelope<T> }[MessageType];

export const EXCHANGE = 'catraca.payments';

export const ROUTING_KEYS: Readonly<Record<MessageType, string>> = {
  PedidoCriado: 'order.placed',
  PagamentoOK: 'payment.ok',
  PagamentoFalhou: 'payment.failed',
  PedidoConfirmado: 'order.confirmed',
  PedidoRejeitado: 'order.rejected',
};

/** The two subscribers. A queue's name on the broker is `catraca.<queue>`. */
export const QUEUES = {
  tickets: ['PagamentoOK', 'PagamentoFalhou'],
  payments: ['PedidoCriado', 'PedidoConfirmado', 'PedidoRejeitado'],
} as const satisfies Record<string, readonly MessageType[]>;

export type QueueName = keyof typeof QUEUES;

export const queueFor = (type: MessageType): QueueName =>
  (QUEUES.tickets as readonly MessageType[]).includes(type) ? 'tickets' : 'payments';
