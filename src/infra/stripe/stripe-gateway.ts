import { Stripe } from 'stripe';
import type { AttemptId, EventId } from '../../domain/ids.ts';
import type {
  GatewayAnswer,
  Intent,
  IntentStatus,
  OpenIntent,
  PaymentGateway,
} from '../../domain/ports/payment-gateway.ts';
import type { Logger } from '../log.ts';
import { findByAttempt } from './find-attempt.ts';
import { metadataOf, toIntent } from './intent-mapping.ts';
import { attempt, toAnswer, type Attempted } from './outcome.ts';
import { verifyStripeWebhook } from './webhook.ts';

export interface StripeGatewayOptions {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** The origin of a gateway that speaks Stripe's protocol; null: Stripe itself. */
  readonly apiUrl: string | null;
  /** Where a fan pays, with `{intent}` in the place of the id; null: the page that a gateway at `apiUrl` hosts. */
  readonly checkoutUrlTemplate: string | null;
  /** How long one call may take, its retries included. A method makes at most four calls, except `ledger` and the search for a lost intent. */
  readonly timeoutMs: number;
  /** Repeats by the SDK itself; absent: none, because whoever calls repeats with the same key, at rising intervals. */
  readonly maxNetworkRetries?: number;
  readonly log: Logger;
}

const UNEXPECTED_STATE = 'unexpected_state';
const LEDGER_PAGE = 100;
const EXPAND = ['latest_charge'];

const createClient = (options: StripeGatewayOptions): Stripe => {
  const { maxNetworkRetries = 0, timeoutMs: timeout } = options;
  const common = { telemetry: false, maxNetworkRetries, timeout };
  if (options.apiUrl === null) return new Stripe(options.secretKey, common);
  const url = new URL(options.apiUrl);
  if (url.pathname !== '/') throw new Error('the gateway URL must be an origin, without a path');
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port);
  return new Stripe(options.secretKey, { ...common, host: url.hostname, port, protocol });
};

const checkoutTemplate = ({ apiUrl, checkoutUrlTemplate }: StripeGatewayOptions): string => {
  const template = checkoutUrlTemplate ?? (apiUrl === null ? null : `${new URL(apiUrl).origin}/pay/{intent}`);
  if (template === null || !template.includes('{intent}')) {
    throw new Error(
      'a checkout URL with {intent} in it is needed: Stripe itself has no page for a bare intent',
    );
  }
  return template;
};

/** A write to an intent, how to tell that it has happened, and the state from which it can still be done. */
interface Step {
  readonly key: string;
  readonly wanted: IntentStatus;
  readonly from: readonly IntentStatus[];
  readonly send: (idempotencyKey: string) => Promise<Stripe.PaymentIntent>;
}

const createSteps = (stripe: Stripe, timeoutMs: number) => {
  const read = async (intentId: string): Promise<GatewayAnswer<Intent>> =>
    toAnswer(
      await attempt(timeoutMs, () => stripe.paymentIntents.retrieve(intentId, { expand: EXPAND })),
      toIntent,
    );

  /**
   * Settles what a write's answer leaves open, by reading. A repeated answer under the same key may be older than the
   * intent: the gateway keeps even its refusals and its own faults for a day and brings them again. Where the intent can
   * still make the step, a second key asks anew; the intent's state, not the key, is what keeps the step from happening twice.
   */
  const settle = async (intentId: string, step: Step): Promise<GatewayAnswer<Intent>> => {
    const first = await attempt(timeoutMs, () => step.send(step.key));
    if (first.kind === 'unknown' && !first.replayed) return { kind: 'unknown', reason: first.reason };
    if (first.kind === 'ok' && !first.replayed) {
      const intent = toIntent(first.value);
      if (intent.status === step.wanted) return { kind: 'ok', value: intent };
    }
    const seen = await read(intentId);
    if (seen.kind !== 'ok' || seen.value.status === step.wanted) return seen;
    const { status } = seen.value;
    if (status === 'processing') return { kind: 'unknown', reason: 'the intent is still processing' };
    const possible = step.from.includes(status);
    if (possible && first.kind !== 'ok' && first.replayed) return settleAnew(intentId, step);
    if (possible && first.kind === 'refused') return toAnswer(first, toIntent);
    const message = first.kind === 'refused' ? first.message : `the intent is ${status}`;
    return { kind: 'refused', code: UNEXPECTED_STATE, message };
  };

  const settleAnew = async (intentId: string, step: Step): Promise<GatewayAnswer<Intent>> => {
    const second = await attempt(timeoutMs, () => step.send(`${step.key}:2`));
    if (second.kind === 'refused') {
      const seen = await read(intentId);
      if (seen.kind !== 'ok' || seen.value.status === step.wanted) return seen;
      return { kind: 'refused', code: UNEXPECTED_STATE, message: second.message };
    }
    return toAnswer(second, toIntent);
  };

  return { read, settle };
};

