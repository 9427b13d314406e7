import { z } from 'zod';
import { isSettled } from '../../domain/order.ts';
import type { Order } from '../../domain/order.ts';
import type { CheckoutView } from '../../domain/ports/services.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json, type AnswerOrRefusal } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { orderDocument, readOrder, type OrderDocument } from '../order-view.ts';
import { defineRoute, type Route } from '../route.ts';
import { orderSummary, orderSummarySchema } from '../order-summary.ts';
import { limitQuery, noBody, orderSchema, uuid } from '../schemas.ts';
import { settledOrder, streamOrder } from '../order-watch.ts';

const MAX_HOLDS_AN_ORDER = 50;

const orderParams = z.object({ orderId: uuid });

/**
 * The order stands, whatever the gateway does now: a checkout that cannot be opened yet is null here and comes with a later
 * GET, because the payment service opens it again by itself.
 */
const openCheckout = async (
  edge: Pick<Edge, 'payments' | 'tickets' | 'log'>,
  order: Order,
): Promise<CheckoutView | null> => {
  try {
    const event = (await edge.tickets.findEvent(order.eventId))?.event;
    const description = `${event?.name ?? 'Tickets'}: ${order.seatIds.join(', ')}`.slice(0, 500);
    return await edge.payments.openCheckout(order, description);
  } catch (error) {
    edge.log.warn({ err: error, orderId: order.orderId }, 'the checkout of an order is not open yet');
    return null;
  }
};

/** The gateway decides first: only when it can never be paid any more is an order cancelled. */
const cancelOrder = async (edge: Edge, order: OrderDocument, fanId: string): Promise<AnswerOrRefusal> => {
  const { orderId } = order;
  if (isSettled(order.status)) {
    const endedWithoutMoney = order.status === 'failed' || order.status === 'expired';
    return endedWithoutMoney ? json(200, order) : refuse('order_not_cancellable');
  }
  const outcome = await edge.payments.cancel(orderId);
  if (outcome === 'too_late') return refuse('order_not_cancellable');
  if (outcome === 'not_found') {
    return refuse('unavailable', { detail: 'The payment of this order has not begun yet; try again.' });
  }
  const waitMs = outcome === 'cancelled' ? edge.options.cancelWaitMs : 0;
  const settled = await settledOrder(edge, orderId, fanId, waitMs);
  if (settled === null) return refuse('not_found');
  return json(isSettled(settled.status) ? 200 : 202, settled);
};

const placing = (edge: Edge): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/orders',
    summary: 'Order what is held',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    idempotent: 'stored',
    body: z.object({
      holdIds: z
        .array(uuid)
        .min(1)
        .max(MAX_HOLDS_AN_ORDER)
        .refine((ids) => new Set(ids).size === ids.length, 'must differ from each other'),
    }),
    responses: { 201: { description: 'Pay at `checkoutUrl` until `payBy`.', schema: orderSchema } },
    refusals: [
      'not_found',
      'hold_expired',
      'hold_not_active',
      'mixed_holds',
      'event_not_open',
      'unavailable',
    ],
    handler: async ({ body, caller, newId, fingerprint }) => {
      const order = await edge.tickets.placeOrder({
        orderId: newId,
        fanId: caller.id,
        holdIds: body.holdIds,
        fingerprint,
      });
      if (isRefusal(order)) return order;
      const checkout = await openCheckout(edge, order);
      return json(201, await orderDocument(edge, order, [], checkout), { note: { orderId: order.orderId } });
    },
  });

const listing = (edge: Pick<Edge, 'tickets'>): Route =>
  defineRoute({
    method: 'get',
    path: '/v1/orders',
    summary: 'My orders',
    description:
      'Of all events, newest first, as they are stored: ask for one to see its tickets or its checkout.',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    query: limitQuery,
    responses: {
      200: {
        description: 'The orders.',
        schema: z.strictObject({ orders: z.array(orderSummarySchema) }),
      },
    },
    handler: async ({ query, caller }) => {
      const orders = await edge.tickets.ordersOf(caller.id, query.limit);
      return json(200, { orders: orders.map(orderSummary) });
    },
  });

const givingBack = (edge: Edge): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/orders/:orderId/refund',
    summary: 'Give a confirmed order back',
    description:
      'For the whole money, while the event allows it (`refundsUntil`): its tickets are void and its seats free at once, the money ' +
      'is on its way. Asked for again it answers the same and does nothing more.',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    params: orderParams,
    body: noBody,
    responses: { 200: { description: 'The order as it is now.', schema: orderSchema } },
    refusals: ['not_found', 'order_not_refundable', 'unavailable'],
    handler: async ({ params, caller, requestId }) => {
      const order = await edge.tickets.giveBack({ orderId: params.orderId, fanId: caller.id, requestId });
      return isRefusal(order) ? order : json(200, await orderDocument(edge, order, [], null));
    },
  });

/** Orders: from what is held to tickets. Whoever knows only an id gets nothing. */
export const orderRoutes = (edge: Edge): readonly Route[] => [
  placing(edge),
  listing(edge),
  givingBack(edge),
  defineRoute({
    method: 'get',
    path: '/v1/orders/:orderId',
    summary: 'An order of mine',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    quiet: true,
    params: orderParams,
    responses: { 200: { description: 'The order as it is now.', schema: orderSchema } },
    refusals: ['not_found'],
    handler: async ({ params, caller }) => {
      const order = await readOrder(edge, params.orderId, caller.id);
      return order === null ? refuse('not_found') : json(200, order);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/orders/:orderId/stream',
    summary: 'An order of mine as it changes',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    params: orderParams,
    responses: {
      200: {
        description: 'Server-sent events; each `data` is the order. Ends when the order is settled.',
        contentType: 'text/event-stream',
      },
    },
    refusals: ['not_found', 'overloaded'],
    handler: async ({ params, caller }) => {
      const order = await readOrder(edge, params.orderId, caller.id);
      if (order === null) return refuse('not_found');
      return { kind: 'stream', subscribe: streamOrder(edge, order, caller.id) };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/orders/:orderId',
    summary: 'Cancel before payment',
    tags: ['orders'],
    auth: 'fan',
    priority: 'pay',
    params: orderParams,
    responses: {
      200: { description: 'Ended; the seats are free.', schema: orderSchema },
      202: { description: 'Being cancelled; look again.', schema: orderSchema },
    },
    refusals: ['not_found', 'order_not_cancellable', 'unavailable'],
    handler: async ({ params, caller }) => {
      const order = await readOrder(edge, params.orderId, caller.id);
      return order === null ? refuse('not_found') : cancelOrder(edge, order, caller.id);
    },
  }),
];
