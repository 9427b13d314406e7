import { createHash } from 'node:crypto';
import { ApiError } from './errors.ts';
import type { Ledger, RememberedAnswer } from './ledger.ts';

const MAX_KEY_LENGTH = 255;

export type Claim =
  | { readonly kind: 'first'; readonly release: () => void }
  | { readonly kind: 'replay'; readonly answer: RememberedAnswer };

export interface IdempotencyKeys {
  /**
   * Claims a key for a request, or finds the answer of its first one. Throws `ApiError`: 400 if the key came with another
   * request before, 409 while its first request is still running. `release` must be called when that one is over.
   */
  claim(key: string, fingerprint: string, nowMs: number): Claim;
}

/** The same request has the same fingerprint, in whatever order its parameters were written. */
export const fingerprintOf = (method: string, path: string, body: string): string =>
  createHash('sha256')
    .update(`${method} ${path}\n${body.split('&').sort().join('&')}`)
    .digest('base64url');

const reused = (key: string): ApiError =>
  new ApiError(400, 'idempotency_error', {
    message:
      'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
      `Try using a key other than '${key}' if you meant to execute a different request.`,
  });

export const createIdempotencyKeys = (ledger: Pick<Ledger, 'remembered'>): IdempotencyKeys => {
  const running = new Map<string, string>();
  return {
    claim(key, fingerprint, nowMs) {
      if (key.length > MAX_KEY_LENGTH) {
        throw new ApiError(400, 'invalid_request_error', {
          message: `Idempotency keys may have at most ${MAX_KEY_LENGTH} characters.`,
        });
      }
      const inFlight = running.get(key);
      if (inFlight !== undefined) {
        if (inFlight !== fingerprint) throw reused(key);
        throw new ApiError(409, 'idempotency_error', {
          code: 'idempotency_key_in_use',
          message: 'There is currently another in-progress request using this idempotency key.',
        });
      }
      const answer = ledger.remembered(key, nowMs);
      if (answer !== null) {
        if (answer.fingerprint !== fingerprint) throw reused(key);
        return { kind: 'replay', answer };
      }
      running.set(key, fingerprint);
      return { kind: 'first', release: () => running.delete(key) };
    },
  };
};
