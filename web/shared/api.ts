import type { RefusalCode } from '../../src/domain/refusal.ts';

/** A coded no of the server, or of what lies between: `network` means that nobody knows whether it was heard. */
export interface Problem {
  readonly code: RefusalCode | 'network';
  readonly status: number;
  readonly detail: string;
  readonly seatIds?: readonly string[];
  readonly retryAfterMs?: number;
}

export type Reply<T> =
  | { readonly ok: true; readonly status: number; readonly body: T; readonly at: Date | null }
  | { readonly ok: false; readonly problem: Problem };

export interface Ask {
  readonly token?: string | null;
  /** Idempotency-Key: the same one for every repeat of the same wish. */
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 12_000;

const NETWORK: Problem = { code: 'network', status: 0, detail: '' };

const problemOf = async (response: Response): Promise<Problem> => {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.code === 'string') {
      return { ...body, code: body.code, status: response.status, detail: body.detail ?? '' };
    }
  } catch {
    // A proxy's own page: its status is all there is.
  }
  return { code: response.status === 404 ? 'not_found' : 'unavailable', status: response.status, detail: '' };
};

const headersOf = ({ token, key, body, headers }: Ask): Record<string, string> => ({
  ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
  ...(key === undefined ? {} : { 'idempotency-key': key }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...headers,
});

/** One request, one answer; never rejects. `at` is the server's clock as the answer left it. */
export const ask = async <T>(method: string, path: string, options: Ask = {}): Promise<Reply<T>> => {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(path, {
      method,
      headers: headersOf(options),
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    const date = response.headers.get('date');
    const body = (response.status === 204 ? undefined : await response.json()) as T;
    return { ok: true, status: response.status, body, at: date === null ? null : new Date(date) };
  } catch {
    return { ok: false, problem: NETWORK };
  }
};

/** What may simply be asked again, with the same key: nothing happened, or nobody knows. */
const PASSING: ReadonlySet<Problem['code']> = new Set([
  'network',
  'overloaded',
  'unavailable',
  'rate_limited',
  'outcome_unknown',
  'idempotency_in_progress',
]);

export const isPassing = (problem: Problem): boolean => PASSING.has(problem.code);

/** Half to all of `ms`, so that a crowd does not come back in one moment. */
export const jittered = (ms: number): number => ms * (0.5 + Math.random() / 2);

export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

/** Asks until there is an answer that waiting does not change, at rising intervals, at most `tries` times. */
export const insist = async <T>(
  method: string,
  path: string,
  options: Ask = {},
  tries = 5,
): Promise<Reply<T>> => {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await ask<T>(method, path, options);
    if (reply.ok || !isPassing(reply.problem) || attempt >= tries || options.signal?.aborted === true) {
      return reply;
    }
    await pause(
      Math.max(reply.problem.retryAfterMs ?? 0, jittered(Math.min(8_000, 400 * 2 ** attempt))),
      options.signal,
    );
  }
};

/** A key that no wish had before. `randomUUID` needs a secure context, which a shop in a local network may lack. */
export const newKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
