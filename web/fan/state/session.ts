import { ask, insist, newKey, type Ask, type Reply } from '../../shared/api.ts';
import { learnTime, serverNowMs } from './clock.ts';
import { stored } from './stored.ts';

export interface Session {
  readonly fanId: string;
  readonly token: string;
  readonly expiresAt: string;
}

const session = stored<Session | null>('fan', null);
/** Two tabs that sign in at once use one key, and so become one fan. */
const signInKey = stored<string | null>('fan-key', null);

const MARGIN_MS = 60_000;

const isAlive = (one: Session | null): one is Session =>
  one !== null && Date.parse(one.expiresAt) > serverNowMs() + MARGIN_MS;

/** Whether this browser is somebody already. */
export const isKnown = (): boolean => isAlive(session.value);

/** The fan's token; signs in as a guest where there is none. Null: the server could not be reached. */
export const fanToken = async (): Promise<string | null> => {
  if (isAlive(session.value)) return session.value.token;
  signInKey.value ??= newKey();
  const reply = await insist<Session>('POST', '/v1/fans', { key: signInKey.value });
  if (!reply.ok) {
    if (reply.problem.code === 'idempotency_key_reused') signInKey.value = null;
    return null;
  }
  session.value = reply.body;
  signInKey.value = null;
  return reply.body.token;
};

/** A request of this fan's. A token that the server no longer takes is replaced once. */
export const asFan = async <T>(
  method: string,
  path: string,
  options: Ask & { readonly tries?: number } = {},
): Promise<Reply<T>> => {
  const send = async (): Promise<Reply<T>> => {
    const token = await fanToken();
    if (token === null) return { ok: false, problem: { code: 'network', status: 0, detail: '' } };
    return options.tries === 1
      ? ask<T>(method, path, { ...options, token })
      : insist<T>(method, path, { ...options, token }, options.tries);
  };
  let reply = await send();
  if (!reply.ok && reply.problem.code === 'unauthenticated') {
    session.value = null;
    reply = await send();
  }
  if (reply.ok) learnTime(reply.at);
  return reply;
};

/** This browser is that fan from now on: somebody typed the fan's code here. */
export const becomeFan = (next: Session): void => {
  session.value = next;
};

/** The token for a stream; it is signed in by then. */
export const tokenNow = (): string | null => session.value?.token ?? null;
