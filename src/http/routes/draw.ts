import { z } from 'zod';
import { drawDocumentOf } from '../../domain/draw-proof.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import { drawSchema } from '../draw-schema.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, sha256Hex } from '../schemas.ts';

const LEAVES_MAX = 5_000;

const shared = {
  tags: ['line'],
  auth: 'public',
  quiet: true,
  priority: 'poll',
  params: eventParams,
} as const;

/** The draw: what is needed to recompute the order of the line. */
export const drawRoutes = (edge: Pick<Edge, 'waitingRoom'>): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId/draw',
    summary: 'How the order of the line is decided',
    description: 'With this and a receipt anybody recomputes a place: `npx catraca verify-draw URL`.',
    cacheable: true,
    responses: { 200: { description: 'The draw.', schema: drawSchema } },
    refusals: ['not_found'],
    handler: async ({ params }) => {
      const draw = await edge.waitingRoom.draw(params.eventId);
      if (draw === null) return refuse('not_found');
      const frame = await edge.waitingRoom.frame(params.eventId);
      return json(200, drawDocumentOf(draw, frame?.joined ?? 0));
    },
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId/draw/leaves',
    summary: 'What each entrant added to the chain',
    query: z.object({
      from: z.coerce.number().int().min(1).default(1),
      limit: z.coerce.number().int().min(1).max(LEAVES_MAX).default(LEAVES_MAX),
    }),
    cacheable: true,
    responses: {
      200: {
        description: 'The leaves of the entries from `from` on.',
        schema: z.strictObject({
          from: z.int().min(1),
          leaves: z.array(sha256Hex),
          next: z.int().nullable().meta({ description: 'Where to go on; null: these were the last.' }),
        }),
      },
    },
    refusals: ['not_found', 'draw_not_sealed'],
    handler: async ({ params, query: { from, limit } }) => {
      const part = await edge.waitingRoom.drawLeaves(params.eventId, from, limit);
      if (isRefusal(part)) return part;
      const next = from + part.leaves.length;
      return json(200, { from, leaves: part.leaves, next: next <= part.entrants ? next : null });
    },
  }),
];
