import type { FanId, OrderId, TicketId } from '../ids.ts';
import type { AnyEnvelope } from '../messages.ts';
import type { Order, PlaceOrder, Ticket } from '../order.ts';
import type { Refusal } from '../refusal.ts';

/**
 * What one payment message did. `review`: the money waits for a person. `nothing`: it had been counted before, or changed
 * nothing any more.
 */
export interface Settlement {
  readonly messageId: string;
  readonly outcome: 'confirmed' | 'rejected' | 'review' | 'freed' | 'nothing';
  readonly order: Order | null;
}

/** A fan wants to give a confirmed order back. `requestId` goes into the audit. */
export interface GiveBack {
  readonly orderId: OrderId;
  readonly fanId: FanId;
  readonly requestId: string;
}

export type PaymentMessage = Extract<AnyEnvelope, { type: 'PagamentoOK' | 'PagamentoFalhou' }>;

/** Orders and tickets in Postgres. Each method is one transaction. A rejected promise means: outcome not known. */
export interface OrderBook {
  /** `held → paying` for every seat of the holds, the order, and the outbox row `PedidoCriado`. Repeats return the first. */
  place(request: PlaceOrder): Promise<Order | Refusal>;
  find(orderId: OrderId): Promise<Order | null>;
  ticketsOf(orderId: OrderId): Promise<readonly Ticket[]>;
  findTicket(ticketId: TicketId): Promise<Ticket | null>;
  /**
   * The commit of the sale, for a batch of messages: inbox, seats `paying → sold` where hold and fence match, tickets,
   * order, outbox; or `paying → free` after a no. Money that does not find its seats waiting gets them all the same if they
   * are to be had, or others where the event allows it. A message whose id is in the inbox does nothing.
   */
  settle(messages: readonly PaymentMessage[]): Promise<readonly Settlement[]>;
  /**
   * A confirmed order goes back while its event allows it: tickets void, seats free, `PedidoRejeitado` in the outbox and the act
   * in the audit. Of any number of tries one does it, and the others find it done (`repeated`). Refused: `not_found` (also
   * for another fan's order), `order_not_refundable`.
   */
  giveBack(request: GiveBack): Promise<{ readonly order: Order; readonly repeated: boolean } | Refusal>;
  /** The gateway has not been heard of for orders whose time to pay was over `graceMs` ago: ask again (`PedidoCriado`). */
  remindOverdue(graceMs: number, limit: number): Promise<readonly OrderId[]>;
  /** Orders of a fan in an event, newest first. */
  ofFan(fanId: FanId, limit: number): Promise<readonly Order[]>;
}
