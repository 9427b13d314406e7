import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { Logger } from '../infra/log.ts';
import { stripeId, type SandboxIds } from './environment.ts';
import { ApiError, gatewayBroke } from './errors.ts';
import { API_VERSION } from './objects.ts';

const BODY_LIMIT = '64kb';

/** What went wrong, as Stripe would say it. Anything unforeseen says nothing of our insides. */
const asApiError = (error: unknown, log: Logger): ApiError => {
  if (error instanceof ApiError) return error;
  const { status, expose } = error as { status?: number; expose?: boolean };
  if (status === 413) {
    return new ApiError(413, 'invalid_request_error', { message: 'The request body is too large.' });
  }
  if (status !== undefined && status >= 400 && status < 500 && expose !== false) {
    return new ApiError(status, 'invalid_request_error', { message: 'The request could not be read.' });
  }
  log.error({ err: error }, 'the sandbox broke');
  return gatewayBroke();
};

const answerErrors =
  (log: Logger) =>
  async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.respond === false || ctx.body !== undefined || ctx.status !== 404) return;
      throw new ApiError(404, 'invalid_request_error', {
        message: `Unrecognized request URL (${ctx.method}: ${ctx.path.slice(0, 200)}).`,
      });
    } catch (error) {
      const answer = asApiError(error, log);
      ctx.status = answer.status;
      ctx.body = answer.body;
    }
  };

const identifyRequests =
  (ids: SandboxIds) =>
  async (ctx: Context, next: Next): Promise<void> => {
    const requestId = stripeId(ids, 'req');
    ctx.state['requestId'] = requestId;
    ctx.set('Request-Id', requestId);
    ctx.set('Stripe-Version', API_VERSION);
    ctx.set('X-Content-Type-Options', 'nosniff');
    await next();
  };

export interface HttpAppOptions {
  readonly ids: SandboxIds;
  readonly log: Logger;
  readonly mount: (router: Router) => void;
}

/** The sandbox's own Koa: errors in Stripe's envelope, bodies bounded, unknown routes answered in kind. */
export const createHttpApp = ({ ids, log, mount }: HttpAppOptions): Koa => {
  const app = new Koa();
  const router = new Router();
  mount(router);
  app.use(identifyRequests(ids));
  app.use(answerErrors(log));
  app.use(bodyParser({ enableTypes: ['json', 'form'], jsonLimit: BODY_LIMIT, formLimit: BODY_LIMIT }));
  app.use(router.routes());
  // Errors of sockets that went away while an answer was on its way: nothing is left to be answered.
  app.on('error', (error: Error) => log.debug({ err: error }, 'a connection broke off'));
  return app;
};
