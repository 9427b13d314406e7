import type { OrderId } from '../../domain/ids.ts';
import type { Order, PlaceOrder, Ticket } from '../../domain/order.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { OrderBook, PaymentMessage, Settlement } from '../../domain/ports/order-book.ts';
import { refuse, type Refusal, type RefusalCode } from '../../domain/refusal.ts';
import type { OutboxModel } from './outbox.ts';
import {
  seatKey,
  seatsOfOrder,
  usageKey,
  without,
  type HoldRow,
  type OrderRow,
  type SaleTables,
  type SeatEntry,
  type TicketRow,
} from './rows.ts';
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
  const changeSeat = (seat: SeatEntry, change: Partial<SeatEntry>): void =>
    tables.seats.set(seatKey(seat.eventId, seat.sectionId, seat.seatId), {
      ...seat,
      ...change,
      revision: seat.revision + 1,
      changedAtMs: clock.nowMs(),
    });

  const changeUsage = (of: Pick<OrderRow, 'eventId' | 'fanId'>, seats: number, holds: number): void => {
    const key = usageKey(of.eventId, of.fanId);
    const has = tables.usage.get(key);
    if (has !== undefined) tables.usage.set(key, { seats: has.seats + seats, holds: has.holds + holds });
  };

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
      changeSeat(seat, { status: 'paying', heldUntilMs: null });
    }
    for (const hold of mine) tables.holds.set(hold.holdId, { ...hold, state: 'ordered' });
    const first = mine[0] as HoldRow;
    changeUsage(first, 0, -mine.length);
    const nowMs = clock.nowMs();
    const order: OrderRow = {
      orderId: request.orderId,
      eventId: first.eventId,
      fanId: request.fanId,
      status: 'awaiting_payment',
      reason: null,
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

  /** The order's seats that are still its own: paying, by its holds, with its fences. */
  const ownSeats = (order: OrderRow): readonly SeatEntry[] =>
    seatsOfOrder(order).flatMap(({ key, fence }) => {
      const seat = tables.seats.get(key);
      const own =
        seat?.status === 'paying' && order.holdIds.includes(seat.holdId ?? '') && seat.fence === fence;
      return own ? [seat] : [];
    });

  const freeSeats = (order: OrderRow): void => {
    for (const seat of ownSeats(order)) changeSeat(seat, { status: 'free', holdId: null });
    changeUsage(order, -order.seatIds.length, 0);
  };

  const issue = (order: OrderRow, seat: SeatEntry): void => {
    const live = tables.tickets
      .values()
      .some(
        (ticket) =>
          !ticket.voided &&
          ticket.eventId === seat.eventId &&
          ticket.sectionId === seat.sectionId &&
          ticket.seatId === seat.seatId,
      );
    if (live) throw new ConstraintError(`one_live_ticket_a_seat: ${seat.seatId}`);
    const ticketId = ids.next();
    tables.tickets.set(ticketId, {
      ticketId,
      orderId: order.orderId,
      eventId: order.eventId,
      fanId: order.fanId,
      seatId: seat.seatId,
      sectionId: seat.sectionId,
      issuedAtMs: clock.nowMs(),
      voided: false,
    });
  };

  const settleOrder = (order: OrderRow, change: Pick<OrderRow, 'status'> & Partial<OrderRow>): OrderRow => {
    const settled = { ...order, ...change, settledAtMs: clock.nowMs() };
    tables.orders.set(order.orderId, settled);
    return settled;
  };

  const reject = (order: OrderRow): void => {
    settleOrder(order, { status: 'rejected', reason: 'seats_lost' });
    const { eventId, orderId } = order;
    outbox.write({ type: 'PedidoRejeitado', eventId, orderId, data: { reason: 'seats_lost' } });
  };

  const sell = (order: OrderRow, seats: readonly SeatEntry[]): void => {
    for (const seat of seats) {
      changeSeat(seat, { status: 'sold' });
      issue(order, seat);
    }
    settleOrder(order, { status: 'confirmed' });
    const { eventId, orderId, seatIds } = order;
    outbox.write({ type: 'PedidoConfirmado', eventId, orderId, data: { seatIds } });
  };

  const settleOne = (message: PaymentMessage, order: OrderRow): Settlement['outcome'] => {
    const awaits = order.status === 'awaiting_payment';
    if (message.type === 'PagamentoFalhou') {
      if (!awaits) return 'nothing';
      freeSeats(order);
      const { reason } = message.data;
      settleOrder(order, { status: reason === 'expired' ? 'expired' : 'failed', reason });
      return 'freed';
    }
    if (!awaits) {
      if (order.status !== 'failed' && order.status !== 'expired') return 'nothing';
      reject(order);
      return 'rejected';
    }
    const seats = ownSeats(order);
    const { amountMinor, currency } = message.data;
    const right = amountMinor === order.amountMinor && currency.toUpperCase() === order.currency;
    if (seats.length === order.seatIds.length && right) {
      sell(order, seats);
      return 'confirmed';
    }
    freeSeats(order);
    reject(order);
    return 'rejected';
  };

  const settle = (messages: readonly PaymentMessage[]): readonly Settlement[] =>
    messages.map((message) => {
      const order = tables.orders.get(message.orderId);
      const seen = tables.inbox.has(message.id);
      tables.inbox.set(message.id, true);
      const outcome = seen || order === undefined ? 'nothing' : settleOne(message, order);
      const after = tables.orders.get(message.orderId);
      return { messageId: message.id, outcome, order: after === undefined ? null : orderOf(after) };
    });

  return {
    place: async (request) => db.atomically(() => place(request)),
    settle: async (messages) => db.atomically(() => settle(messages)),
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
