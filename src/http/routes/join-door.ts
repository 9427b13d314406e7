import { z } from 'zod';
import { APPEAL_DECISIONS, type Appeal } from '../../domain/appeal.ts';
import { PROOF_REASONS } from '../../domain/join-proof.ts';
import { refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, instant, iso, limitQuery, uuid } from '../schemas.ts';

const MESSAGE = z.string().trim().min(1).max(2_000);

const appealSchema = z
  .strictObject({
    appealId: uuid,
    eventId: uuid,
    fanId: uuid,
    message: z.string(),
    filedAt: instant,
    resolution: z
      .strictObject({ decision: z.enum(APPEAL_DECISIONS), note: z.string(), by: z.string(), at: instant })
      .nullable(),
  })
  .meta({ id: 'Appeal', description: 'Why a person should let somebody into a line.' });

const documentOf = (appeal: Appeal): z.output<typeof appealSchema> => ({
  appealId: appeal.appealId,
  eventId: appeal.eventId,
  fanId: appeal.fanId,
  message: appeal.message,
  filedAt: iso(appeal.filedAtMs),
  resolution:
    appeal.resolution === null
      ? null
      : {
          decision: appeal.resolution.decision,
          note: appeal.resolution.note,
          by: appeal.resolution.by,
          at: iso(appeal.resolution.atMs),
        },
});

/** The fan need not know who of the house decided. */
const forFan = (appeal: Appeal): z.output<typeof appealSchema> => {
  const document = documentOf(appeal);
  return document.resolution === null
    ? document
    : { ...document, resolution: { ...document.resolution, by: 'operator' } };
};

type DoorEdge = Pick<Edge, 'joinDoor'>;

const fanRoutes = (edge: DoorEdge): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/events/:eventId/line/puzzle',
    summary: 'What a join of mine must bring at present',
    tags: ['line'],
    auth: 'fan',
    quiet: true,
    priority: 'join',
    params: eventParams,
    responses: {
      200: {
        description:
          'An ALTCHA challenge (version 2, SHA-256) for this fan and line alone; base64 of `{challenge, solution}` goes into `Catraca-Proof`.',
        schema: z.strictObject({
          required: z.boolean(),
          puzzle: z.record(z.string(), z.unknown()).nullable(),
          hashes: z.int().min(0).meta({ description: 'The work that is expected of the solver.' }),
          reasons: z.array(z.enum(PROOF_REASONS)),
          expiresAt: instant,
        }),
      },
    },
    refusals: ['not_found'],
    handler: async ({ params, caller, address }) => {
      const set = await edge.joinDoor.puzzle(params.eventId, caller.id, address);
      if (set === null) return refuse('not_found');
      const { puzzle, demand, expiresAtMs } = set;
      return json(200, {
        required: puzzle !== null,
        puzzle,
        hashes: demand.hashes,
        reasons: demand.reasons,
        expiresAt: iso(expiresAtMs),
      });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/events/:eventId/line/appeals',
    summary: 'Ask a person to be let into the line',
    tags: ['line'],
    auth: 'fan',
    idempotent: 'stored',
    priority: 'join',
    params: eventParams,
    body: z.strictObject({ message: MESSAGE }),
    responses: {
      201: { description: 'Filed.', schema: appealSchema },
      200: { description: 'The appeal that this fan has filed before.', schema: appealSchema },
    },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, newId }) => {
      const filed = await edge.joinDoor.fileAppeal(newId, params.eventId, caller.id, body.message);
      return filed === null ? refuse('not_found') : json(filed.created ? 201 : 200, forFan(filed.appeal));
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/events/:eventId/line/appeals/mine',
    summary: 'What became of my appeal',
    tags: ['line'],
    auth: 'fan',
    priority: 'poll',
    params: eventParams,
    responses: { 200: { description: 'The appeal.', schema: appealSchema } },
    refusals: ['not_found'],
    handler: async ({ params, caller }) => {
      const appeal = await edge.joinDoor.appealOf(params.eventId, caller.id);
      return appeal === null ? refuse('not_found') : json(200, forFan(appeal));
    },
  }),
];

const operatorRoutes = (edge: DoorEdge): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/events/:eventId/appeals',
    summary: 'Fans who ask to be let into the line',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    params: eventParams,
    query: limitQuery.extend({ state: z.enum(['open', 'all']).default('open') }),
    responses: {
      200: { description: 'Oldest first.', schema: z.strictObject({ appeals: z.array(appealSchema) }) },
    },
    refusals: ['not_found'],
    handler: async ({ params, query }) => {
      const appeals = await edge.joinDoor.appeals(params.eventId, query.state, query.limit);
      return appeals === null ? refuse('not_found') : json(200, { appeals: appeals.map(documentOf) });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/operator/appeals/:appealId/resolution',
    summary: 'Decide an appeal',
    description:
      'Granted: the fan joins without proof of work and beyond the limit of an address. The newest decision stands.',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: z.object({ appealId: uuid }),
    body: z.strictObject({ decision: z.enum(APPEAL_DECISIONS), note: MESSAGE }),
    responses: { 200: { description: 'Decided.', schema: appealSchema } },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const by = { caller, requestId };
      const appeal = await edge.joinDoor.decideAppeal(params.appealId, body.decision, body.note, by);
      return appeal === null ? refuse('not_found') : json(200, documentOf(appeal));
    },
  }),
];

/** What stands before a place in the line: puzzles and appeals. */
export const joinDoorRoutes = (edge: DoorEdge): readonly Route[] => [
  ...fanRoutes(edge),
  ...operatorRoutes(edge),
];
