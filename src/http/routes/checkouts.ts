import { z } from 'zod';
import { ORDER_ENDINGS, ORDER_REASONS, type Order } from '../../domain/order.ts';
import type { PaymentService } from '../../domain/ports/services.ts';
import { refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import { defineRoute, type Route } from '../route.ts';
import { amountMinor, count, currency, orderSchema, seatId, sectionId, uuid } from '../schemas.ts';

/** An order as our processes tell each other of it. */
const toldOrder = z.strictObject({
  orderId: uuid,
  eventId: uuid,
  fanId: uuid,
  status: orderSchema.shape.status,
  reason: z.enum(ORDER_REASONS).nullable(),
  ending: z.enum(ORDER_ENDINGS).nullish(),
  reseatedFrom: z.array(seatId).nullish(),
  holdIds: z.array(uuid),
  seatIds: z.array(seatId),
  sectionIds: z.array(sectionId),
  amountMinor,
  currency,
  attemptId: uuid,
  payByMs: count,
  createdAtMs: count,
});

const checkout = z.strictObject({
  orderId: uuid,
  checkoutUrl: z.string().nullable(),
  authorised: z.boolean(),
  returned: z.boolean(),
});

const params = z.object({ orderId: uuid });
const shared = { tags: ['internal'], auth: 'service', priority: 'pay', quiet: true } as const;

/** What the ticket service asks of the payment service where they are processes of their own. */
export const checkoutRoutes = (edge: { readonly payments: PaymentService }): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'post',
    path: '/internal/checkouts',
    summary: 'Open the checkout of an order, or find it',
    body: z.strictObject({ order: toldOrder, description: z.string().max(500) }),
    responses: { 200: { description: 'Where its money stands.', schema: checkout } },
    handler: async ({ body }) =>
      json(200, await edge.payments.openCheckout(body.order as Order, body.description)),
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/internal/checkouts/:orderId',
    summary: 'Where the money of an order stands',
    params,
    responses: { 200: { description: 'There.', schema: checkout } },
    refusals: ['not_found'],
    handler: async ({ params: { orderId } }) => {
      const found = await edge.payments.findCheckout(orderId);
      return found === null ? refuse('not_found') : json(200, found);
    },
  }),
  defineRoute({
    ...shared,
    method: 'delete',
    path: '/internal/checkouts/:orderId',
    summary: 'Cancel the payment of an order',
    params,
    responses: {
      200: {
        description: 'What became of it.',
        schema: z.strictObject({ outcome: z.enum(['cancelled', 'too_late', 'unknown', 'not_found']) }),
      },
    },
    handler: async ({ params: { orderId } }) => json(200, { outcome: await edge.payments.cancel(orderId) }),
  }),
];
