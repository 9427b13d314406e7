import type { OrderId } from '../../domain/ids.ts';
import type { Order, PlaceOrder, Ticket } from '../../domain/order.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { GiveBack, OrderBook, PaymentMessage, Settlement } from '../../domain/ports/order-book.ts';
import { refuse, type Refusal, type RefusalCode } from '../../domain/refusal.ts';
import { isRefundable } from '../../domain/show.ts';
import { createLateMoney } from './late-money.ts';
import type { OutboxModel } from './outbox.ts';
import { seatKey, without, type HoldRow, type OrderRow, type SaleTables, type TicketRow } from './rows.ts';
import { createSeatChanges } from './seat-changes.ts';
import { createSettlement } from './settlement.ts';
import { createUndoing } from './undoing.ts';
import { ConstraintError, type Database } from './tables.ts';

export interface OrderBookParts {
  readonly db: Database;
  readonly tables: SaleTables;
  readonly outbox: OutboxModel;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
}

const orderOf = (row: OrderRow): Order => ({
  ...without(row, 'fences', 'fingerprint', 'remindedAtMs', 'settledAtMs'),
  payByMs: Math.floor(row.payByMs),
  createdAtMs: Math.floor(row.createdAtMs),
});

const ticketOf = (row: TicketRow): Ticket => ({
  ...without(row, 'sectionId'),
  issuedAtMs: Math.floor(row.issuedAtMs),
});

