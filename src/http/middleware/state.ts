import type { Context } from 'koa';
import type { Caller } from '../../domain/ports/services.ts';
import type { PlainAnswer } from '../answer.ts';

/** What the middleware of one request know together. */
export interface RequestState {
  requestId: string;
  /** The route's pattern; null until one matched. */
  route: string | null;
  quiet: boolean;
  caller: Caller | null;
  /** For the access log: what the path named, and what the answer did. */
  named: Readonly<Record<string, string>> | null;
  note: Readonly<Record<string, string>> | undefined;
  /** Set by the route: counts the answer. */
  record: ((status: number, seconds: number) => void) | null;
  /** What is to be sent, if it is plain. The last word counts. */
  answer: PlainAnswer | null;
}

export const newState = (requestId: string): RequestState => ({
  requestId,
  route: null,
  quiet: false,
  caller: null,
  named: null,
  note: undefined,
  record: null,
  answer: null,
});

/** The state of this request; set by the first middleware. */
export const stateOf = (ctx: Context): RequestState => ctx.state;
