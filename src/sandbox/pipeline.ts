import { timingSafeEqual, createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { z } from 'zod';
import type { SandboxClock } from './environment.ts';
import { ApiError, gatewayBroke, invalidRequest } from './errors.ts';
import type { Faults, RequestFault, RequestOperation } from './faults.ts';
import { parseForm } from './form.ts';
import { fingerprintOf, type IdempotencyKeys } from './idempotency.ts';
import type { Change, Ledger } from './ledger.ts';
import { intentObject, refundObject, type EventRecord, type JsonObject } from './objects.ts';
import type { Caller, Outcome } from './operations.ts';
import { readParams } from './params.ts';
import type { Pauses } from './pauses.ts';

export interface Pipeline {
  /** One POST of the API: idempotency, faults, the operation, the commit, the answer. */
  mutate<S extends z.ZodType<{ expand: string[] }>>(
    ctx: Context,
    operation: RequestOperation,
    schema: S,
    execute: (params: z.output<S>, caller: Caller) => Outcome,
  ): Promise<void>;
  /** As `mutate`, for the hosted page: no key, and the caller writes the answer. Null: there is to be none. */
  pay(ctx: Context, execute: (caller: Caller) => Outcome): Promise<Outcome | null>;
  /** One GET of the API. */
  read<S extends z.ZodType>(
    ctx: Context,
    schema: S,
    execute: (params: z.output<S>) => JsonObject,
  ): Promise<void>;
  /** What is not asked for by a request. */
  commit(outcome: Outcome): Promise<void>;
}

export interface PipelineOptions {
  readonly ledger: Ledger;
  readonly keys: IdempotencyKeys;
  readonly faults: Faults;
  readonly pauses: Pauses;
  readonly clock: SandboxClock;
  readonly secretKey: string;
  readonly origin: () => string;
  readonly announce: (event: EventRecord) => void;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const presentedKey = (header: string): string | null => {
  const [scheme = '', value = ''] = header.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return null;
  return Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0] ?? '';
};

/** The secret key, as a bearer token or as the user of basic authentication. Throws `ApiError` 401. */
const authenticate = (ctx: Context, secretKey: string): void => {
  const key = presentedKey(ctx.get('authorization'));
  if (key !== null && timingSafeEqual(digest(key), digest(secretKey))) return;
  ctx.set('WWW-Authenticate', 'Basic realm="Stripe"');
  throw new ApiError(401, 'invalid_request_error', {
    message: key === null ? 'You did not provide an API key.' : 'Invalid API Key provided.',
  });
};

const expandsCharge = (expand: readonly string[], prefix = ''): boolean => {
  const unknown = expand.find((path) => path !== `${prefix}latest_charge`);
  if (unknown !== undefined)
    throw invalidRequest(`This property cannot be expanded (${unknown}).`, undefined, 'expand');
  return expand.length > 0;
};

/** Whether a list or a read is to show charges in full. Throws `ApiError` 400 for anything else one might expand. */
export const readsCharge = expandsCharge;

const rawBodyOf = (ctx: Context): string => {
  const raw = ctx.request.rawBody as string | undefined;
  if (raw === undefined && Number(ctx.get('content-length') || 0) > 0) {
    throw invalidRequest('Send parameters as application/x-www-form-urlencoded.');
  }
  return raw ?? '';
};

export const createPipeline = (options: PipelineOptions): Pipeline => {
  const { ledger, keys, faults, pauses, clock } = options;

  const commit = async (change: Change): Promise<void> => {
    await ledger.commit(change);
    // Only now: nobody may hear of something that a crash could still undo.
    for (const event of change.events) options.announce(event);
  };

  /** Waits or fails as the fault says; the rest of the fault is due after the operation. */
  const before = async (operation: RequestOperation): Promise<RequestFault | null> => {
    const fault = faults.strikeRequest(operation);
    if (fault?.kind === 'slow') await pauses.wait(fault.delayMs);
    if (fault?.kind === 'error_before') throw gatewayBroke();
    return fault;
  };

  const hold = (ctx: Context): void => {
    ctx.respond = false;
    pauses.hold(ctx.res);
  };

  const bodyOf = (change: Omit<Change, 'remembered' | 'events'>, expandCharge: boolean): JsonObject => {
    if (change.refund !== null) return refundObject(change.refund);
    if (change.intent !== null) return intentObject(change.intent, options.origin(), expandCharge);
    throw new Error('an answer without a subject');
  };

  const send = (ctx: Context, status: number, body: JsonObject): void => {
    ctx.status = status;
    ctx.body = body;
  };

  const callerOf = (ctx: Context, idempotencyKey: string | null): Caller => ({
    requestId: ctx.state['requestId'] as string,
    idempotencyKey,
  });

  const performFirst = async <S extends z.ZodType<{ expand: string[] }>>(
    ctx: Context,
    work: {
      operation: RequestOperation;
      schema: S;
      execute: (params: z.output<S>, caller: Caller) => Outcome;
      raw: string;
      key: string;
      fingerprint: string;
    },
  ): Promise<void> => {
    const fault = await before(work.operation);
    const params = readParams(work.schema, parseForm(work.raw));
    const expandCharge = expandsCharge(params.expand);
    const outcome = work.execute(params, callerOf(ctx, work.key === '' ? null : work.key));
    const broken = fault?.kind === 'error_after';
    // Stripe keeps the first answer even if it is a 500: the same key then brings the same 500 again.
    const status = broken ? 500 : outcome.status;
    const error = broken ? gatewayBroke().body : outcome.error;
    const change = outcome.change ?? { intent: null, refund: null, events: [] };
    const { key, fingerprint } = work;
    const remembered =
      key === '' ? null : { key, fingerprint, atMs: clock.nowMs(), status, body: error, expandCharge };
    if (outcome.change !== null || remembered !== null) await commit({ ...change, remembered });
    if (fault?.kind === 'timeout_after_success') hold(ctx);
    else send(ctx, status, error ?? bodyOf(change, expandCharge));
  };

  return {
    async mutate(ctx, operation, schema, execute) {
      authenticate(ctx, options.secretKey);
      const raw = rawBodyOf(ctx);
      const key = ctx.get('idempotency-key');
      const fingerprint = fingerprintOf(ctx.method, ctx.path, raw);
      if (key === '') return performFirst(ctx, { operation, schema, execute, raw, key, fingerprint });
      const claim = keys.claim(key, fingerprint, clock.nowMs());
      ctx.set('Idempotency-Key', key);
      if (claim.kind === 'replay') {
        ctx.set('Idempotent-Replayed', 'true');
        const { answer } = claim;
        return send(ctx, answer.status, answer.body ?? bodyOf(answer, answer.expandCharge));
      }
      try {
        return await performFirst(ctx, { operation, schema, execute, raw, key, fingerprint });
      } finally {
        claim.release();
      }
    },

    async pay(ctx, execute) {
      const fault = await before('pay');
      const outcome = execute(callerOf(ctx, null));
      if (outcome.change !== null) await commit({ ...outcome.change, remembered: null });
      if (fault?.kind === 'error_after') throw gatewayBroke();
      if (fault?.kind !== 'timeout_after_success') return outcome;
      hold(ctx);
      return null;
    },

    async read(ctx, schema, execute) {
      authenticate(ctx, options.secretKey);
      const fault = await before('retrieve');
      const body = execute(readParams(schema, parseForm(ctx.querystring)));
      if (fault?.kind === 'error_after') throw gatewayBroke();
      if (fault?.kind === 'timeout_after_success') hold(ctx);
      else send(ctx, 200, body);
    },

    async commit(outcome) {
      if (outcome.change !== null) await commit({ ...outcome.change, remembered: null });
    },
  };
};
