import type { OrderReason } from '../../domain/order.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { LateMoney } from './late-money.ts';
import { seatKey, type OrderRow, type SaleTables } from './rows.ts';
import type { SeatChanges } from './seat-changes.ts';

interface UndoingParts {
  readonly tables: SaleTables;
  readonly changes: SeatChanges;
  readonly late: LateMoney;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** `tickets.undo_order`: the end of a confirmed order whose money goes back, with the reason that it then has. */
export const createUndoing =
  ({ tables, changes, late, clock }: UndoingParts) =>
  (order: OrderRow, reason: OrderReason): void => {
    const nowMs = clock.nowMs();
    late.endHoldsOf(order, nowMs);
    for (const ticket of tables.tickets.values()) {
      if (ticket.orderId === order.orderId) tables.tickets.set(ticket.ticketId, { ...ticket, voided: true });
    }
    order.seatIds.forEach((seatId, index) => {
      const seat = tables.seats.get(seatKey(order.eventId, order.sectionIds[index] ?? '', seatId));
      const isOwn = order.holdIds.includes(seat?.holdId ?? '') && seat?.fence === order.fences[index];
      if (seat?.status === 'sold' && isOwn) changes.changeSeat(seat, { status: 'free', holdId: null });
    });
    changes.addUsage(order, -order.seatIds.length, 0);
    const now = tables.orders.get(order.orderId);
    if (now !== undefined)
      tables.orders.set(order.orderId, { ...now, status: 'refunded', reason, settledAtMs: nowMs });
  };
