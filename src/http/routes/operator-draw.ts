import { z } from 'zod';
import { drawDocumentOf } from '../../domain/draw-proof.ts';
import { isRefusal } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import { drawSchema } from '../draw-schema.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams } from '../schemas.ts';

/** What operators do for a draw: say what the public randomness was. Nothing else of it is theirs to say. */
export const operatorDrawRoutes = (edge: Pick<Edge, 'operators'>): readonly Route[] => [
  defineRoute({
    tags: ['operators'],
    method: 'post',
    path: '/v1/operator/events/:eventId/draw/beacon',
    summary: 'Say what the public randomness of the draw is',
    description: 'Once, after the opening. The draw takes place with it; the same again changes nothing.',
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: z.strictObject({ value: z.string().regex(/^[\x20-\x7e]{1,1000}$/, 'must be printable ASCII') }),
    responses: { 200: { description: 'The draw as it is now.', schema: drawSchema } },
    refusals: ['not_found', 'draw_not_sealed', 'beacon_not_used', 'beacon_set'],
    handler: async ({ params, body, caller, requestId }) => {
      const draw = await edge.operators.setBeacon(params.eventId, body.value, { caller, requestId });
      return isRefusal(draw) ? draw : json(200, drawDocumentOf(draw, 0));
    },
  }),
];
