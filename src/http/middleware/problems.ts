import type { Context, Middleware } from 'koa';
import { RefusalError, refuse, type Refusal } from '../../domain/refusal.ts';
import type { PlainAnswer } from '../answer.ts';
import type { EdgeLog } from '../edge.ts';
import { InvalidRequestError, problemOf, type FieldError } from '../problem.ts';
import { stateOf } from './state.ts';

/** A refusal as problem+json. */
export const problemAnswer = (
  refusal: Refusal,
  requestId: string,
  errors?: readonly FieldError[],
): PlainAnswer => {
  const problem = problemOf(refusal, requestId, errors);
  const headers: string[] = [];
  if (problem.retryAfterMs !== undefined) {
    headers.push('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
  }
  if (refusal.code === 'unauthenticated') headers.push('WWW-Authenticate', 'Bearer realm="catraca"');
  return {
    status: problem.status,
    contentType: 'application/problem+json; charset=utf-8',
    text: JSON.stringify(problem),
    headers,
  };
};

/** Has a refusal sent. */
export const writeProblem = (ctx: Context, refusal: Refusal, errors?: readonly FieldError[]): void => {
  const state = stateOf(ctx);
  state.answer = problemAnswer(refusal, state.requestId, errors);
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
