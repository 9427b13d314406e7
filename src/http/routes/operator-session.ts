import { z } from 'zod';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';

/** Who is asking, and what this server lets them do: so that a console offers nothing that would be refused. */
export const operatorSessionRoutes = (edge: Pick<Edge, 'options'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/session',
    summary: 'Who the token names, and what this server allows',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    responses: {
      200: {
        description: 'The caller.',
        schema: z
          .strictObject({
            id: z.string(),
            role: z.enum(['operator', 'viewer']),
            chaos: z.boolean().meta({ description: 'Actors may be killed here.' }),
          })
          .meta({ id: 'OperatorSession' }),
      },
    },
    handler: ({ caller }) => json(200, { id: caller.id, role: caller.role, chaos: edge.options.chaos }),
  }),
];
