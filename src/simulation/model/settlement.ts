import type { OrderReason } from '../../domain/order.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { PaymentMessage, Settlement } from '../../domain/ports/order-book.ts';
import { wantedByOrder, type LateMoney, type WantedSeat } from './late-money.ts';
import type { OutboxModel } from './outbox.ts';
import { createUndoing } from './undoing.ts';
import { type OrderRow, type SaleTables, type SeatEntry } from './rows.ts';
import type { SeatChanges } from './seat-changes.ts';
import { ConstraintError } from './tables.ts';

/** What `tickets.settle_payments` is asked about one message. */
interface Request {
  readonly message: PaymentMessage;
  /** Proposed instead of the order's own. */
  readonly seats?: readonly WantedSeat[];
  /** Decide with what is there. */
  readonly final?: true;
}

type Decision =
  | { readonly did: 'sold'; readonly order: OrderRow }
  | { readonly did: 'rejected' | 'review'; readonly why: OrderReason }
  | { readonly did: 'overdue' | 'reseat' | 'nothing' };

type Answer = Settlement['outcome'] | 'overdue' | 'reseat';

/** What a message did, and its order right after that. */
export interface Settled {
  readonly messageId: string;
  readonly outcome: Settlement['outcome'];
  readonly order: OrderRow | undefined;
}

export interface SettlementParts {
  readonly tables: SaleTables;
  readonly changes: SeatChanges;
  readonly late: LateMoney;
  readonly outbox: OutboxModel;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
}

/** As often as `late-money.ts` of Postgres proposes. */
const PROPOSALS_MAX = 5;
const MAY_STILL_BE_PAID: ReadonlySet<OrderRow['status']> = new Set(['awaiting_payment', 'failed', 'expired']);

/**
 * Settles a batch of messages as `tickets.settle_payments` and the rounds around it do: what is not decided in one round is
 * asked again in the next, after the messages that were. Each message is answered once, within the caller's transaction.
 */
