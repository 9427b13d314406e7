import { z } from 'zod';
import { refuse } from '../../domain/refusal.ts';
import { empty, json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { count } from '../schemas.ts';

const actorSchema = z
  .strictObject({
    path: z.string(),
    kind: z.string(),
    mailbox: count,
    mailboxLimit: count,
    restarts: count,
    state: z.enum(['starting', 'running', 'backing_off', 'closed', 'stopped']),
  })
  .meta({ id: 'Actor' });

/** In a URL the path has no slash in front, whichever way the tree writes it. */
const bare = (path: string): string => path.replace(/^\/+/, '');

/** The characters of actors' names (see the kit), and the slashes between them. */
const PATH = /^[A-Za-z0-9$_.+!*'(),/-]{1,300}$/;

/** The actor tree of this node. */
export const operatorActorRoutes = (edge: Pick<Edge, 'operators' | 'options'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/actors',
    summary: 'The actor tree of this node',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    responses: {
      200: { description: 'The tree.', schema: z.strictObject({ actors: z.array(actorSchema) }) },
    },
    handler: () => json(200, { actors: edge.operators.actors() }),
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/operator/actors/*path',
    summary: 'Kill an actor',
    description: 'Its supervisor brings it back. Only where the server runs with CHAOS=1.',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: z.object({ path: z.string().regex(PATH) }),
    responses: { 204: { description: 'Killed.' } },
    refusals: ['not_found', 'forbidden'],
    handler: async ({ params, caller, requestId }) => {
      if (!edge.options.chaos) return refuse('forbidden', { detail: 'This server runs without CHAOS=1.' });
      const actor = edge.operators.actors().find((one) => bare(one.path) === bare(params.path));
      if (actor === undefined) return refuse('not_found');
      const killed = await edge.operators.killActor(actor.path, { caller, requestId });
      return killed ? empty : refuse('not_found');
    },
  }),
];
