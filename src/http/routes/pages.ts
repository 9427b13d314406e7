import { z } from 'zod';
import { refuse } from '../../domain/refusal.ts';
import type { AnswerOrRefusal } from '../answer.ts';
import { defineRoute, type Route } from '../route.ts';
import { joinPlainly, plainHeaders, showPlainRoom, type PlainEdge } from './plain-room.ts';

/** Everything comes from here, and nothing that stands in the page itself may run. */
export const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A new release is on everybody's screen seconds later; caches answer the crowd meanwhile. */
const PAGE_CACHE = 'public, max-age=5, s-maxage=10, stale-if-error=600';
/** Named after its contents: another content has another name. */
const ASSET_CACHE = 'public, max-age=31536000, immutable';

type PageEdge = PlainEdge;

const page = (edge: PageEdge, name: string): AnswerOrRefusal => {
  const file = edge.pages?.get(name);
  if (file === undefined) return refuse('not_found', { detail: 'This node serves no pages.' });
  return {
    kind: 'bytes',
    ...file,
    headers: {
      'Cache-Control': PAGE_CACHE,
      'Content-Security-Policy': PAGE_CSP,
      // Links of the page lead to the payment page; that one need not know from which order somebody came.
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
    },
  };
};

/** Of the same worth as paying: who comes back from the payment page needs a page to come back to. */
const shared = { method: 'get', tags: ['pages'], auth: 'public', priority: 'pay', quiet: true } as const;

const described = { 200: { description: 'A page.', contentType: 'text/html' } } as const;

/** Each address shows the fan's page, which reads from it what to show. */
const FAN_PATHS = {
  '/': 'What is on sale, for fans',
  '/draw': 'A draw from a file, verified in the browser',
  '/e/:eventId/draw': 'The draw of an event, verified in the browser',
  '/orders': 'Orders and tickets, for fans',
  '/orders/:orderId': 'An order and its tickets, for fans',
} as const;

/** The pages for people, and the files they are made of. */
export const pageRoutes = (edge: PageEdge): readonly Route[] => [
  ...Object.entries(FAN_PATHS).map(([path, summary]) =>
    defineRoute({
      ...shared,
      path,
      summary,
      ...(path.includes(':')
        ? { params: z.object({ [/:(\w+)/.exec(path)?.[1] ?? '']: z.string().max(200) }) }
        : {}),
      responses: described,
      refusals: ['not_found'],
      handler: () => page(edge, 'fan.html'),
    }),
  ),
  defineRoute({
    ...shared,
    path: '/e/:eventId',
    summary: 'An event, its waiting room and its seats, for fans',
    description: 'With `plain`: the waiting room for browsers without scripts, written by the server.',
    params: z.object({ eventId: z.string().max(200) }),
    query: z.object({ plain: z.string().max(10).optional() }),
    headers: plainHeaders,
    responses: described,
    refusals: ['not_found'],
    handler: ({ params, query, headers }) =>
      query.plain === undefined ? page(edge, 'fan.html') : showPlainRoom(edge, params.eventId, headers),
  }),
  joinPlainly(edge),
  defineRoute({
    ...shared,
    path: '/operator',
    summary: 'The console, for operators',
    responses: described,
    refusals: ['not_found'],
    handler: () => page(edge, 'operator.html'),
  }),
  defineRoute({
    ...shared,
    path: '/operator/*path',
    summary: 'A screen of the console, for operators',
    params: z.object({ path: z.string().max(500) }),
    responses: described,
    refusals: ['not_found'],
    handler: () => page(edge, 'operator.html'),
  }),
  defineRoute({
    ...shared,
    path: '/assets/:name',
    summary: 'A file of the pages, named after its contents',
    params: z.object({ name: z.string().max(200) }),
    responses: { 200: { description: 'Bytes that never change.', contentType: 'application/octet-stream' } },
    refusals: ['not_found'],
    handler: ({ params }) => {
      const file = edge.pages?.get(`assets/${params.name}`);
      if (file === undefined) return refuse('not_found');
      return { kind: 'bytes', ...file, headers: { 'Cache-Control': ASSET_CACHE } };
    },
  }),
];
