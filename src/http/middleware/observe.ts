import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import type { Edge } from '../edge.ts';
import { newState, type RequestState } from './state.ts';

/** A caller's own request id is kept if it is safe to print. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's own id for this request, or a fresh one. */
export const requestIdOf = (request: IncomingMessage, ids: Edge['ids']): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : ids.next();
};

/**
 * Names the request, times it, and writes the access log: path patterns and ids, never query strings, headers or bodies,
 * because tokens, passes and ticket codes travel there.
 */
export const observe = (edge: Pick<Edge, 'ids' | 'log' | 'metrics' | 'tracing'>): Middleware => {
  const unrouted = edge.metrics.httpRoute('ANY', 'unmatched');
  return async (ctx, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(ctx.req, edge.ids);
    const state: RequestState = newState(requestId);
    ctx.state = state;
    if (edge.tracing === undefined) await next();
    else
      await edge.tracing.request(ctx.req.headers, ctx.method, async (named) => {
        await next();
        named(state.route ?? 'unmatched', ctx.status, { 'catraca.request_id': requestId });
      });
    const ms = performance.now() - startedAt;
    const status = ctx.res.statusCode;
    (state.record ?? unrouted)(status, ms / 1_000);
    const level = status >= 500 ? 'warn' : state.quiet ? 'debug' : 'info';
    // Not put together for nobody: holds are logged at a level that is off in production.
    if (!edge.log.isLevelEnabled(level)) return;
    edge.log[level](
      {
        requestId,
        method: ctx.req.method,
        route: state.route ?? 'unmatched',
        status,
        ms: Math.round(ms * 10) / 10,
        caller: state.caller?.id,
        ...state.named,
        ...state.note,
      },
      'request',
    );
  };
};
