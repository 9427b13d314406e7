import type { Order, OrderStatus, Ticket } from '../domain/order.ts';
import type { CheckoutView } from '../domain/ports/services.ts';
import type { z } from 'zod';
import type { Edge } from './edge.ts';
import { iso, type orderSchema, type ticketSchema } from './schemas.ts';

type TicketDocument = z.output<typeof ticketSchema>;
export type OrderDocument = z.output<typeof orderSchema>;

/** Where a ticket's files are; the code in the query lets a link or an <img> fetch them, which can send no token. */
export const ticketUrls = (edge: Pick<Edge, 'options'>, ticketId: string, code: string) => {
  const urlOf = (ending: string): string =>
    `${edge.options.publicUrl ?? ''}/v1/tickets/${ticketId}.${ending}?code=${encodeURIComponent(code)}`;
  return { svgUrl: urlOf('svg'), pdfUrl: urlOf('pdf'), icsUrl: urlOf('ics') };
};

const ticketDocument = async (
  edge: Pick<Edge, 'options' | 'ticketCodes'>,
  ticket: Ticket,
): Promise<TicketDocument> => {
  const code = await edge.ticketCodes.sign(ticket);
  return {
    ticketId: ticket.ticketId,
    seatId: ticket.seatId,
    code,
    ...ticketUrls(edge, ticket.ticketId, code),
  };
};

/** `confirming` is never stored: it is an order that awaits payment while its money is authorised. */
const shownStatus = (order: Order, checkout: CheckoutView | null): OrderStatus =>
  order.status === 'awaiting_payment' && checkout?.authorised === true ? 'confirming' : order.status;

/** An order as its owner sees it. Void tickets are not shown: nobody gets in with them. */
export const orderDocument = async (
  edge: Pick<Edge, 'options' | 'ticketCodes'>,
  order: Order,
  tickets: readonly Ticket[],
  checkout: CheckoutView | null,
): Promise<OrderDocument> => {
  const status = shownStatus(order, checkout);
  return {
    orderId: order.orderId,
    eventId: order.eventId,
    status,
    ...(order.reason === null ? {} : { reason: order.reason }),
    ...(order.ending ? { ending: order.ending } : {}),
    ...(order.reseatedFrom ? { reseatedFrom: [...order.reseatedFrom] } : {}),
    amountMinor: order.amountMinor,
    currency: order.currency,
    checkoutUrl: status === 'awaiting_payment' ? (checkout?.checkoutUrl ?? null) : null,
    payBy: iso(order.payByMs),
    seats: [...order.seatIds],
    tickets: await Promise.all(
      tickets.filter((ticket) => !ticket.voided).map((ticket) => ticketDocument(edge, ticket)),
    ),
  };
};

/** Reads an order as it is now. Null also for another fan's order. */
export const readOrder = async (
  edge: Pick<Edge, 'options' | 'ticketCodes' | 'tickets' | 'payments'>,
  orderId: string,
  fanId: string,
): Promise<OrderDocument | null> => {
  const found = await edge.tickets.findOrder(orderId, fanId);
  if (found === null) return null;
  const checkout =
    found.order.status === 'awaiting_payment' ? await edge.payments.findCheckout(orderId) : null;
  return orderDocument(edge, found.order, found.tickets, checkout);
};
