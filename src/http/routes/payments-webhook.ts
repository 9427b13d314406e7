import { z } from 'zod';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';

/** A gateway's event carries the whole intent; ours are a few KiB. */
const WEBHOOK_LIMIT_BYTES = 256 * 1024;

/** Callbacks of the payment gateway. The signature covers the bytes as they came, so nothing parses them before it. */
export const paymentWebhookRoutes = (edge: Pick<Edge, 'payments'>): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/payments/webhooks/stripe',
    summary: 'An event of the gateway',
    description:
      'Signed as Stripe signs. Answers 2xx once the event is counted; anything else asks for it again.',
    tags: ['payments'],
    auth: 'signed',
    priority: 'commit',
    bodyLimitBytes: WEBHOOK_LIMIT_BYTES,
    headers: z.object({ 'stripe-signature': z.string().max(4_000).optional() }),
    body: z.custom<Buffer>(),
    responses: {
      200: {
        description: 'Counted, now or before, or not of interest.',
        schema: z.strictObject({
          received: z.literal(true),
          outcome: z.enum(['accepted', 'duplicate', 'ignored']),
        }),
      },
    },
    refusals: ['signature_invalid', 'unavailable'],
    handler: async ({ headers, body }) => {
      const signature = headers['stripe-signature'];
      if (signature === undefined) return refuse('signature_invalid');
      const outcome = await edge.payments.receiveWebhook(body, signature);
      return isRefusal(outcome) ? outcome : json(200, { received: true, outcome }, { note: { outcome } });
    },
  }),
];
