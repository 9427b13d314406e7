import type { Answer, Ask, Client } from '../../rush/client.ts';
import type { History } from './history.ts';

/** Members of an answer that say which seats, holds and orders it is about. */
const TELLING = [
  'fanId',
  'eventId',
  'holdId',
  'orderId',
  'sectionId',
  'seats',
  'status',
  'expiresAt',
  'payBy',
];

const tellingOf = (body: unknown): object | undefined => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const found = Object.entries(body).filter(([name]) => TELLING.includes(name));
  return found.length === 0 ? undefined : Object.fromEntries(found);
};

/** What an answer proves: a 5xx proves nothing, whatever it says of itself. */
const typeOf = (answer: Answer): 'ok' | 'fail' | 'unknown' => {
  if (answer.kind === 'ok') return 'ok';
  return answer.kind === 'refused' && answer.status < 500 ? 'fail' : 'unknown';
};

/** Who asks: the fan a token was given to, learnt as sign-ins pass by. Shared by the clients of one run. */
export const createProcessNames = () => {
  const byToken = new Map<string, string>();
  return {
    of: (token: string | undefined): string =>
      token === undefined ? 'crowd' : (byToken.get(token) ?? 'operator'),
    learn(body: unknown): void {
      const { fanId, token } = body as { readonly fanId?: unknown; readonly token?: unknown };
      if (typeof fanId === 'string' && typeof token === 'string') byToken.set(token, fanId);
    },
  };
};
export type ProcessNames = ReturnType<typeof createProcessNames>;

/** Writes each request of `client` into the history, before it is sent and when its outcome is known. */
export const recorded = (client: Client, node: string, names: ProcessNames, history: History): Client => ({
  ...client,
  async ask(what: Ask) {
    const request = history.nextRequest();
    const process = names.of(what.token);
    const { step: op, method, to, key, body: asked } = what;
    history.write({
      type: 'invoke',
      request,
      atMs: history.nowMs(),
      process,
      node,
      op,
      method,
      to,
      key,
      asked,
    });
    const answer = await client.ask(what);
    if (answer.kind === 'ok' && op === 'sign_in') names.learn(answer.body);
    history.write({
      type: typeOf(answer),
      request,
      atMs: history.nowMs(),
      process,
      op,
      ...(answer.kind === 'unknown' ? { code: answer.reason } : { status: answer.status }),
      ...(answer.kind === 'refused' ? { code: answer.code } : {}),
      ...(answer.kind === 'ok' ? { said: tellingOf(answer.body) ?? {} } : {}),
    });
    return answer;
  },
});