const createRefunds = (
  stripe: Stripe,
  timeoutMs: number,
  read: (intentId: string) => Promise<GatewayAnswer<Intent>>,
) => {
  const send = (intentId: string, idempotencyKey: string): Promise<Attempted<Stripe.Refund>> =>
    attempt(timeoutMs, () => stripe.refunds.create({ payment_intent: intentId }, { idempotencyKey }));

  /** True: what was taken has all gone back, so another refund would only be refused. */
  const isWhole = (intent: Intent): boolean =>
    intent.capturedMinor > 0 && intent.refundedMinor >= intent.capturedMinor;

  return async (intentId: string, attemptId: AttemptId): Promise<GatewayAnswer<Intent>> => {
    const key = `${attemptId}:refund`;
    let sent = await send(intentId, key);
    if (sent.kind === 'unknown' && !sent.replayed) return { kind: 'unknown', reason: sent.reason };
    let seen = await read(intentId);
    if (seen.kind !== 'ok' || isWhole(seen.value)) return seen;
    if (sent.kind !== 'ok' && sent.replayed && seen.value.status === 'captured') {
      sent = await send(intentId, `${key}:2`);
      if (sent.kind === 'unknown') return { kind: 'unknown', reason: sent.reason };
      seen = await read(intentId);
      if (seen.kind !== 'ok' || isWhole(seen.value)) return seen;
    }
    if (sent.kind === 'refused') return { kind: 'refused', code: sent.code, message: sent.message };
    return { kind: 'refused', code: 'refund_failed', message: 'The bank did not take the money back.' };
  };
};

const createOpen = (
  stripe: Stripe,
  timeoutMs: number,
  read: (intentId: string) => Promise<GatewayAnswer<Intent>>,
) => {
  const send = (request: OpenIntent, idempotencyKey: string): Promise<Attempted<Stripe.PaymentIntent>> =>
    attempt(timeoutMs, () =>
      stripe.paymentIntents.create(
        {
          amount: request.amountMinor,
          currency: request.currency.toLowerCase(),
          capture_method: 'manual',
          allowed_payment_method_types: ['card'],
          description: request.description,
          metadata: metadataOf(request),
        },
        { idempotencyKey },
      ),
    );

  /** The key brings nothing but an old fault. Its request is over, so the list tells for certain whether it had an effect. */
  const recover = async (
    request: OpenIntent,
    first: Attempted<Stripe.PaymentIntent>,
  ): Promise<GatewayAnswer<Intent>> => {
    const found = await findByAttempt(stripe, timeoutMs, request.attemptId);
    if (found.kind === 'found') return { kind: 'ok', value: toIntent(found.intent) };
    if (found.kind === 'unknown') return { kind: 'unknown', reason: found.reason };
    if (first.kind === 'refused') return toAnswer(first, toIntent);
    return toAnswer(await send(request, `${request.attemptId}:2`), toIntent);
  };

  return async (request: OpenIntent): Promise<GatewayAnswer<Intent>> => {
    const first = await send(request, request.attemptId);
    if (first.kind === 'ok') {
      // A repeated answer shows the intent as it was at its opening; it may have been paid since.
      return first.replayed ? read(first.value.id) : { kind: 'ok', value: toIntent(first.value) };
    }
    const isOver = first.kind === 'unknown' ? first.replayed : first.code === 'idempotency_error';
    return isOver ? recover(request, first) : toAnswer(first, toIntent);
  };
};