export const createSettlement = (
  parts: SettlementParts,
): ((messages: readonly PaymentMessage[]) => readonly Settled[]) => {
  const { tables, changes, late, outbox, clock, ids } = parts;
  const undo = createUndoing(parts);

  const change = (orderId: string, to: Partial<OrderRow>): void => {
    const order = tables.orders.get(orderId);
    if (order !== undefined) tables.orders.set(orderId, { ...order, ...to });
  };

  const sayRejected = ({ eventId, orderId }: Pick<OrderRow, 'eventId' | 'orderId'>, reason: OrderReason) =>
    outbox.write({ type: 'PedidoRejeitado', eventId, orderId, data: { reason } });
  const sayConfirmed = ({ eventId, orderId, seatIds }: OrderRow): void =>
    outbox.write({ type: 'PedidoConfirmado', eventId, orderId, data: { seatIds } });

  const giveBack = (order: OrderRow): void => {
    late.endHoldsOf(order, clock.nowMs());
    for (const seat of late.ownSeats(order)) changes.changeSeat(seat, { status: 'free', holdId: null });
    changes.addUsage(order, -order.seatIds.length, 0);
  };

  const issue = (order: OrderRow, { sectionId, seatId }: WantedSeat): void => {
    const live = tables.tickets
      .values()
      .some(
        (ticket) =>
          !ticket.voided &&
          ticket.eventId === order.eventId &&
          ticket.sectionId === sectionId &&
          ticket.seatId === seatId,
      );
    if (live) throw new ConstraintError(`one_live_ticket_a_seat: ${seatId}`);
    const ticketId = ids.next();
    const { orderId, eventId, fanId } = order;
    tables.tickets.set(ticketId, {
      ticketId,
      orderId,
      eventId,
      fanId,
      seatId,
      sectionId,
      issuedAtMs: clock.nowMs(),
      voided: false,
    });
  };

  const confirm = (order: OrderRow): void => {
    for (const seat of wantedByOrder(order)) issue(order, seat);
    change(order.orderId, { status: 'confirmed', reason: null, settledAtMs: clock.nowMs() });
    sayConfirmed(order);
  };

  const reject = (order: OrderRow, did: 'rejected' | 'review', why: OrderReason): void => {
    if (order.status === 'awaiting_payment') giveBack(order);
    change(order.orderId, {
      status: 'rejected',
      reason: why,
      ending: did === 'review' ? 'review' : 'refunded',
      settledAtMs: order.settledAtMs ?? clock.nowMs(),
    });
    sayRejected(order, why);
  };

  const sellOwn = (order: OrderRow, seats: readonly SeatEntry[]): Decision => {
    for (const seat of seats) changes.changeSeat(seat, { status: 'sold' });
    return { did: 'sold', order };
  };

  const sellLate = (request: Request, order: OrderRow): Decision => {
    const final = request.final === true;
    if (!final && late.overdueOn(order).length > 0) return { did: 'overdue' };
    let sold = late.sell(order, wantedByOrder(order));
    if (sold === 'taken' && request.seats !== undefined) sold = late.sell(order, request.seats);
    if (sold === 'fan_limit') return { did: 'rejected', why: 'fan_limit' };
    if (sold !== 'taken') return { did: 'sold', order: sold };
    const mayReseat = tables.events.get(order.eventId)?.event.lateMoney?.reseat === true;
    return !final && mayReseat ? { did: 'reseat' } : { did: 'rejected', why: 'seats_lost' };
  };

  const judge = (request: Request, order: OrderRow): Decision => {
    const { message } = request;
    if (message.type !== 'PagamentoOK') return { did: 'nothing' };
    const { amountMinor, currency, approved } = message.data;
    const isOpen = MAY_STILL_BE_PAID.has(order.status) || (order.status === 'rejected' && approved === true);
    if (!isOpen) return { did: 'nothing' };
    const isRight = amountMinor === order.amountMinor && currency.toUpperCase() === order.currency;
    if (!isRight && approved !== true) return { did: 'review', why: 'amount_mismatch' };
    if (order.reason === 'refunded' && approved !== true) return { did: 'rejected', why: 'refunded' };
    const own = late.ownSeats(order);
    const isWaiting = order.status === 'awaiting_payment' && own.length === order.seatIds.length;
    return isWaiting ? sellOwn(order, own) : sellLate(request, order);
  };

  const paid = (request: Request, order: OrderRow): Answer => {
    const { data } = request.message as PaymentMessage & { type: 'PagamentoOK' };
    if (data.approved === true && order.status === 'confirmed') sayConfirmed(order);
    if (data.approved === true && order.status === 'refunded') sayRejected(order, 'refunded');
    const decision = judge(request, order);
    switch (decision.did) {
      case 'sold':
        confirm(decision.order);
        return 'confirmed';
      case 'rejected':
      case 'review':
        reject(order, decision.did, decision.why);
        return decision.did;
      default:
        return decision.did;
    }
  };

  const failed = (reason: OrderReason, order: OrderRow): Answer => {
    if (order.status === 'awaiting_payment') {
      giveBack(order);
      const status = reason === 'expired' ? 'expired' : 'failed';
      change(order.orderId, { status, reason, settledAtMs: clock.nowMs() });
      return 'freed';
    }
    if (reason === 'refunded' && order.status === 'confirmed') {
      undo(order, 'refunded');
      return 'freed';
    }
    if (reason === 'refunded' && order.ending === 'review') {
      change(order.orderId, { ending: 'refunded' });
      return 'rejected';
    }
    return 'nothing';
  };

  const settleOne = (request: Request): Answer => {
    const { message } = request;
    if (tables.inbox.has(message.id)) return 'nothing';
    const order = tables.orders.get(message.orderId);
    let answer: Answer = 'nothing';
    if (order !== undefined) {
      answer = message.type === 'PagamentoOK' ? paid(request, order) : failed(message.data.reason, order);
    } else if (message.type === 'PagamentoOK') {
      sayRejected(message, 'unknown_order');
    }
    if (answer !== 'overdue' && answer !== 'reseat') tables.inbox.set(message.id, true);
    return answer;
  };

  const prepared = (request: Request, answer: 'overdue' | 'reseat'): Request => {
    const order = tables.orders.get(request.message.orderId);
    if (order === undefined) return request;
    if (answer === 'overdue') {
      changes.endHolds(late.overdueOn(order), 'expired');
      return request;
    }
    const seats = late.propose(order);
    return seats === null ? { ...request, final: true } : { ...request, seats };
  };

  return (messages) => {
    const settled: Settled[] = [];
    // A message that stands here twice is asked about once, where it stands last.
    const last = messages.filter(
      ({ id }, index) => messages.findLastIndex((other) => other.id === id) === index,
    );
    let open: readonly Request[] = last.map((message) => ({ message }));
    for (let proposals = 0; open.length > 0; proposals += 1) {
      const undecided: (readonly [Request, 'overdue' | 'reseat'])[] = [];
      for (const request of open) {
        const outcome = settleOne(request);
        const { id: messageId, orderId } = request.message;
        if (outcome === 'overdue' || outcome === 'reseat') undecided.push([request, outcome]);
        else settled.push({ messageId, outcome, order: tables.orders.get(orderId) });
      }
      const isLast = proposals >= PROPOSALS_MAX;
      open = undecided.map(([request, answer]) => {
        const again = prepared(request, answer);
        return isLast ? { ...again, final: true } : again;
      });
    }
    return settled;
  };
};
