import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly token: string | null;
  readonly body: unknown;
}

/** What to answer; null: nothing, ever. */
export type Script = (seen: Seen) => { readonly status: number; readonly body?: unknown } | null;

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const part of request) text += String(part);
  return text === '' ? null : (JSON.parse(text) as unknown);
};

/** A server that answers from a script and remembers what it was asked. */
export const fakeServer = async (t: ExecutionContext, script: Script) => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const answerIt = async (): Promise<void> => {
      const body = await bodyOf(request);
      const one: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        key: (request.headers['idempotency-key'] as string | undefined) ?? null,
        token: request.headers.authorization ?? null,
        body,
      };
      seen.push(one);
      const answer = script(one);
      if (answer === null) return;
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    };
    // A client that hangs up breaks the reading of its body; that is its wish.
    answerIt().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
};
