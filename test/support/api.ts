import { randomUUID } from 'node:crypto';

export interface Ask {
  readonly token?: string;
  /** Idempotency-Key. */
  readonly key?: string;
  /** Sent as JSON; a string goes out as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, its body parsed where it is JSON. Tests name the members they look at. */
export interface Reply<B = Problem> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: B;
}

export interface Problem {
  readonly code?: string;
  readonly [member: string]: unknown;
}

/** One request to `url`, over the network like everybody else's. */
export const ask = async <B = Problem>(
  url: string,
  method: string,
  path: string,
  { token, key, body, headers = {} }: Ask = {},
): Promise<Reply<B>> => {
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as B,
  };
};

/** A stream of server-sent events, read as far as a test wants. */
export const openStream = async <E>(
  url: string,
  path: string,
  token?: string,
  headers: Readonly<Record<string, string>> = {},
) => {
  const abort = new AbortController();
  const response = await fetch(`${url}${path}`, {
    signal: abort.signal,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const late = setTimeout(() => abort.abort(new Error(`${path} did not bring what was awaited`)), 15_000);
  const seen: E[] = [];
  let text = '';
  const more = async (): Promise<boolean> => {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return false;
    text += value;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      if (data !== undefined && data !== '') seen.push(JSON.parse(data) as E);
    }
    return true;
  };
  return {
    seen: seen as readonly E[],
    /** The first event of which `wanted` holds. */
    async until(wanted: (event: E) => boolean): Promise<E> {
      for (;;) {
        const found = seen.find(wanted);
        if (found !== undefined) return found;
        if (!(await more())) throw new Error(`${path} ended after ${JSON.stringify(seen)}`);
      }
    },
    /** Reads to the end, which the server makes. */
    async ended(): Promise<void> {
      while (await more());
      clearTimeout(late);
    },
    close(): void {
      clearTimeout(late);
      abort.abort();
    },
  };
};

/** A key that no request had before. */
export const newKey = (): string => `key-${randomUUID()}`;
