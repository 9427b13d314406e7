import type { z } from 'zod';
import type { Priority } from '../domain/concurrency-limit.ts';
import type { Caller } from '../domain/ports/services.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { AnswerOrRefusal } from './answer.ts';

/**
 * - `public`    nobody is asked who they are
 * - `optional`  a fan's token is read if there is one
 * - `fan`, `operator`  that role and no other
 * - `viewer`    operators and viewers: looking, not touching
 * - `service`   another process of ours
 * - `signed`    the handler checks a signature over the raw body
 */
export type Auth = 'public' | 'optional' | 'fan' | 'operator' | 'viewer' | 'service' | 'signed';

type CallerOf<A extends Auth> = A extends 'public' | 'signed'
  ? null
  : A extends 'optional'
    ? Caller | null
    : Caller;

/** One request, checked. */
export interface Call<A extends Auth, P, Q, H, B> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  /** Parsed by the schema; the untouched bytes where the route is `signed`. */
  readonly body: B;
  readonly caller: CallerOf<A>;
  readonly requestId: string;
  /** Where the request came from; behind a trusted proxy what that says. Null: the connection is gone. */
  readonly address: string | null;
  /** Whether an Idempotency-Key came with it. */
  readonly keyed: boolean;
  /** The id for what this request creates: derived from the key, so that a repeat names the same thing; else fresh. */
  readonly newId: string;
  /** Hash of what is asked for; the same for a repeat. Empty where the route is not idempotent. */
  readonly fingerprint: string;
}

/** Who answers a route, where the services run in processes of their own. */
export type Service = 'gateway' | 'tickets' | 'payments';

export interface ResponseDefinition {
  readonly description: string;
  /** Of a JSON body; absent: no body, or `contentType`. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

interface RouteMembers {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As @koa/router takes it. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly auth: Auth;
  /** Who is refused first when there are too many. */
  readonly priority: Priority;
  readonly responses: Readonly<Record<number, ResponseDefinition>>;
  /** What it may refuse with, beyond what every route may. */
  readonly refusals?: readonly RefusalCode[];
  /**
   * - `stored`   the first 2xx answer is kept and given again
   * - `derived`  nothing is kept: what is created is named after the key and its owner recognises the repeat
   */
  readonly idempotent?: 'stored' | 'derived';
  /** May be kept by the edge cache for a second. */
  readonly cacheable?: boolean;
  /** Logged at debug level only: thousands of these come every second. */
  readonly quiet?: boolean;
  /** Asked for so often in a rush that it is tried before all others. */
  readonly hot?: boolean;
  readonly bodyLimitBytes?: number;
}

export interface RouteDefinition<
  A extends Auth,
  P extends z.ZodType,
  Q extends z.ZodType,
  H extends z.ZodType,
  B extends z.ZodType,
> extends RouteMembers {
  readonly auth: A;
  readonly params?: P;
  readonly query?: Q;
  /** Names in lower case. */
  readonly headers?: H;
  readonly body?: B;
  readonly handler: (
    call: Call<A, z.output<P>, z.output<Q>, z.output<H>, z.output<B>>,
  ) => AnswerOrRefusal | Promise<AnswerOrRefusal>;
}

/** What the server sees of a route: the same, with its types forgotten. */
export interface Route extends RouteMembers {
  /** Absent: every process answers it by itself. */
  readonly service?: Service;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly handler: (
    call: Call<Auth, unknown, unknown, unknown, unknown>,
  ) => AnswerOrRefusal | Promise<AnswerOrRefusal>;
}

/**
 * One route: its schemas both check what comes in and describe it in /openapi.json. Malformed `params` answer 404, malformed
 * `query`, `headers` and `body` 400.
 */
export const defineRoute = <
  A extends Auth,
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  H extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodUndefined,
>(
  definition: RouteDefinition<A, P, Q, H, B>,
): Route => definition as unknown as Route;
