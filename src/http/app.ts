import { Router } from '@koa/router';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import { refuse } from '../domain/refusal.ts';
import type { Edge } from './edge.ts';
import { createEndpoint } from './endpoint.ts';
import { observe } from './middleware/observe.ts';
import { sendAnswer } from './middleware/plain-answer.ts';
import { problems, writeProblem } from './middleware/problems.ts';
import { createForwarding } from './forwarding.ts';
import { LeanKoa } from './koa.ts';
import { mountedRoutes, upstreamOf } from './routes.ts';
import type { Route } from './route.ts';
import type { SseHub } from './sse.ts';

/** What no route took: a path nobody has, or one that does not take this method. */
const unmatched = (ctx: Context): void => {
  const layers = (ctx as unknown as { matched?: readonly { readonly methods: readonly string[] }[] }).matched;
  const methods = new Set((layers ?? []).flatMap((layer) => layer.methods));
  if (methods.size === 0) {
    writeProblem(ctx, refuse('not_found'));
    return;
  }
  ctx.set('Allow', [...methods].join(', '));
  if (ctx.method === 'OPTIONS') ctx.status = 204;
  else writeProblem(ctx, refuse('method_not_allowed'));
};

/**
 * The Koa application: watch, send, turn errors into answers, route. The first two stand outside the error middleware because
 * they must see what is sent in the end; they throw nothing themselves.
 */
export const createApp = (edge: Edge, streams: SseHub): Koa => {
  const app = new LeanKoa({ proxy: edge.options.trustProxy, maxIpsCount: edge.options.trustProxy ? 1 : 0 });
  // What reaches this listener broke after the answer began: a client that left, as a rule.
  app.on('error', (error: unknown) => edge.log.debug({ err: error }, 'an answer was cut off'));
  app.use(observe(edge));
  app.use(sendAnswer(edge.draining));
  app.use(problems(edge.log));
  const routes = mountedRoutes(edge);
  const middlewareOf = (route: Route): Middleware => {
    const upstream = upstreamOf(edge, route);
    return upstream === undefined
      ? createEndpoint(route, edge, streams)
      : createForwarding(route, edge, streams, upstream);
  };
  const routerOf = (some: readonly Route[]): Router => {
    const router = new Router({ strict: true, sensitive: true });
    for (const route of some) router.register(route.path, [route.method], middlewareOf(route));
    return router;
  };
  // A router tries all of its routes for each request, so the busiest have one of their own in front.
  app.use(routerOf(routes.filter((route) => route.hot === true)).routes());
  app.use(routerOf(routes.filter((route) => route.hot !== true)).routes());
  app.use(unmatched);
  return app;
};
