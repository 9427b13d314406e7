import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import type { Caller } from '../domain/ports/services.ts';
import { isRefusal, PartAway, RefusalError, refuse } from '../domain/refusal.ts';
import type { AnswerOrRefusal } from './answer.ts';
import type { Edge } from './edge.ts';
import { authenticate } from './middleware/authenticate.ts';
import { parseJson, readBody } from './middleware/body.ts';
import { readKey, runStored, subjectOf } from './middleware/idempotency.ts';
import { setCommonHeaders } from './middleware/plain-answer.ts';
import { writeProblem } from './middleware/problems.ts';
import { respond } from './middleware/respond.ts';
import { stateOf } from './middleware/state.ts';
import { InvalidRequestError } from './problem.ts';
import { deriveId, fingerprintOf } from './request-key.ts';
import type { Call, Route } from './route.ts';
import type { SseHub } from './sse.ts';

/** Parses with the route's schema; `prefix` tells parameters and headers from members of the body. */
const checked = (schema: z.ZodType, value: unknown, prefix: string): unknown => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidRequestError(
    parsed.error.issues.map((issue) => ({
      path: [prefix, ...issue.path].filter((part) => part !== '').join('.'),
      message: issue.message,
    })),
  );
};

const queryOf = (ctx: Context): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(ctx.querystring)) query[name] = value;
  return query;
};

const paramsOf = (route: Route, ctx: Context): unknown => {
  if (route.params === undefined) return {};
  // An id of the wrong shape names nothing; it must not become a query either.
  const parsed = route.params.safeParse((ctx as unknown as { params: unknown }).params);
  if (!parsed.success) throw new RefusalError(refuse('not_found'));
  return parsed.data;
};

/** The middleware that serves one route: authenticate, check, run (once per key), answer. */
export const createEndpoint = (route: Route, edge: Edge, streams: SseHub): Middleware => {
  const method = route.method.toUpperCase();
  const record = edge.metrics.httpRoute(method, route.path);
  /** What is being created in this process: the whole guard of routes that keep no answer. */
  const underWay = new Set<string>();
  const limitBytes = route.bodyLimitBytes ?? edge.options.bodyLimitBytes;

  const takesBody = route.auth === 'signed' || route.body !== undefined;

  const headOf = (ctx: Context) => ({
    params: paramsOf(route, ctx),
    query: route.query === undefined ? {} : checked(route.query, queryOf(ctx), 'query'),
    headers: route.headers === undefined ? {} : checked(route.headers, ctx.req.headers, 'header'),
  });

  const bodyOf = (ctx: Context, raw: Buffer | null): unknown => {
    if (route.auth === 'signed') return raw;
    if (route.body === undefined || raw === null) return undefined;
    return checked(route.body, parseJson(ctx.req, raw), '');
  };

  const callOf = (
    ctx: Context,
    { params, query, headers }: ReturnType<typeof headOf>,
    body: unknown,
    caller: Caller | null,
    key: string | null,
  ) => {
    const call = {
      params,
      query,
      headers,
      body,
      caller,
      requestId: stateOf(ctx).requestId,
      address: ctx.ip === '' ? null : ctx.ip,
      keyed: key !== null,
      newId: key === null ? edge.ids.next() : deriveId(subjectOf(caller), route.path, key),
      fingerprint: route.idempotent === undefined ? '' : fingerprintOf(method, route.path, params, body),
    };
    return call as Call<typeof route.auth, unknown, unknown, unknown, unknown>;
  };

  const handle = async (call: Parameters<Route['handler']>[0]): Promise<AnswerOrRefusal> => {
    try {
      return await route.handler(call);
    } catch (error) {
      if (error instanceof RefusalError) return error.refusal;
      if (route.method === 'get' && error instanceof PartAway) {
        edge.log.warn({ err: error, requestId: call.requestId, route: route.path }, 'a read found nobody');
        return refuse('unavailable');
      }
      if (route.idempotent === undefined && !(error instanceof PartAway)) throw error;
      edge.log.error(
        { err: error, requestId: call.requestId, route: route.path },
        'a changing request broke; its outcome is not known',
      );
      return refuse('outcome_unknown');
    }
  };

  const run = async (ctx: Context): Promise<AnswerOrRefusal> => {
    const state = stateOf(ctx);
    const asker = authenticate(edge.tokens, route.auth, ctx.req.headers.authorization);
    const caller = asker instanceof Promise ? await asker : asker;
    state.caller = caller;
    // Said before anything is tried: so it is certain that nothing was done.
    if (method !== 'GET' && edge.deciding?.() === false) return refuse('unavailable');
    const key = route.idempotent === undefined ? null : readKey(ctx.req.headers['idempotency-key'], caller);
    // The head first: what is wrong there is said before a body is waited for.
    const head = headOf(ctx);
    const raw = takesBody ? readBody(ctx.req, limitBytes) : null;
    const body = bodyOf(ctx, raw instanceof Promise ? await raw : raw);
    const call = callOf(ctx, head, body, caller, key);
    state.named = call.params as Readonly<Record<string, string>>;
    if (key === null) return handle(call);
    if (route.idempotent === 'derived') {
      if (underWay.has(call.newId)) return refuse('idempotency_in_progress');
      underWay.add(call.newId);
      try {
        return await handle(call);
      } finally {
        underWay.delete(call.newId);
      }
    }
    const request = { subject: subjectOf(caller), key, fingerprint: call.fingerprint };
    return runStored(edge, request, () => handle(call));
  };

  return async (ctx) => {
    const state = stateOf(ctx);
    state.route = route.path;
    state.quiet = route.quiet ?? false;
    state.record = record;
    const answer = await run(ctx);
    if (isRefusal(answer)) writeProblem(ctx, answer);
    else if (answer.kind !== 'stream') respond(ctx, answer, route.cacheable ?? false);
    else if (ctx.method === 'HEAD') {
      respond(ctx, { kind: 'bytes', contentType: 'text/event-stream; charset=utf-8', body: '' }, false);
    } else {
      // What is logged and counted of a reader that has left meanwhile.
      ctx.status = 200;
      setCommonHeaders(ctx);
      // Opened first: it may refuse, and then Koa must still answer.
      streams.open(ctx.res, answer.subscribe);
      ctx.respond = false;
    }
  };
};
