import { z } from 'zod';
import { isAccount } from '../../domain/ids.ts';
import { isRefusal } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, instant, iso, uuid } from '../schemas.ts';
import { joinedSchema } from './line.ts';

type RecoveryEdge = Pick<Edge, 'waitingRoom' | 'tokens' | 'clock' | 'options'>;

/** A guest on another device is the same guest; whoever signs in with an account does so there. */
const signIn = async (edge: RecoveryEdge, fanId: string) => {
  if (isAccount(fanId)) return { token: null, expiresAt: null };
  const lifeMs = edge.options.fanTokenTtlMs;
  const expiresAt = iso(edge.clock.nowMs() + lifeMs);
  return { token: await edge.tokens.issue({ id: fanId, role: 'fan' }, lifeMs), expiresAt };
};

/** A place goes on on another device. */
export const recoveryRoutes = (edge: RecoveryEdge): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/events/:eventId/line/recovery',
    summary: 'Go on with a place on this device',
    description:
      'Whoever has the recovery code becomes the one claimant of the place, once: the answer brings a new code. The device before is told `place_handed_over`. The place of an account is given only to that account. An Idempotency-Key must have at least 16 characters where nobody is signed in.',
    tags: ['line'],
    auth: 'optional',
    priority: 'join',
    idempotent: 'stored',
    params: eventParams,
    body: z.strictObject({ code: z.string().min(1).max(64) }),
    responses: {
      200: {
        description: 'The place, and who has it. `token` is null where the place belongs to an account.',
        schema: joinedSchema.extend({
          fanId: uuid,
          token: z.string().nullable(),
          expiresAt: instant.nullable(),
        }),
      },
    },
    refusals: [
      'not_found',
      'recovery_code_invalid',
      'recovery_code_used',
      'recovery_code_expired',
      'recovery_needs_account',
      'rate_limited',
    ],
    handler: async ({ params, body, caller, newId, address }) => {
      const request = { code: body.code, callerId: caller?.id ?? null, requestId: newId, address };
      const recovered = await edge.waitingRoom.recover(params.eventId, request);
      if (isRefusal(recovered)) return recovered;
      const { created: _, fanId, ...joined } = recovered;
      return json(200, { ...joined, fanId, ...(await signIn(edge, fanId)) }, { note: { fanId } });
    },
  }),
];
