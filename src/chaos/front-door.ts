import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Scope } from './scope.ts';

/** What stands before the nodes for callers who know one address only, such as the gateway with its webhooks. */
export interface FrontDoor {
  readonly url: string;
}

const CONNECT_WITHIN_MS = 500;

const reach = async (url: URL): Promise<Socket> => {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

/** A balancer of TCP connections: each goes to the next node in turn that accepts it. */
export const openFrontDoor = async (scope: Scope, nodeUrls: () => readonly string[]): Promise<FrontDoor> => {
  const open = new Set<Socket>();
  let turn = 0;
  const admit = async (client: Socket): Promise<void> => {
    const urls = nodeUrls();
    turn += 1;
    for (let tries = 0; tries < urls.length; tries += 1) {
      try {
        const node = await reach(new URL(urls[(turn + tries) % urls.length] ?? ''));
        for (const socket of [client, node]) {
          open.add(socket);
          socket.on('error', () => {
            client.destroy();
            node.destroy();
          });
          socket.once('close', () => open.delete(socket));
        }
        client.pipe(node).pipe(client);
        return;
      } catch {
        // The next one, then.
      }
    }
    client.resetAndDestroy();
  };
  const server = createServer({ noDelay: true }, (client) => {
    client.on('error', () => client.destroy());
    void admit(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};
