import { createHash, timingSafeEqual } from 'node:crypto';
import { encodeQR } from 'qr';
import { z } from 'zod';
import { refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { svgUrlOf } from '../order-view.ts';
import { defineRoute, type Route } from '../route.ts';
import { instant, iso, seatId, uuid } from '../schemas.ts';

const ticketParams = z.object({ ticketId: uuid });

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Compares in a time that tells nothing about where they differ. */
const same = (left: string, right: string): boolean => timingSafeEqual(hash(left), hash(right));

type TicketEdge = Pick<Edge, 'tickets' | 'ticketCodes' | 'options'>;

/** The image for an <img>, which can send no token: the code in the query proves as much as the token would. */
const ticketImage = (edge: TicketEdge): Route =>
  defineRoute({
    method: 'get',
    path: '/v1/tickets/:ticketId.svg',
    summary: 'The QR image of a ticket',
    description: 'For the owner, or for whoever has the code already. Everybody else gets 404.',
    tags: ['tickets'],
    auth: 'optional',
    priority: 'pay',
    params: ticketParams,
    query: z.object({ code: z.string().max(2_000).optional() }),
    responses: { 200: { description: 'A QR code.', contentType: 'image/svg+xml' } },
    refusals: ['not_found'],
    handler: async ({ params, query, caller }) => {
      const ticket = await edge.tickets.findTicket(params.ticketId);
      if (ticket === null || ticket.voided) return refuse('not_found');
      const code = await edge.ticketCodes.sign(ticket);
      const mayHave = caller?.id === ticket.fanId || (query.code !== undefined && same(query.code, code));
      if (!mayHave) return refuse('not_found');
      return { kind: 'bytes', contentType: 'image/svg+xml', body: encodeQR(code, 'svg', { border: 4 }) };
    },
  });

/** Tickets: for their owner, and the public keys for the door. */
export const ticketRoutes = (edge: TicketEdge): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/tickets/keys',
    summary: 'The public keys of ticket codes',
    description: 'A JWK set: what a door needs to check codes while it is offline.',
    tags: ['tickets'],
    auth: 'public',
    priority: 'pay',
    cacheable: true,
    responses: {
      200: {
        description: 'A JWK set.',
        schema: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) }),
      },
    },
    handler: async () => json(200, await edge.ticketCodes.publicKeys()),
  }),
  ticketImage(edge),
  defineRoute({
    method: 'get',
    path: '/v1/tickets/:ticketId',
    summary: 'A ticket of mine',
    tags: ['tickets'],
    auth: 'fan',
    priority: 'pay',
    params: ticketParams,
    responses: {
      200: {
        description: 'The ticket. A void one has no code.',
        schema: z.strictObject({
          ticketId: uuid,
          orderId: uuid,
          eventId: uuid,
          seatId,
          issuedAt: instant,
          voided: z.boolean(),
          code: z.string().nullable(),
          svgUrl: z.string().nullable(),
        }),
      },
    },
    refusals: ['not_found'],
    handler: async ({ params, caller }) => {
      const ticket = await edge.tickets.findTicket(params.ticketId);
      if (ticket === null || ticket.fanId !== caller.id) return refuse('not_found');
      const code = ticket.voided ? null : await edge.ticketCodes.sign(ticket);
      return json(200, {
        ticketId: ticket.ticketId,
        orderId: ticket.orderId,
        eventId: ticket.eventId,
        seatId: ticket.seatId,
        issuedAt: iso(ticket.issuedAtMs),
        voided: ticket.voided,
        code,
        svgUrl: code === null ? null : svgUrlOf(edge, ticket.ticketId, code),
      });
    },
  }),
];
