import type { z } from 'zod';
import type { Order } from '../domain/order.ts';
import { instant, iso, orderSchema } from './schemas.ts';

/** A line of a fan's list of orders. */
export const orderSummarySchema = orderSchema
  .pick({
    orderId: true,
    eventId: true,
    status: true,
    reason: true,
    ending: true,
    amountMinor: true,
    currency: true,
    seats: true,
  })
  .extend({ placedAt: instant })
  .meta({ id: 'OrderSummary' });

/** What is stored of an order: whether its money is authorised meanwhile only the order itself tells. */
export const orderSummary = (order: Order): z.output<typeof orderSummarySchema> => ({
  orderId: order.orderId,
  eventId: order.eventId,
  status: order.status,
  ...(order.reason === null ? {} : { reason: order.reason }),
  ...(order.ending ? { ending: order.ending } : {}),
  amountMinor: order.amountMinor,
  currency: order.currency,
  seats: [...order.seatIds],
  placedAt: iso(order.createdAtMs),
});
