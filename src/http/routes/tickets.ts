import { z } from 'zod';
import { refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { ticketUrls } from '../order-view.ts';
import { defineRoute, type Route } from '../route.ts';
import { instant, iso, seatId, uuid } from '../schemas.ts';
import { ticketFileRoutes } from './ticket-files.ts';

const ticketParams = z.object({ ticketId: uuid });

type TicketEdge = Pick<Edge, 'tickets' | 'ticketCodes' | 'ticketPrinter' | 'options'>;

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
  ...ticketFileRoutes(edge),
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
          pdfUrl: z.string().nullable(),
          icsUrl: z.string().nullable(),
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
        ...(code === null
          ? { svgUrl: null, pdfUrl: null, icsUrl: null }
          : ticketUrls(edge, ticket.ticketId, code)),
      });
    },
  }),
];