/** `createOrderBook` over `tickets.place_order` and `tickets.settle_payments`, in memory. Held to the real one as the ledger is. */
export const createOrderBookModel = ({ db, tables, outbox, clock, ids }: OrderBookParts): OrderBook => {
  const changes = createSeatChanges(tables, clock);
  const late = createLateMoney({ tables, changes, clock, ids });
  const undo = createUndoing({ tables, changes, late, clock });
  const settleAll = createSettlement({ tables, changes, late, outbox, clock, ids });

  const sayPlaced = (order: OrderRow): void => {
    const title = tables.events.get(order.eventId)?.event.name ?? '';
    outbox.write({
      type: 'PedidoCriado',
      eventId: order.eventId,
      orderId: order.orderId,
      data: {
        attemptId: order.attemptId,
        fanId: order.fanId,
        amountMinor: order.amountMinor,
        currency: order.currency,
        payByMs: Math.floor(order.payByMs),
        description: `${title}: ${order.seatIds.join(', ')}`,
      },
    });
  };

  const whyNot = (request: PlaceOrder, mine: readonly HoldRow[]): RefusalCode | null => {
    const nowMs = clock.nowMs();
    if (mine.length === 0 || mine.length < request.holdIds.length) return 'not_found';
    if (new Set(mine.map((hold) => hold.eventId)).size > 1) return 'mixed_holds';
    if (mine.some((hold) => hold.state !== 'active')) {
      return mine.some((hold) => hold.state === 'expired') ? 'hold_expired' : 'hold_not_active';
    }
    return mine.some((hold) => hold.expiresAtMs <= nowMs) ? 'hold_expired' : null;
  };

  const place = (request: PlaceOrder): Order | Refusal => {
    const prior = tables.orders.get(request.orderId);
    if (prior !== undefined) {
      const same = prior.fanId === request.fanId && prior.fingerprint === request.fingerprint;
      return same ? orderOf(prior) : refuse('idempotency_key_reused');
    }
    const mine = [...new Set(request.holdIds)]
      .sort()
      .flatMap((holdId) => tables.holds.get(holdId) ?? [])
      .filter((hold) => hold.fanId === request.fanId);
    const refusal = whyNot(request, mine);
    if (refusal !== null) return refuse(refusal);
    const wanted = mine.flatMap((hold) =>
      hold.seatIds.map((seatId, index) => ({ hold, seatId, fence: hold.fences[index] ?? -1 })),
    );
    for (const { hold, seatId, fence } of wanted) {
      const seat = tables.seats.get(seatKey(hold.eventId, hold.sectionId, seatId));
      if (seat?.status !== 'held' || seat.holdId !== hold.holdId || seat.fence !== fence) {
        throw new ConstraintError(`${seatId} is not held by ${hold.holdId}`);
      }
      changes.changeSeat(seat, { status: 'paying', heldUntilMs: null });
    }
    for (const hold of mine) tables.holds.set(hold.holdId, { ...hold, state: 'ordered' });
    const first = mine[0] as HoldRow;
    changes.addUsage(first, 0, -mine.length);
    const nowMs = clock.nowMs();
    const order: OrderRow = {
      orderId: request.orderId,
      eventId: first.eventId,
      fanId: request.fanId,
      status: 'awaiting_payment',
      reason: null,
      ending: null,
      reseatedFrom: null,
      holdIds: request.holdIds,
      seatIds: wanted.map((one) => one.seatId),
      sectionIds: wanted.map((one) => one.hold.sectionId),
      fences: wanted.map((one) => one.fence),
      amountMinor: mine.reduce((sum, hold) => sum + hold.amountMinor, 0),
      currency: first.currency,
      attemptId: request.attemptId,
      payByMs: nowMs + request.payWithinMs,
      createdAtMs: nowMs,
      fingerprint: request.fingerprint,
      remindedAtMs: null,
      settledAtMs: null,
    };
    tables.orders.set(order.orderId, order);
    sayPlaced(order);
    return orderOf(order);
  };

  /** `tickets.give_back`. */
  const giveBack = ({ orderId, fanId }: GiveBack) => {
    const order = tables.orders.get(orderId);
    if (order === undefined || order.fanId !== fanId) return refuse('not_found');
    if (order.status === 'refunded' && order.reason === 'cancelled')
      return { order: orderOf(order), repeated: true };
    const show = tables.events.get(order.eventId)?.event.show ?? {};
    if (order.status !== 'confirmed' || !isRefundable(show, clock.nowMs()))
      return refuse('order_not_refundable');
    undo(order, 'cancelled');
    const data = { reason: 'cancelled' as const };
    outbox.write({ type: 'PedidoRejeitado', eventId: order.eventId, orderId, data });
    return { order: orderOf(tables.orders.get(orderId) ?? order), repeated: false };
  };

  const settle = (messages: readonly PaymentMessage[]): readonly Settlement[] =>
    settleAll(messages).map((one) => ({
      ...one,
      order: one.order === undefined ? null : orderOf(one.order),
    }));

  return {
    place: async (request) => db.atomically(() => place(request)),
    settle: async (messages) => db.atomically(() => settle(messages)),
    giveBack: async (request) => db.atomically(() => giveBack(request)),
    async find(orderId) {
      const order = tables.orders.get(orderId);
      return order === undefined ? null : orderOf(order);
    },
    ticketsOf: async (orderId) =>
      tables.tickets
        .values()
        .filter((ticket) => ticket.orderId === orderId)
        .sort((a, b) => (a.seatId < b.seatId ? -1 : 1))
        .map(ticketOf),
    async findTicket(ticketId) {
      const ticket = tables.tickets.get(ticketId);
      return ticket === undefined ? null : ticketOf(ticket);
    },
    async remindOverdue(graceMs, limit): Promise<readonly OrderId[]> {
      const beforeMs = clock.nowMs() - graceMs;
      const stuck = tables.orders
        .values()
        .filter(
          (order) =>
            order.status === 'awaiting_payment' &&
            order.payByMs < beforeMs &&
            (order.remindedAtMs === null || order.remindedAtMs < beforeMs),
        )
        .sort((a, b) => a.payByMs - b.payByMs)
        .slice(0, limit);
      db.atomically(() => {
        for (const order of stuck) {
          tables.orders.set(order.orderId, { ...order, remindedAtMs: clock.nowMs() });
          sayPlaced(order);
        }
      });
      return stuck.map((order) => order.orderId);
    },
    ofFan: async (fanId, limit) =>
      tables.orders
        .values()
        .filter((order) => order.fanId === fanId)
        .sort((a, b) => b.createdAtMs - a.createdAtMs)
        .slice(0, limit)
        .map(orderOf),
  };
};
