import { Stripe } from 'stripe';
import type { GatewayAnswer } from '../../domain/ports/payment-gateway.ts';

/** As a gateway's answer, but an answer that says no also tells whether the gateway only repeated an old one. */
export type Attempted<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly replayed: boolean }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly replayed: boolean;
    }
  | { readonly kind: 'unknown'; readonly reason: string; readonly replayed: boolean };

const isReplayed = (headers: Readonly<Record<string, unknown>> | undefined): boolean =>
  headers?.['idempotent-replayed'] === 'true';

const unknown = (reason: string, replayed = false): Attempted<never> => ({
  kind: 'unknown',
  reason,
  replayed,
});

/**
 * Sorts what the SDK threw. Refused is only what the gateway decided about this very request; whatever is about the way
 * there (connection, time, its own faults, our key, its limits) leaves the outcome unknown, and the same call again is safe.
 */
const classify = (error: unknown): Attempted<never> => {
  if (!(error instanceof Stripe.errors.StripeError)) return unknown(String(error));
  const replayed = isReplayed(error.headers);
  const { code = error.rawType ?? 'invalid_request_error', message } = error;
  if (error instanceof Stripe.errors.StripeCardError) {
    return { kind: 'refused', code: error.decline_code || code, message, replayed };
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return { kind: 'refused', code: 'idempotency_error', message, replayed: true };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    return { kind: 'refused', code, message, replayed };
  }
  return unknown(`${error.type}: ${message}`, replayed);
};

interface WithHeaders {
  readonly lastResponse?: { readonly headers?: Readonly<Record<string, unknown>> };
}

/**
 * Runs one call, at most for `timeoutMs` over all. The SDK's own timeout only notices a silent socket: it starts anew
 * with every byte and with every retry.
 */
export const attempt = async <T extends object>(
  timeoutMs: number,
  call: () => Promise<T>,
): Promise<Attempted<T>> => {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Attempted<never>>((resolve) => {
    timer = setTimeout(() => resolve(unknown(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  const answered = async (): Promise<Attempted<T>> => {
    try {
      const value = await call();
      return { kind: 'ok', value, replayed: isReplayed((value as WithHeaders).lastResponse?.headers) };
    } catch (error) {
      return classify(error);
    }
  };
  try {
    return await Promise.race([answered(), deadline]);
  } finally {
    clearTimeout(timer);
  }
};

/** The port's answer: what was only of interest on the way is left out. */
export const toAnswer = <T, U>(attempted: Attempted<T>, map: (value: T) => U): GatewayAnswer<U> => {
  switch (attempted.kind) {
    case 'ok':
      return { kind: 'ok', value: map(attempted.value) };
    case 'refused':
      return { kind: 'refused', code: attempted.code, message: attempted.message };
    default:
      return { kind: 'unknown', reason: attempted.reason };
  }
};
