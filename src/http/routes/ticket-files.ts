import { createHash, timingSafeEqual } from 'node:crypto';
import { encodeQR } from 'qr';
import { z } from 'zod';
import type { Ticket } from '../../domain/order.ts';
import type { Caller } from '../../domain/ports/services.ts';
import { refuse } from '../../domain/refusal.ts';
import type { BytesAnswer } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { ticketCalendar, ticketSheet } from '../paper/ticket-paper.ts';
import { PAPER_LANGUAGES } from '../paper/words.ts';
import { defineRoute, type Route } from '../route.ts';
import { uuid } from '../schemas.ts';

type FileEdge = Pick<Edge, 'tickets' | 'ticketCodes' | 'ticketPrinter' | 'options'>;

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Compares in a time that tells nothing about where they differ. */
const same = (left: string, right: string): boolean => timingSafeEqual(hash(left), hash(right));

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
};

const codeQuery = { code: z.string().max(2_000).optional() };
const readerQuery = z.object({
  lang: z.enum(PAPER_LANGUAGES).default('pt'),
  tz: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be an IANA time zone')
    .default('UTC')
    .meta({ description: 'The IANA time zone in which times are written.' }),
});

const shared = {
  method: 'get',
  tags: ['tickets'],
  auth: 'optional',
  priority: 'pay',
  params: z.object({ ticketId: uuid }),
  refusals: ['not_found'],
} as const;

const DESCRIPTION = 'For the owner, or for whoever has the code already. Everybody else gets 404.';

/**
 * The ticket's files, for links and an <img>, which can send no token: the code in the query proves as much as the token
 * would. A void ticket has none, and nobody learns which of the reasons it was.
 */
export const ticketFileRoutes = (edge: FileEdge): readonly Route[] => {
  const opened = async (
    ticketId: string,
    given: string | undefined,
    caller: Caller | null,
  ): Promise<{ readonly ticket: Ticket; readonly code: string } | null> => {
    const ticket = await edge.tickets.findTicket(ticketId);
    if (ticket === null || ticket.voided) return null;
    const code = await edge.ticketCodes.sign(ticket);
    const mayHave = caller?.id === ticket.fanId || (given !== undefined && same(given, code));
    return mayHave ? { ticket, code } : null;
  };

  const eventOf = async ({ eventId }: Pick<Ticket, 'eventId'>) =>
    (await edge.tickets.findEvent(eventId))?.event ?? null;

  const file = (contentType: string, body: string | Buffer, name: string): BytesAnswer => ({
    kind: 'bytes',
    contentType,
    body,
    headers: { 'content-disposition': `attachment; filename="${name}"` },
  });

  return [
    defineRoute({
      ...shared,
      path: '/v1/tickets/:ticketId.svg',
      summary: 'The QR image of a ticket',
      description: DESCRIPTION,
      query: z.object(codeQuery),
      responses: { 200: { description: 'A QR code.', contentType: 'image/svg+xml' } },
      handler: async ({ params, query, caller }) => {
        const found = await opened(params.ticketId, query.code, caller);
        if (found === null) return refuse('not_found');
        return {
          kind: 'bytes',
          contentType: 'image/svg+xml',
          body: encodeQR(found.code, 'svg', { border: 4 }),
        };
      },
    }),
    defineRoute({
      ...shared,
      // Tens of milliseconds of work that can wait until a rush is over.
      priority: 'map',
      path: '/v1/tickets/:ticketId.pdf',
      summary: 'A ticket on paper',
      description: `${DESCRIPTION} One A4 page with the code.`,
      query: readerQuery.extend(codeQuery),
      responses: { 200: { description: 'A PDF.', contentType: 'application/pdf' } },
      handler: async ({ params, query, caller }) => {
        const found = await opened(params.ticketId, query.code, caller);
        const event = found === null ? null : await eventOf(found.ticket);
        if (found === null || event === null) return refuse('not_found');
        const reader = { language: query.lang, timeZone: query.tz };
        const body = await edge.ticketPrinter.print([ticketSheet(event, found.ticket, found.code, reader)]);
        return file('application/pdf', body, `${found.ticket.seatId}.pdf`);
      },
    }),
    defineRoute({
      method: 'get',
      tags: ['tickets'],
      auth: 'fan',
      priority: 'map',
      path: '/v1/orders/:orderId/tickets.pdf',
      summary: 'All tickets of an order on paper',
      description: 'For its owner. One A4 page a ticket; void ones are left out, and without any it is 404.',
      params: z.object({ orderId: uuid }),
      query: readerQuery,
      responses: { 200: { description: 'A PDF.', contentType: 'application/pdf' } },
      refusals: ['not_found'],
      handler: async ({ params, query, caller }) => {
        const found = await edge.tickets.findOrder(params.orderId, caller.id);
        const event = found === null ? null : await eventOf(found.order);
        if (found === null || event === null) return refuse('not_found');
        const reader = { language: query.lang, timeZone: query.tz };
        const live = found.tickets.filter((ticket) => !ticket.voided);
        const sheets = await Promise.all(
          live.map(async (ticket) => ticketSheet(event, ticket, await edge.ticketCodes.sign(ticket), reader)),
        );
        const [first, ...others] = sheets;
        if (first === undefined) return refuse('not_found');
        return file('application/pdf', await edge.ticketPrinter.print([first, ...others]), 'tickets.pdf');
      },
    }),
    defineRoute({
      ...shared,
      path: '/v1/tickets/:ticketId.ics',
      summary: 'The show of a ticket, for a calendar',
      description: `${DESCRIPTION} RFC 5545. 404 also while nobody has said when the show is.`,
      query: readerQuery.extend(codeQuery),
      responses: { 200: { description: 'A calendar file.', contentType: 'text/calendar' } },
      handler: async ({ params, query, caller }) => {
        const found = await opened(params.ticketId, query.code, caller);
        const event = found === null ? null : await eventOf(found.ticket);
        if (found === null || event === null) return refuse('not_found');
        const { publicUrl } = edge.options;
        const body = ticketCalendar(event, found.ticket, {
          language: query.lang,
          timeZone: query.tz,
          orderUrl: publicUrl === null ? null : `${publicUrl}/orders/${found.ticket.orderId}`,
        });
        return body === null
          ? refuse('not_found')
          : file('text/calendar', body, `${found.ticket.seatId}.ics`);
      },
    }),
  ];
};
