import { z } from 'zod';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { lanesSchema } from '../event-definition.ts';
import { defineRoute, type Route } from '../route.ts';
import { count, eventParams, laneSchema, uuid } from '../schemas.ts';

/** The lanes of a line, as operators set them. */
export const operatorLaneRoutes = (edge: Pick<Edge, 'operators'>): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/operator/events/:eventId/lanes',
    summary: 'Set the lanes of a line and their shares',
    description:
      'All lanes, in their order; new ones go at the end. In force within one second on every node, in the audit with old and new.',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: z.strictObject({ lanes: lanesSchema }),
    responses: {
      200: {
        description: 'The lanes as they are now.',
        schema: z.strictObject({ eventId: uuid, lanes: z.array(laneSchema), version: count }),
      },
    },
    refusals: ['not_found', 'lanes_fixed'],
    handler: async ({ params, body, caller, requestId }) => {
      const event = await edge.operators.setLanes(params.eventId, body.lanes, { caller, requestId });
      if (event === null) return refuse('not_found');
      if (isRefusal(event)) return event;
      const lanes = (event.lanes ?? []).map((lane) => ({ ...lane }));
      return json(200, { eventId: event.eventId, lanes, version: event.admission.version });
    },
  }),
];
