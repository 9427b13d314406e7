import { z } from 'zod';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { instant, iso, uuid } from '../schemas.ts';

/** Where a browser keeps its pass when a site that is not ours asks for it. */
export const PASS_COOKIE = 'catraca_pass';

/** The value of our cookie in a `Cookie` header; the first counts. */
const passIn = (cookies: string | undefined): string | undefined =>
  cookies
    ?.split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${PASS_COOKIE}=`))
    ?.slice(PASS_COOKIE.length + 1);

/** The room in front of other sites: one question, yes or no (docs/GATE.md). */
export const gateRoutes = (edge: Pick<Edge, 'waitingRoom'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/gate',
    summary: 'May whoever shows this pass come through?',
    description:
      'For nginx `auth_request` and the like: 200 lets through, 403 does not. The pass comes as `Catraca-Pass` or in the cookie `catraca_pass`. A pass that was given back is known as such within a second.',
    tags: ['gate'],
    auth: 'public',
    priority: 'hold',
    quiet: true,
    query: z.object({ event: uuid }),
    headers: z.object({
      'catraca-pass': z.string().max(2_000).optional(),
      cookie: z.string().max(16_000).optional(),
    }),
    responses: {
      200: {
        description: 'Come through. `Catraca-Fan` and `Catraca-Pass-Expires` say the same as headers.',
        schema: z.strictObject({ fanId: uuid, expiresAt: instant }),
      },
    },
    refusals: ['pass_required', 'pass_invalid', 'pass_expired', 'unavailable'],
    handler: async ({ query, headers }) => {
      const pass = headers['catraca-pass'] ?? passIn(headers.cookie);
      if (pass === undefined || pass === '') return refuse('pass_required');
      const holder = await edge.waitingRoom.checkPass(query.event, pass);
      if (isRefusal(holder)) return holder;
      const expiresAt = iso(holder.expiresAtMs);
      return json(
        200,
        { fanId: holder.fanId, expiresAt },
        { headers: { 'Catraca-Fan': holder.fanId, 'Catraca-Pass-Expires': expiresAt } },
      );
    },
  }),
];
