import { z } from 'zod';
import type { Hold } from '../../domain/hold.ts';
import type { Caller, HoldCommand } from '../../domain/ports/services.ts';
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts';
import { empty, json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { REPLAYED } from '../middleware/idempotency.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventParams, holdSchema, iso, noBody, seatId, sectionId, uuid } from '../schemas.ts';

/** No event lets one fan have more at once; a longer list is an attack on the row locks. */
const MAX_SEATS_A_HOLD = 100;

const wishSchema = z
  .object({
    sectionId,
    seatIds: z
      .array(seatId)
      .min(1)
      .max(MAX_SEATS_A_HOLD)
      .refine((ids) => new Set(ids).size === ids.length, 'must differ from each other')
      .optional(),
    quantity: z.int().min(1).max(MAX_SEATS_A_HOLD).optional(),
  })
  .refine((wish) => (wish.seatIds === undefined) !== (wish.quantity === undefined), {
    message: 'send either seatIds or quantity',
  });

const documentOf = (hold: Hold): z.output<typeof holdSchema> => ({
  holdId: hold.holdId,
  eventId: hold.eventId,
  sectionId: hold.sectionId,
  seats: [...hold.seatIds],
  amountMinor: hold.amountMinor,
  currency: hold.currency,
  expiresAt: iso(hold.expiresAtMs),
  extended: hold.extended,
  state: hold.state,
});

/** The pass's id. The signature and these comparisons are a filter: Postgres checks the admission again as it grants. */
const passIdOf = (
  edge: Pick<Edge, 'passes' | 'clock'>,
  text: string | undefined,
  eventId: string,
  caller: Caller,
): string | Refusal => {
  if (text === undefined) return refuse('pass_required');
  const pass = edge.passes.readPass(text);
  if (pass === null || pass.eventId !== eventId || pass.fanId !== caller.id) return refuse('pass_invalid');
  if (pass.expiresAtMs <= edge.clock.nowMs()) return refuse('pass_expired');
  return pass.passId;
};

const wishOf = (body: z.output<typeof wishSchema>): HoldCommand['wish'] =>
  body.seatIds === undefined ? { quantity: body.quantity ?? 1 } : { seatIds: body.seatIds };

type HoldEdge = Pick<Edge, 'tickets' | 'passes' | 'clock'>;

/**
 * The hot path. No answer is stored: two more writes to Postgres per hold would undo the group commit. The hold is named
 * after the key instead, and the ledger tells a repeat (`replayed`) from a reuse (`idempotency_key_reused`).
 */
const holdSeats = (edge: HoldEdge): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/events/:eventId/holds',
    summary: 'Hold seats',
    description: 'All of them or none. Either seats by name, or how many the section shall choose.',
    tags: ['holds'],
    auth: 'fan',
    priority: 'hold',
    idempotent: 'derived',
    quiet: true,
    hot: true,
    params: eventParams,
    headers: z.object({ 'catraca-pass': z.string().max(2_000).optional() }),
    body: wishSchema,
    responses: { 201: { description: 'The seats are yours until `expiresAt`.', schema: holdSchema } },
    refusals: [
      'not_found',
      'pass_required',
      'pass_invalid',
      'pass_expired',
      'event_not_open',
      'seat_taken',
      'seat_unknown',
      'section_sold_out',
      'section_closed',
      'command_set_aside',
      'fan_limit',
      'overloaded',
      'unavailable',
    ],
    handler: async ({ params, headers, body, caller, newId, fingerprint }) => {
      const passId = passIdOf(edge, headers['catraca-pass'], params.eventId, caller);
      if (isRefusal(passId)) return passId;
      const result = await edge.tickets.hold({
        holdId: newId,
        eventId: params.eventId,
        fanId: caller.id,
        passId,
        sectionId: body.sectionId,
        wish: wishOf(body),
        fingerprint,
      });
      if (isRefusal(result)) return result;
      return json(201, documentOf(result.hold), {
        note: { holdId: result.hold.holdId },
        ...(result.replayed ? { headers: REPLAYED } : {}),
      });
    },
  });

const holdParams = z.object({ holdId: uuid });

/** Holds: taking them, giving them back, keeping them once longer. */
export const holdRoutes = (edge: HoldEdge): readonly Route[] => [
  holdSeats(edge),
  defineRoute({
    method: 'delete',
    path: '/v1/holds/:holdId',
    summary: 'Give the seats back',
    tags: ['holds'],
    auth: 'fan',
    priority: 'release',
    quiet: true,
    params: holdParams,
    responses: { 204: { description: 'Free again. Doing it twice is fine.' } },
    refusals: ['not_found', 'hold_not_active', 'unavailable'],
    handler: async ({ params, caller }) => {
      const released = await edge.tickets.release(params.holdId, caller.id);
      return isRefusal(released) ? released : empty;
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/holds/:holdId/extend',
    summary: 'Keep the seats longer, once',
    tags: ['holds'],
    auth: 'fan',
    priority: 'hold',
    idempotent: 'stored',
    params: holdParams,
    body: noBody,
    responses: { 200: { description: 'The hold with its new end.', schema: holdSchema } },
    refusals: ['not_found', 'hold_expired', 'hold_not_active', 'hold_already_extended', 'unavailable'],
    handler: async ({ params, caller }) => {
      const extended = await edge.tickets.extend(params.holdId, caller.id);
      return isRefusal(extended) ? extended : json(200, documentOf(extended));
    },
  }),
];
