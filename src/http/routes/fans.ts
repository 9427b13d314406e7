import { z } from 'zod';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { instant, iso, noBody, uuid } from '../schemas.ts';

/** Guests: who has no account anywhere still needs to be somebody here. */
export const fanRoutes = (edge: Pick<Edge, 'tokens' | 'clock' | 'options'>): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/fans',
    summary: 'Sign in as a guest',
    description:
      'The token is the guest: whoever has it is the fan. An Idempotency-Key must have at least 16 characters here.',
    tags: ['fans'],
    auth: 'public',
    priority: 'join',
    idempotent: 'stored',
    body: noBody,
    responses: {
      201: {
        description: 'A new fan.',
        schema: z.strictObject({ fanId: uuid, token: z.string(), expiresAt: instant }),
      },
    },
    handler: async ({ newId }) => {
      const lifeMs = edge.options.fanTokenTtlMs;
      const expiresAt = iso(edge.clock.nowMs() + lifeMs);
      const token = await edge.tokens.issue({ id: newId, role: 'fan' }, lifeMs);
      return json(201, { fanId: newId, token, expiresAt }, { note: { fanId: newId } });
    },
  }),
];