/** Newest first. Throws when a page cannot be read: half a ledger must never look like a whole one. */
const createLedger = (stripe: Stripe, timeoutMs: number) =>
  async function* (eventId?: EventId, sinceMs?: number): AsyncGenerator<Intent> {
    const created = sinceMs === undefined ? {} : { created: { gte: Math.floor(sinceMs / 1_000) } };
    const pages = stripe.paymentIntents.list({
      limit: LEDGER_PAGE,
      expand: ['data.latest_charge'],
      ...created,
    });
    for (;;) {
      const next = await attempt(timeoutMs, () => pages.next());
      if (next.kind !== 'ok') {
        const reason = next.kind === 'unknown' ? next.reason : next.message;
        throw new Error(`the gateway's ledger could not be read to its end: ${reason}`);
      }
      if (next.value.done === true) return;
      const intent = toIntent(next.value.value);
      if (eventId === undefined || intent.eventId === eventId) yield intent;
    }
  };

/**
 * The gateway behind the official SDK: Stripe, or whatever speaks its protocol at `apiUrl`. Throws at once if the options
 * cannot work; no method of what it returns rejects (`ledger` throws, as its port says).
 */
export const createStripeGateway = (options: StripeGatewayOptions): PaymentGateway => {
  const stripe = createClient(options);
  const template = checkoutTemplate(options);
  const { timeoutMs, log } = options;
  const { read, settle } = createSteps(stripe, timeoutMs);
  const open = createOpen(stripe, timeoutMs, read);
  const refund = createRefunds(stripe, timeoutMs, read);

  const told = async (
    operation: string,
    about: string,
    answer: Promise<GatewayAnswer<Intent>>,
  ): Promise<GatewayAnswer<Intent>> => {
    const known = await answer;
    if (known.kind === 'unknown')
      log.warn({ operation, about, reason: known.reason }, 'gateway: outcome unknown');
    if (known.kind === 'refused') log.info({ operation, about, code: known.code }, 'gateway: refused');
    return known;
  };

  return {
    open: (request) => told('open', request.attemptId, open(request)),
    read: (intentId) => told('read', intentId, read(intentId)),
    capture: (intentId, attemptId) =>
      told(
        'capture',
        intentId,
        settle(intentId, {
          key: `${attemptId}:capture`,
          wanted: 'captured',
          from: ['authorised'],
          send: (idempotencyKey) =>
            stripe.paymentIntents.capture(intentId, { expand: EXPAND }, { idempotencyKey }),
        }),
      ),
    cancel: (intentId, attemptId) =>
      told(
        'cancel',
        intentId,
        settle(intentId, {
          key: `${attemptId}:cancel`,
          wanted: 'cancelled',
          from: ['open', 'authorised'],
          send: (idempotencyKey) =>
            stripe.paymentIntents.cancel(intentId, { expand: EXPAND }, { idempotencyKey }),
        }),
      ),
    refund: (intentId, attemptId) => told('refund', intentId, refund(intentId, attemptId)),
    ledger: createLedger(stripe, timeoutMs),
    verifyWebhook: (rawBody, signature, nowMs) =>
      verifyStripeWebhook(stripe, options.webhookSecret, rawBody, signature, nowMs),
    checkoutUrl: (intentId) => template.replaceAll('{intent}', encodeURIComponent(intentId)),
  };
};
