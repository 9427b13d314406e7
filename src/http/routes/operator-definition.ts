import type { z } from 'zod';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import {
  changeOf,
  definitionDocument,
  eventChangeSchema,
  eventDefinitionSchema,
} from '../event-definition.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams } from '../schemas.ts';

type Definition = z.output<typeof eventDefinitionSchema>;

/** An event's definition as it stands: read in the form that creates one, and changed as far as it may be. */
export const operatorDefinitionRoutes = (edge: Pick<Edge, 'operators' | 'options'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/events/:eventId/definition',
    summary: 'The definition of an event, as it stands',
    description: 'In the form that `POST /v1/operator/events` takes: an export.',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    params: eventParams,
    responses: { 200: { description: 'The definition.', schema: eventDefinitionSchema } },
    refusals: ['not_found'],
    handler: async ({ params }) => {
      const event = await edge.operators.findEvent(params.eventId);
      return event === null ? refuse('not_found') : json(200, definitionDocument(event) satisfies Definition);
    },
  }),
  defineRoute({
    method: 'patch',
    path: '/v1/operator/events/:eventId',
    summary: 'Change an event',
    description:
      'Names, limits and prices at any time, the opening until it has come; a price holds for new holds. Sections and seats stay.',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: eventChangeSchema,
    bodyLimitBytes: edge.options.definitionLimitBytes,
    responses: { 200: { description: 'The definition as it is now.', schema: eventDefinitionSchema } },
    refusals: ['not_found', 'event_opened'],
    handler: async ({ params, body, caller, requestId }) => {
      const event = await edge.operators.editEvent(params.eventId, changeOf(body), { caller, requestId });
      if (event === null) return refuse('not_found');
      return isRefusal(event) ? event : json(200, definitionDocument(event) satisfies Definition);
    },
  }),
];
