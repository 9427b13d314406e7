import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { freePort } from '../../src/infra/free-port.ts';

/** Where Linux begins to number outgoing connections, unless told otherwise. */
const OUTGOING_FROM = 32_768;

test('a free port can be bound, is given once, and is none that an outgoing connection takes', async (t) => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  t.is(new Set(ports).size, ports.length);
  t.true(ports.every((port) => port > 1_024 && port < OUTGOING_FROM));
  for (const port of ports.slice(0, 5)) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  }
});
