import { z } from 'zod';
import { drawDocumentOf } from '../../domain/draw-proof.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import { drawSchema } from '../draw-schema.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, laneId, sha256Hex } from '../schemas.ts';

const LEAVES_MAX = 5_000;

const shared = {
  tags: ['line'],
  auth: 'public',
  quiet: true,
  priority: 'poll',
} as const;

type DrawEdge = Pick<Edge, 'waitingRoom'>;

const drawAnswer = async ({ waitingRoom }: DrawEdge, eventId: string, lane?: string) => {
  const draw = await waitingRoom.draw(eventId, lane);
  if (draw === null) return refuse('not_found');
  const frame = await waitingRoom.frame(eventId);
  const joined = frame?.lanes?.find(({ id }) => id === lane)?.joined ?? frame?.joined ?? 0;
  return json(200, drawDocumentOf(draw, joined));
};

const leavesQuery = z.object({
  from: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(LEAVES_MAX).default(LEAVES_MAX),
});

const leavesSchema = z.strictObject({
  from: z.int().min(1),
  leaves: z.array(sha256Hex),
  next: z.int().nullable().meta({ description: 'Where to go on; null: these were the last.' }),
});

const leavesAnswer = async (
  { waitingRoom }: DrawEdge,
  eventId: string,
  { from, limit }: z.output<typeof leavesQuery>,
  lane?: string,
) => {
  const part = await waitingRoom.drawLeaves(eventId, from, limit, lane);
  if (isRefusal(part)) return part;
  const next = from + part.leaves.length;
  return json(200, { from, leaves: [...part.leaves], next: next <= part.entrants ? next : null });
};

const laneParams = eventParams.extend({ laneId });

/** The draw: what is needed to recompute the order of the line, or of one of its lanes. */
export const drawRoutes = (edge: DrawEdge): readonly Route[] => [
  defineRoute({
    ...shared,
    params: eventParams,
    method: 'get',
    path: '/v1/events/:eventId/draw',
    summary: 'How the order of the line is decided',
    description:
      'With this and a receipt anybody recomputes a place: `npx catraca verify-draw URL`. With lanes: of the first.',
    cacheable: true,
    responses: { 200: { description: 'The draw.', schema: drawSchema } },
    refusals: ['not_found'],
    handler: ({ params }) => drawAnswer(edge, params.eventId),
  }),
  defineRoute({
    ...shared,
    params: eventParams,
    method: 'get',
    path: '/v1/events/:eventId/draw/leaves',
    summary: 'What each entrant added to the chain',
    query: leavesQuery,
    cacheable: true,
    responses: { 200: { description: 'The leaves of the entries from `from` on.', schema: leavesSchema } },
    refusals: ['not_found', 'draw_not_sealed'],
    handler: ({ params, query }) => leavesAnswer(edge, params.eventId, query),
  }),
  defineRoute({
    ...shared,
    params: laneParams,
    method: 'get',
    path: '/v1/events/:eventId/lanes/:laneId/draw',
    summary: 'How the order of a lane is decided',
    description: 'As `…/draw`; `eventId` is the id of the lane’s draw, which is what went into its chain.',
    cacheable: true,
    responses: { 200: { description: 'The draw.', schema: drawSchema } },
    refusals: ['not_found'],
    handler: ({ params }) => drawAnswer(edge, params.eventId, params.laneId),
  }),
  defineRoute({
    ...shared,
    params: laneParams,
    method: 'get',
    path: '/v1/events/:eventId/lanes/:laneId/draw/leaves',
    summary: 'What each entrant added to the chain of a lane',
    query: leavesQuery,
    cacheable: true,
    responses: { 200: { description: 'The leaves of the entries from `from` on.', schema: leavesSchema } },
    refusals: ['not_found', 'draw_not_sealed'],
    handler: ({ params, query }) => leavesAnswer(edge, params.eventId, query, params.laneId),
  }),
];
