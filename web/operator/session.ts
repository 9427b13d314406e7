import { computed, signal } from '@preact/signals';
import { ask, newKey, type Reply } from '../shared/api.ts';
import { learnFeatures } from './features.ts';

/** Who looks at this page, as the server knows him. */
export interface Session {
  readonly id: string;
  readonly role: 'operator' | 'viewer';
  /** Actors may be killed. */
  readonly chaos: boolean;
}

/** Kept for this tab alone: a token that lies around in a browser is a token lost. */
const KEPT = 'catraca.operator';

const token = signal(sessionStorage.getItem(KEPT) ?? '');

export const session = signal<Session | null>(null);
/** Why nobody is signed in, where that needs a word. */
export const refusedWhy = signal<'refused' | 'noAnswer' | null>(null);
/** Looking is for all; acting is not. */
export const mayAct = computed(() => session.value?.role === 'operator');

export const bearer = (): string => token.value;

export const signOut = (): void => {
  sessionStorage.removeItem(KEPT);
  token.value = '';
  session.value = null;
};

/** Asks the server whose token this is. */
export const signIn = async (given: string): Promise<void> => {
  const reply = await ask<Session>('GET', '/v1/operator/session', { token: given });
  if (!reply.ok) {
    const { code } = reply.problem;
    const refused = code === 'unauthenticated' || code === 'forbidden';
    if (refused) signOut();
    refusedWhy.value = refused ? 'refused' : 'noAnswer';
    return;
  }
  sessionStorage.setItem(KEPT, given);
  token.value = given;
  refusedWhy.value = null;
  await learnFeatures();
  session.value = reply.body;
};

/** After a reload: the token of this tab, if it has one. */
export const resume = async (): Promise<void> => {
  if (token.value !== '') await signIn(token.value);
};

/** One request in the operator's name. A token that ran out leads back to the door. */
export const call = async <T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Reply<T>> => {
  const reply = await ask<T>(method, path, {
    token: token.value,
    ...(method === 'POST' ? { key: newKey() } : {}),
    ...(body === undefined ? {} : { body }),
  });
  if (!reply.ok && reply.problem.code === 'unauthenticated') {
    signOut();
    refusedWhy.value = 'refused';
  }
  return reply;
};
