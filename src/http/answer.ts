import type { Refusal } from '../domain/refusal.ts';
import type { SseStream } from './sse.ts';

type Headers = Readonly<Record<string, string>>;

/** A JSON document. `note` goes to the access log: ids of what was made, never a secret. */
export interface JsonAnswer {
  readonly kind: 'json';
  readonly status: number;
  readonly body: object;
  readonly headers?: Headers;
  readonly note?: Headers;
}

export interface EmptyAnswer {
  readonly kind: 'empty';
}

/** Anything that is not JSON. */
export interface BytesAnswer {
  readonly kind: 'bytes';
  readonly contentType: string;
  readonly body: string | Buffer;
  /** The same, compressed before; the client gets what it takes. */
  readonly encodings?: { readonly br?: Buffer; readonly gzip?: Buffer };
  /** Names this state: a client that has it gets 304. Only where `headers` let it be kept. */
  readonly etag?: string;
  readonly headers?: Headers;
}

/** 303: what was sent is done, and stands there. */
export interface RedirectAnswer {
  readonly kind: 'redirect';
  readonly location: string;
  readonly headers?: Headers;
}

/** A server-sent event stream; `subscribe` starts what feeds it and returns how to stop that. */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly subscribe: (stream: SseStream) => () => void;
}

/** An answer as it goes out: JSON text that no cache may keep, what nearly every request is answered. */
export interface PlainAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** More headers, name after name and value. */
  readonly headers: readonly string[];
}

export type Answer = JsonAnswer | EmptyAnswer | BytesAnswer | RedirectAnswer | StreamAnswer;
export type AnswerOrRefusal = Answer | Refusal;

export const json = (
  status: number,
  body: object,
  extra: Pick<JsonAnswer, 'headers' | 'note'> = {},
): JsonAnswer => ({ kind: 'json', status, body, ...extra });

/** 204. */
export const empty: EmptyAnswer = { kind: 'empty' };
