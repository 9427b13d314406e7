import { z } from 'zod';
import { OUTLOOK_TEXTS, type Outlook } from '../../domain/outlook.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { problemOf } from '../problem.ts';
import { defineRoute, type Route } from '../route.ts';
import { accessCode, CODE_REFUSALS } from '../access-codes.ts';
import { becauseSchema, count, eventParams, frameSchema, laneId, sha256Hex, uuid } from '../schemas.ts';

const seconds = z.number().min(0);

const standingSchema = z.strictObject({
  state: z.enum(['waiting', 'called', 'admitted', 'left', 'expired']),
  number: z.int().min(1).meta({ description: 'By the order of calling; until `drawn`, by that of joining.' }),
  lane: laneId.nullable().meta({
    description: 'The lane that `number` and `ahead` count within; null: one line for all, or a bypass.',
  }),
  drawn: z
    .boolean()
    .meta({ description: 'False: joined before the opening, and the order is not drawn yet.' }),
  ahead: count.meta({
    description: 'People in front who have not been called; until `drawn`, everybody else who joined.',
  }),
  eta: z.strictObject({ p10Seconds: seconds, p50Seconds: seconds, p90Seconds: seconds }).nullable().meta({
    description:
      'One in ten waits less than the first, half less than the second, nine in ten less than the third. Null when nothing can honestly be said.',
  }),
  outlook: z
    .strictObject({ code: z.enum(Object.keys(OUTLOOK_TEXTS) as [Outlook, ...Outlook[]]), text: z.string() })
    .nullable()
    .meta({
      description: 'Whether there will be seats when the turn comes; `standby`: only if seats come back.',
    }),
  because: becauseSchema,
});

export const joinedSchema = z.strictObject({
  place: z.string().meta({ description: 'The signed place, to be sent as `Catraca-Place`.' }),
  number: z.int().min(1).meta({ description: 'By position within the lane.' }),
  lane: laneId.nullable(),
  recoveryCode: z.string(),
  receipt: z
    .strictObject({
      index: z.int().min(1),
      fanId: uuid,
      leaf: sha256Hex,
      head: sha256Hex,
      commitment: sha256Hex,
    })
    .nullable()
    .meta({ description: 'Your part in the draw (docs/DRAW.md). Null: joined after the opening.' }),
  frame: frameSchema,
});

const joinBody = z
  .object({
    entropy: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters')
      .optional()
      .meta({
        description: 'Chance of your own for the draw: dice, a line of text. Keep it with the receipt.',
      }),
    code: accessCode.optional(),
    lane: laneId.optional().meta({
      description:
        'A lane that is open to everybody; a place in another is given up for it. Absent: the place you have, or the first open lane.',
    }),
  })
  .optional();

const shared = { tags: ['line'], auth: 'public', quiet: true } as const;

const publicRoutes = (edge: Pick<Edge, 'waitingRoom' | 'passes'>): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId/line',
    summary: 'The frame of the line',
    priority: 'poll',
    params: eventParams,
    cacheable: true,
    responses: { 200: { description: 'The frame.', schema: frameSchema } },
    refusals: ['not_found'],
    handler: async ({ params }) => {
      const frame = await edge.waitingRoom.frame(params.eventId);
      return frame === null ? refuse('not_found') : json(200, frame);
    },
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId/line/stream',
    summary: 'The frames of the line as they come',
    priority: 'poll',
    params: eventParams,
    headers: z.object({
      'catraca-place': z
        .string()
        .max(2_000)
        .optional()
        .meta({ description: 'The place that is watched from here; told when it goes to another device.' }),
    }),
    responses: {
      200: {
        description:
          'Server-sent events; each `data` is a frame. The last one, before the end, is a problem with the code `place_handed_over` where the place of `Catraca-Place` went to another device.',
        contentType: 'text/event-stream',
      },
    },
    refusals: ['not_found', 'overloaded', 'place_invalid'],
    handler: async ({ params, headers, requestId }) => {
      const frame = await edge.waitingRoom.frame(params.eventId);
      if (frame === null) return refuse('not_found');
      const shown = headers['catraca-place'];
      const place = shown === undefined ? null : edge.passes.readPlace(shown);
      if (shown !== undefined && place?.eventId !== params.eventId) return refuse('place_invalid');
      return {
        kind: 'stream',
        subscribe(stream) {
          stream.send(frame);
          const unwatch = edge.waitingRoom.watchFrame(params.eventId, (next) => stream.send(next));
          if (shown === undefined || place === null) return unwatch;
          const forget = edge.waitingRoom.watchHandOver(params.eventId, place.fanId, shown, () => {
            unwatch();
            stream.send(problemOf(refuse('place_handed_over'), requestId));
            stream.end();
          });
          return () => {
            unwatch();
            forget();
          };
        },
      };
    },
  }),
];

const fanRoutes = (edge: Pick<Edge, 'waitingRoom'>): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/events/:eventId/line',
    summary: 'Join the line',
    tags: ['line'],
    auth: 'fan',
    idempotent: 'stored',
    quiet: true,
    priority: 'join',
    params: eventParams,
    body: joinBody,
    headers: z.object({
      'catraca-proof': z
        .string()
        .max(4_000)
        .optional()
        .meta({ description: 'The solved puzzle, where one is required (`…/line/puzzle`).' }),
      'catraca-place': z
        .string()
        .max(2_000)
        .optional()
        .meta({ description: 'The place you have: needed once it was handed over to this device.' }),
    }),
    responses: {
      201: { description: 'A new place.', schema: joinedSchema },
      200: { description: 'The place this fan had before.', schema: joinedSchema },
    },
    refusals: [
      'not_found',
      'line_closed',
      'place_handed_over',
      'lane_unknown',
      ...CODE_REFUSALS,
      'proof_required',
      'proof_invalid',
      'rate_limited',
    ],
    handler: async ({ params, headers, body, caller, address, requestId }) => {
      const arrival = { address, proof: headers['catraca-proof'] ?? null };
      const joined = await edge.waitingRoom.join(params.eventId, caller.id, arrival, {
        entropy: body?.entropy,
        laneId: body?.lane,
        place: headers['catraca-place'],
        code: body?.code,
        requestId,
      });
      if (isRefusal(joined)) return joined;
      const { created, ...answer } = joined;
      return json(created ? 201 : 200, answer);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/events/:eventId/line/me',
    summary: 'Where I stand',
    tags: ['line'],
    auth: 'fan',
    quiet: true,
    priority: 'poll',
    params: eventParams,
    headers: z.object({ 'catraca-place': z.string().max(2_000).optional() }),
    responses: { 200: { description: 'My standing.', schema: standingSchema } },
    refusals: ['not_found', 'place_invalid', 'place_handed_over'],
    handler: async ({ params, headers, caller }) => {
      const place = headers['catraca-place'];
      if (place === undefined) return refuse('place_invalid', { detail: 'Send the header Catraca-Place.' });
      const standing = await edge.waitingRoom.standing(params.eventId, caller.id, place);
      if (isRefusal(standing)) return standing;
      const { state, number, lane, drawn, ahead, eta, outlook, because } = standing;
      const told = outlook === null ? null : { code: outlook, text: OUTLOOK_TEXTS[outlook] };
      return json(200, { state, number, lane, drawn, ahead, eta, outlook: told, because });
    },
  }),
];

/** The line: the frame for everybody, the place for its owner. */
export const lineRoutes = (edge: Pick<Edge, 'waitingRoom' | 'passes'>): readonly Route[] => [
  ...publicRoutes(edge),
  ...fanRoutes(edge),
];
