import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import type { Answered, Upstream } from '../domain/ports/upstream.ts';
import { PartAway, RefusalError, refuse } from '../domain/refusal.ts';
import type { Edge } from './edge.ts';
import { authenticate } from './middleware/authenticate.ts';
import { readBody } from './middleware/body.ts';
import { stateOf } from './middleware/state.ts';
import type { Route } from './route.ts';
import type { SseHub } from './sse.ts';

/** What belongs to one connection (RFC 9110, 7.6.1), and what the next one says for itself. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
]);

/** `Connection: x, y` makes x and y headers of the connection as well. */
const namedByConnection = (header: string | undefined): ReadonlySet<string> =>
  new Set((header ?? '').split(',').map((name) => name.trim().toLowerCase()));

const peerOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? 'unknown';

/** The headers of a request on its way to a service: with its id, and with where it came from. */
const headersFor = (
  ctx: Context,
  edge: Pick<Edge, 'options' | 'tracing'>,
): Record<string, string | string[]> => {
  const given = ctx.req.headers;
  const dropped = namedByConnection(given.connection);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !OF_THE_CONNECTION.has(name) && !dropped.has(name)) headers[name] = value;
  const before = edge.options.trustProxy ? given['x-forwarded-for'] : undefined;
  headers['x-forwarded-for'] = [...(before === undefined ? [] : [before]), peerOf(ctx.req)].join(', ');
  headers['x-forwarded-proto'] = ctx.protocol;
  headers['x-forwarded-host'] = ctx.host;
  headers['x-request-id'] = stateOf(ctx).requestId;
  return { ...headers, ...edge.tracing?.headers() };
};

/** Hands the answer on as it comes. Koa ends both sides when one of them breaks. */
const passOn = (ctx: Context, answered: Answered): void => {
  ctx.status = answered.status;
  const body = answered.body instanceof Readable ? answered.body : Readable.from(answered.body);
  // Whoever reads it learns that it broke off; where nobody does it is nobody's business.
  body.on('error', () => undefined);
  if (ctx.method === 'HEAD' || answered.status === 204 || answered.status === 304) {
    body.resume();
    ctx.body = null;
    ctx.status = answered.status;
  } else ctx.body = body;
  const dropped = namedByConnection(String(answered.headers['connection'] ?? ''));
  for (const [name, value] of Object.entries(answered.headers)) {
    const ours = OF_THE_CONNECTION.has(name) && name !== 'content-length';
    if (value !== undefined && !ours && !dropped.has(name)) ctx.set(name, value);
  }
};

/**
 * The middleware for a route that another process answers: watched, counted, refused and authenticated as if it were
 * answered here, then passed on. The body is read first, so that a slow sender holds no connection to the service, and
 * arrives in the very bytes that came. Nothing is sent twice.
 */
export const createForwarding = (
  route: Route,
  edge: Edge,
  streams: SseHub,
  upstream: Upstream,
): Middleware => {
  const method = route.method.toUpperCase();
  const record = edge.metrics.httpRoute(method, route.path);
  const limitBytes = route.bodyLimitBytes ?? edge.options.bodyLimitBytes;
  const isStream = route.responses[200]?.contentType === 'text/event-stream';

  const send = async (ctx: Context): Promise<Answered> => {
    const body = method === 'GET' ? null : await readBody(ctx.req, limitBytes);
    try {
      return await upstream.send({
        method: ctx.method,
        target: ctx.url,
        headers: headersFor(ctx, edge),
        body: body === null || body.length === 0 ? null : body,
        stream: isStream,
      });
    } catch (error) {
      if (!(error instanceof PartAway)) throw error;
      edge.log.warn(
        { err: error, requestId: stateOf(ctx).requestId, route: route.path, service: upstream.name },
        'a service gave no answer',
      );
      throw new RefusalError(refuse(method === 'GET' ? 'unavailable' : 'outcome_unknown'));
    }
  };

  return async (ctx) => {
    const state = stateOf(ctx);
    state.route = route.path;
    state.quiet = route.quiet ?? false;
    state.record = record;
    // The service looks again: nobody gets past it by knowing its address.
    state.caller = await authenticate(edge.tokens, route.auth, ctx.req.headers.authorization);
    if (isStream && ctx.method !== 'HEAD') streams.adopt(ctx.res);
    passOn(ctx, await send(ctx));
  };
};
