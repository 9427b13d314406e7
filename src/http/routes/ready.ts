import { z } from 'zod';
import { isRefusal, REFUSALS, type RefusalCode } from '../../domain/refusal.ts';
import { accessCode, CODE_REFUSALS } from '../access-codes.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, laneId } from '../schemas.ts';

const readySchema = z
  .strictObject({
    ready: z.boolean(),
    lane: laneId
      .nullable()
      .meta({ description: 'Where you would stand; null: one line for all, or nowhere yet.' }),
    bypass: z.boolean().meta({ description: 'You would go past the line.' }),
    checks: z.array(
      z.strictObject({
        check: z.enum(['sign_in', 'sale', 'access', 'door']),
        ok: z.boolean(),
        code: z
          .enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]])
          .nullable()
          .meta({
            description: 'What stands in the way, or, where it is `ok`, what the join will still ask for.',
          }),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Readiness', description: 'What a join of yours would meet now.' });

const shared = {
  path: '/v1/events/:eventId/line/ready',
  tags: ['line'],
  auth: 'fan',
  quiet: true,
  priority: 'join',
  params: eventParams,
  responses: { 200: { description: 'Each check, and whether all are met.', schema: readySchema } },
} as const;

/** The ready check: what could fail after the wait is told before it. */
export const readyRoutes = (edge: Pick<Edge, 'waitingRoom'>): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'get',
    summary: 'Whether I am ready to join',
    refusals: ['not_found'],
    handler: async ({ params, caller, address }) => {
      const arrival = { address, proof: null };
      const report = await edge.waitingRoom.ready(params.eventId, caller.id, arrival);
      return isRefusal(report) ? report : json(200, { ...report, checks: [...report.checks] });
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    summary: 'Bring my access code before the opening',
    description:
      'The code is redeemed and so reserved for you; joining needs no code any more. Refused: why, at once.',
    body: z.strictObject({ code: accessCode.optional(), lane: laneId.optional() }),
    refusals: ['not_found', 'lane_unknown', ...CODE_REFUSALS],
    handler: async ({ params, body, caller, address }) => {
      const arrival = { address, proof: null };
      const wish = { code: body.code, laneId: body.lane };
      const report = await edge.waitingRoom.ready(params.eventId, caller.id, arrival, wish);
      return isRefusal(report) ? report : json(200, { ...report, checks: [...report.checks] });
    },
  }),
];
