import { z } from 'zod';
import type { CodeUsage } from '../../domain/access-code.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { count, eventParams, instant, iso, laneId, limitQuery, uuid } from '../schemas.ts';

const MOST_CODES = 5_000;
const MOST_INVITED = 5_000;

const moment = z.iso.datetime({ offset: true });
const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

const orderSchema = z
  .strictObject({
    lane: laneId.optional().meta({ description: 'The lane that the codes open.' }),
    bypass: z.boolean().default(false).meta({
      description:
        'In place of a lane: past the line, into the next free slot. Each use is counted and audited.',
    }),
    label: z.string().trim().max(100).default(''),
    usesMax: z.int().min(1).max(1_000_000).nullable().default(1).meta({
      description: 'Fans that may redeem each code; null: any number.',
    }),
    startsAt: moment.nullable().default(null),
    endsAt: moment.nullable().default(null),
    count: z.int().min(1).max(MOST_CODES).optional().meta({ description: 'So many are made.' }),
    codes: z.array(z.string().max(200)).min(1).max(MOST_CODES).optional().meta({
      description: 'Codes of your own: 6 to 64 characters without spaces and dashes.',
    }),
  })
  .refine(({ lane, bypass }) => (lane === undefined) === bypass, 'needs either a lane or to be a bypass')
  .refine(
    ({ count: made, codes }) => (made === undefined) !== (codes === undefined),
    'needs either a count or codes',
  )
  .refine(
    ({ startsAt, endsAt }) =>
      startsAt === null || endsAt === null || Date.parse(startsAt) < Date.parse(endsAt),
    { message: 'must be after the start', path: ['endsAt'] },
  );

const usageSchema = z
  .strictObject({
    codeId: uuid,
    lane: laneId.nullable().meta({ description: 'Null: a bypass.' }),
    label: z.string(),
    usesMax: z.int().nullable(),
    uses: count,
    startsAt: instant.nullable(),
    endsAt: instant.nullable(),
    createdAt: instant,
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'CodeUsage', description: 'An access code without the code, which is kept nowhere.' });

const when = (ms: number | null): string | null => (ms === null ? null : iso(ms));
const msOf = (text: string | null): number | null => (text === null ? null : Date.parse(text));

const documentOf = (usage: CodeUsage): z.output<typeof usageSchema> => ({
  codeId: usage.codeId,
  lane: usage.laneId,
  label: usage.label,
  usesMax: usage.usesMax,
  uses: usage.uses,
  startsAt: when(usage.startsAtMs),
  endsAt: when(usage.endsAtMs),
  createdAt: iso(usage.createdAtMs),
  revokedAt: when(usage.revokedAtMs),
});

const shared = { tags: ['operators'], priority: 'vital' } as const;

/** Access codes and invitations of an event, as operators make, watch and withdraw them. */
export const operatorCodeRoutes = (edge: Pick<Edge, 'access' | 'options'>): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/codes',
    summary: 'Make access codes, or bring some along',
    description:
      'Codes that are made are in this answer and nowhere else; the same key again gives the same ones.',
    auth: 'operator',
    idempotent: 'derived',
    bodyLimitBytes: edge.options.definitionLimitBytes,
    params: eventParams,
    body: orderSchema,
    responses: {
      201: {
        description: 'Made. A code that was there already stays as it is.',
        schema: z.strictObject({ created: count, codes: z.array(z.string()) }),
      },
    },
    refusals: ['not_found', 'lane_unknown'],
    handler: async ({ params, body, caller, requestId, newId }) => {
      const order = {
        eventId: params.eventId,
        batchId: newId,
        laneId: body.lane ?? null,
        label: body.label,
        usesMax: body.usesMax,
        startsAtMs: msOf(body.startsAt),
        endsAtMs: msOf(body.endsAt),
        codes: body.codes ?? body.count ?? 1,
      };
      const made = await edge.access.makeCodes(order, { caller, requestId });
      if (made === null) return refuse('not_found');
      return isRefusal(made) ? made : json(201, { created: made.created, codes: [...made.codes] });
    },
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/operator/events/:eventId/codes',
    summary: 'The access codes of an event and their use',
    auth: 'viewer',
    params: eventParams,
    query: limitQuery.extend({ after: uuid.optional() }),
    responses: {
      200: {
        description: 'In the order of creation; `next`: where to go on, null after the last.',
        schema: z.strictObject({
          codes: z.array(usageSchema),
          next: uuid.nullable(),
          totals: z.strictObject({ codes: count, redemptions: count, bypasses: count }),
        }),
      },
    },
    refusals: ['not_found'],
    handler: async ({ params, query: { after, limit } }) => {
      const found = await edge.access.codes(params.eventId, after ?? null, limit);
      if (found === null) return refuse('not_found');
      const { codes, totals } = found;
      const next = codes.length < limit ? null : (codes.at(-1)?.codeId ?? null);
      return json(200, { codes: codes.map(documentOf), next, totals: { ...totals } });
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/codes/:codeId/revocation',
    summary: 'Withdraw an access code',
    description: 'Nobody redeems it any more; places that were given by it stay.',
    auth: 'operator',
    params: eventParams.extend({ codeId: uuid }),
    responses: { 200: { description: 'The code as it is now.', schema: usageSchema } },
    refusals: ['not_found'],
    handler: async ({ params, caller, requestId }) => {
      const code = await edge.access.revokeCode(params.eventId, params.codeId, { caller, requestId });
      return code === null ? refuse('not_found') : json(200, documentOf(code));
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/invitations',
    summary: 'Invite fans or networks into a lane, or take it back',
    auth: 'operator',
    bodyLimitBytes: edge.options.definitionLimitBytes,
    params: eventParams,
    body: z
      .strictObject({
        lane: laneId.nullable().meta({ description: 'Null: the invitations are taken back.' }),
        fanIds: z.array(uuid).max(MOST_INVITED).default([]),
        networks: z.array(address).max(MOST_INVITED).default([]),
      })
      .refine(({ fanIds, networks }) => fanIds.length + networks.length > 0, 'name somebody'),
    responses: { 200: { description: 'Done.', schema: z.strictObject({ changed: count }) } },
    refusals: ['not_found', 'lane_unknown'],
    handler: async ({ params, body, caller, requestId }) => {
      const invited = { fanIds: body.fanIds, networks: body.networks };
      const by = { caller, requestId };
      const changed = await edge.access.invite(params.eventId, invited, body.lane ?? undefined, by);
      if (changed === null) return refuse('not_found');
      return isRefusal(changed) ? changed : json(200, { changed });
    },
  }),
];
