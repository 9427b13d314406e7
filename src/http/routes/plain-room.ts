import { z } from 'zod';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import type { AnswerOrRefusal } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { placeCookie, readPlaceCookie } from '../plain/kept-place.ts';
import { isWaiting, plainPage, type PlainRoom } from '../plain/page.ts';
import { languageOf } from '../plain/texts.ts';
import { defineRoute, type Route } from '../route.ts';
import { iso, uuid } from '../schemas.ts';

export type PlainEdge = Pick<Edge, 'pages' | 'waitingRoom' | 'tokens' | 'clock' | 'options'>;

/** Nothing runs on this page. */
const PLAIN_CSP =
  "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Between two looks, by the number of the place: a crowd without scripts does not come back in one moment either. */
const refreshAfter = (number: number): number => 8 + (number % 7);

const styles = new WeakMap<object, string>();

const stylesOf = (edge: PlainEdge): string => {
  const page = edge.pages?.get('fan.html');
  if (page === undefined) return '';
  const known = styles.get(page);
  if (known !== undefined) return known;
  const tags =
    page.body
      .toString()
      .match(/<link rel="stylesheet"[^>]*>/g)
      ?.join('\n') ?? '';
  styles.set(page, tags);
  return tags;
};

export const plainHeaders = z.object({
  cookie: z.string().max(16_000).optional(),
  'accept-language': z.string().max(500).optional(),
});

/** The waiting room for a browser that runs no scripts: it refreshes itself. */
export const showPlainRoom = async (
  edge: PlainEdge,
  eventId: string,
  headers: z.output<typeof plainHeaders>,
): Promise<AnswerOrRefusal> => {
  if (!uuid.safeParse(eventId).success) return refuse('not_found');
  const frame = await edge.waitingRoom.frame(eventId);
  if (frame === null) return refuse('not_found');
  const kept = readPlaceCookie(eventId, headers.cookie);
  const caller = kept === null ? null : await edge.tokens.read(kept.token);
  const standing =
    kept === null || caller === null ? null : await edge.waitingRoom.standing(eventId, caller.id, kept.place);
  const lost = caller === null || (isRefusal(standing) && standing.code === 'place_invalid');
  const room: PlainRoom = {
    eventId,
    language: languageOf(headers['accept-language']),
    styles: stylesOf(edge),
    frame,
    kept: lost ? null : kept,
    standing: isRefusal(standing) ? null : standing,
  };
  return {
    kind: 'bytes',
    contentType: 'text/html; charset=utf-8',
    body: plainPage(room),
    headers: {
      'Content-Security-Policy': PLAIN_CSP,
      Vary: 'Cookie, Accept-Language',
      ...(isWaiting(room) ? { Refresh: String(refreshAfter(kept?.number ?? 0)) } : {}),
    },
  };
};

/** The form of that page. Again: the same place, for the cookie names the fan. */
export const joinPlainly = (edge: PlainEdge): Route =>
  defineRoute({
    method: 'post',
    path: '/e/:eventId',
    summary: 'Join the line without scripts',
    description:
      'What the form of the waiting room without JavaScript sends. Programs use `POST /v1/…/line`.',
    tags: ['pages'],
    auth: 'public',
    priority: 'join',
    quiet: true,
    params: z.object({ eventId: uuid }),
    headers: plainHeaders,
    responses: { 303: { description: 'To the waiting room.' } },
    refusals: ['not_found', 'line_closed', 'place_handed_over', 'proof_required', 'rate_limited'],
    handler: async ({ params, headers, newId, address }) => {
      const { eventId } = params;
      const kept = readPlaceCookie(eventId, headers.cookie);
      const known = kept === null ? null : await edge.tokens.read(kept.token);
      const fanId = known?.role === 'fan' ? known.id : newId;
      // Without scripts nobody can solve a puzzle: where one is asked for, this is refused as any other join without it.
      const joined = await edge.waitingRoom.join(
        eventId,
        fanId,
        { address, proof: null },
        {
          place: kept?.place,
        },
      );
      if (isRefusal(joined)) return joined;
      const lifeMs = edge.options.fanTokenTtlMs;
      const token = await edge.tokens.issue({ id: fanId, role: 'fan' }, lifeMs);
      const { place, number, recoveryCode } = joined;
      const cookie = placeCookie(
        eventId,
        { fanId, token, expiresAt: iso(edge.clock.nowMs() + lifeMs), place, number, recoveryCode },
        Math.floor(lifeMs / 1_000),
        edge.options.publicUrl?.startsWith('https:') === true,
      );
      return { kind: 'redirect', location: `/e/${eventId}?plain=1`, headers: { 'Set-Cookie': cookie } };
    },
  });
