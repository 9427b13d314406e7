import { z } from 'zod';
import { isRefusal } from '../../domain/refusal.ts';
import { empty, json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, instant, iso } from '../schemas.ts';

const passSchema = z.strictObject({
  pass: z.string().meta({ description: 'To be sent as `Catraca-Pass` with every hold.' }),
  expiresAt: instant,
});

/** A called place becomes a pass, and a pass can be given back. */
export const admissionRoutes = (edge: Pick<Edge, 'waitingRoom'>): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/events/:eventId/admission',
    summary: 'Come in',
    tags: ['admission'],
    auth: 'fan',
    priority: 'hold',
    idempotent: 'stored',
    quiet: true,
    params: eventParams,
    body: z.object({ place: z.string().min(1).max(2_000) }),
    responses: {
      201: { description: 'A pass.', schema: passSchema },
      200: { description: 'The pass this place was redeemed for before.', schema: passSchema },
    },
    refusals: [
      'not_found',
      'not_called',
      'admission_paused',
      'place_invalid',
      'place_handed_over',
      'pass_expired',
      'line_closed',
    ],
    handler: async ({ params, body, caller }) => {
      const redeemed = await edge.waitingRoom.redeem(params.eventId, caller.id, body.place);
      if (isRefusal(redeemed)) return redeemed;
      return json(redeemed.created ? 201 : 200, {
        pass: redeemed.pass,
        expiresAt: iso(redeemed.expiresAtMs),
      });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/events/:eventId/admission',
    summary: 'Leave, so that the next may come in',
    tags: ['admission'],
    auth: 'fan',
    priority: 'release',
    params: eventParams,
    responses: { 204: { description: 'Left. Doing it twice is fine.' } },
    handler: async ({ params, caller }) => {
      await edge.waitingRoom.leave(params.eventId, caller.id);
      return empty;
    },
  }),
];
