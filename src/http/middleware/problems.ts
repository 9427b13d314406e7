import type { Context, Middleware } from 'koa';
import { RefusalError, refuse, type Refusal } from '../../domain/refusal.ts';
import type { EdgeLog } from '../edge.ts';
import { InvalidRequestError, problemOf, type FieldError } from '../problem.ts';
import { stateOf } from './state.ts';

/** Writes a refusal as problem+json; nothing a cache may keep. */
export const writeProblem = (ctx: Context, refusal: Refusal, errors?: readonly FieldError[]): void => {
  const problem = problemOf(refusal, stateOf(ctx).requestId, errors);
  ctx.status = problem.status;
  ctx.set('Content-Type', 'application/problem+json; charset=utf-8');
  ctx.set('Cache-Control', 'no-store');
  ctx.remove('ETag');
  if (problem.retryAfterMs !== undefined) {
    ctx.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
  }
  if (refusal.code === 'unauthenticated') ctx.set('WWW-Authenticate', 'Bearer realm="catraca"');
  ctx.body = JSON.stringify(problem);
};

/**
 * The one place where errors become answers. A fault tells the client its request id and nothing else; the log gets the
 * rest under the same id.
 */
export const problems =
  (log: EdgeLog): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (error instanceof InvalidRequestError) writeProblem(ctx, error.refusal, error.errors);
      else if (error instanceof RefusalError) writeProblem(ctx, error.refusal);
      else {
        const { requestId, route } = stateOf(ctx);
        log.error({ err: error, requestId, route }, 'a request broke');
        writeProblem(ctx, refuse('internal'));
      }
    }
  };
