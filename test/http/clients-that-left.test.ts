import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { RefusalError } from '../../src/domain/refusal.ts';
import { readBody } from '../../src/http/middleware/body.ts';
import { createSseHub } from '../../src/http/sse.ts';
import { createMetrics } from '../../src/infra/metrics.ts';
import { createPauses } from '../../src/sandbox/pauses.ts';
import { createVirtualClock } from '../payments/virtual-clock.ts';
import { eventually } from '../support/eventually.ts';
import { EVENT } from './fakes.ts';
import { withServer } from './with-server.ts';

/** A request whose client has left before anybody looked at it: as it is when a token or the load took a moment. */
const requestOfWhoLeft = async (t: ExecutionContext, headers: Record<string, string> = {}, sent = ' ') => {
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
  asking.write(sent);
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
  const error = await t.throwsAsync(async () => readBody(incoming, 100), { instanceOf: RefusalError });
  t.is(error.refusal.code, 'invalid_request');
});

test('a body that had come whole is read though its client has left: the work goes on', async (t) => {
  const { incoming } = await requestOfWhoLeft(t, { 'content-length': '7' }, '{"a":1}');
  t.true(incoming.destroyed);
  t.is(String(await readBody(incoming, 100)), '{"a":1}');
});

test('the sandbox holds no answer back from a client that has left', async (t) => {
  const { response } = await requestOfWhoLeft(t);
  const clock = createVirtualClock();
  createPauses(clock).hold(response);
  t.is(clock.pending(), 0);
});

const turnsOfTheLoop = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('of a crowd that opens streams and leaves at any moment no stream is left', async (t) => {
  const metrics = createMetrics();
  const sizes = { open: 0, most: 0 };
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      // As long as a store may take: time enough to leave.
      async frame(eventId) {
        await turnsOfTheLoop(20);
        return line.service.frame(eventId);
      },
    },
    metrics: {
      ...metrics,
      httpStreams(open) {
        sizes.open = open;
        sizes.most = Math.max(sizes.most, open);
      },
    },
  }));
  const { hostname, port } = new URL(bench.url);
  const visit = async (turns: number): Promise<void> => {
    const asking = request({ hostname, port, path: `/v1/events/${EVENT}/line/stream` });
    asking.on('error', () => undefined);
    asking.on('response', (response) => response.resume().on('error', () => undefined));
    asking.end();
    await once(asking, 'finish');
    await turnsOfTheLoop(turns);
    asking.destroy();
  };
  // From before the server has read the request to well after the first event.
  for (let turns = 0; turns < 60; turns += 1) await Promise.all([visit(turns), visit(turns), visit(turns)]);
  await eventually(() => assert.equal(sizes.open, 0));
  t.true(sizes.most > 0, 'some were open for a moment');
  t.is(bench.line.watchers.size, 0);
});
