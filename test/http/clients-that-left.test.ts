import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { RefusalError } from '../../src/domain/refusal.ts';
import { readBody } from '../../src/http/middleware/body.ts';
import { createSseHub } from '../../src/http/sse.ts';
import { createPauses } from '../../src/sandbox/pauses.ts';
import { createVirtualClock } from '../payments/virtual-clock.ts';

/** A request whose client has left before anybody looked at it: as it is when a token or the load took a moment. */
const requestOfWhoLeft = async (t: ExecutionContext, headers: Record<string, string> = {}) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const asking = request({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    method: 'POST',
    headers,
  });
  asking.on('error', () => undefined);
  asking.write(' ');
  const [incoming, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const left = Promise.all([once(incoming, 'close').catch(() => undefined), once(response, 'close')]);
  asking.destroy();
  await left;
  return { incoming, response };
};

test('a stream whose reader has left is not opened, counted or kept alive', async (t) => {
  const { response } = await requestOfWhoLeft(t);
  const clock = createVirtualClock();
  const sizes: number[] = [];
  const hub = createSseHub({
    clock,
    maxStreams: 1,
    bufferBytes: 1_000,
    heartbeatMs: 1_000,
    onSize: (open) => sizes.push(open),
    onFault: (error) => t.fail(String(error)),
  });
  hub.open(response, () => {
    t.fail('nobody reads it');
    return () => undefined;
  });
  hub.adopt(response);
  t.is(hub.size(), 0);
  t.deepEqual(sizes, []);
  t.is(clock.pending(), 0);
});

test('the body of a client that has left is refused, and nobody waits for it', async (t) => {
  const { incoming } = await requestOfWhoLeft(t, { 'content-length': '20' });
  const error = await t.throwsAsync(readBody(incoming, 100), { instanceOf: RefusalError });
  t.is((error as RefusalError).refusal.code, 'invalid_request');
});

test('the sandbox holds no answer back from a client that has left', async (t) => {
  const { response } = await requestOfWhoLeft(t);
  const clock = createVirtualClock();
  createPauses(clock).hold(response);
  t.is(clock.pending(), 0);
});
