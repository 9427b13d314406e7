import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ask, openStream, type Reply } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { startNginx } from '../support/nginx.ts';
import { EVENT, frame } from '../http/fakes.ts';
import { withServer, type Bench } from '../http/with-server.ts';

const FRAME = `/v1/events/${EVENT}/line`;

const problem = (t: ExecutionContext, reply: Reply, status: number, code: string): void => {
  t.is(reply.status, status, reply.text);
  t.is(reply.body.code, code);
  t.is(reply.body['type'], `urn:catraca:problem:${code}`);
  t.is(reply.headers.get('content-type'), 'application/problem+json');
  t.is(reply.headers.get('cache-control'), 'no-store');
};

/** A node that answers as `listener` does. */
const node = async (t: ExecutionContext, listener: RequestListener) => {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** How often the node was asked for that route, as its own log has it. */
const askedFor = (bench: Bench, route: string): number =>
  bench.logged.filter((line) => line.message === 'request' && line.fields['route'] === route).length;

/** One GET over a few connections that are kept; resolves to the status. */
const poll = (agent: Agent, url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });

test('two thousand pollers of one event cost the node about two frame requests a second', async (t) => {
  const bench = await withServer(t);
  const nginx = await startNginx(t, [bench.url]);
  if (nginx === null) return;
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  t.teardown(() => agent.destroy());
  // nginx counts whole seconds: what is fresh for one may be given for two, and the third round may come just before its end.
  const [pollers, seconds] = [2_000, 4];
  const statuses = new Map<number, number>();
  const startedAt = performance.now();
  for (let round = 0; round < seconds; round += 1) {
    // Each asks once a second, with a query of its own: that buys nobody a way past the cache.
    await Promise.all(
      Array.from({ length: pollers }, async (_, index) => {
        const status = await poll(agent, `${nginx.url}${FRAME}?poller=${index}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    );
    await eventually(() => assert.ok(performance.now() - startedAt >= (round + 1) * 1_000));
  }
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  t.deepEqual([...statuses], [[200, pollers * seconds]]);
  const asked = askedFor(bench, '/v1/events/:eventId/line');
  t.log(`${pollers * seconds} polls in ${tookSeconds.toFixed(1)} s: ${asked} reached the node`);
  t.true(asked <= Math.ceil(2 * tookSeconds), `${asked} in ${tookSeconds} s`);
  t.true(asked >= 2, 'and the frame is renewed');
});

test('what is public is kept and told as it was given; what is personal goes to the node each time', async (t) => {
  const bench = await withServer(t);
  const nginx = await startNginx(t, [bench.url]);
  if (nginx === null) return;
  const events = `/v1/events/${EVENT}`;
  const direct = await ask(bench.url, 'GET', events);
  for (let count = 0; count < 5; count += 1) {
    const reply = await ask(nginx.url, 'GET', events, { token: bench.fan.token });
    t.is(reply.text, direct.text);
    t.is(reply.headers.get('etag'), direct.headers.get('etag'));
  }
  t.true(askedFor(bench, '/v1/events/:eventId') <= 3);
  const headers = { 'catraca-place': 'x' };
  for (let count = 0; count < 3; count += 1)
    await ask(nginx.url, 'GET', `${FRAME}/me`, { token: bench.fan.token, headers });
  t.is(askedFor(bench, '/v1/events/:eventId/line/me'), 3);
  const joined = await ask<{ number: number }>(nginx.url, 'POST', FRAME, { token: bench.fan.token });
  t.is(joined.status, 201, 'a token goes through where it is needed');
});

test('events come through one by one', async (t) => {
  const bench = await withServer(t);
  const nginx = await startNginx(t, [bench.url]);
  if (nginx === null) return;
  for (const url of [nginx.url, nginx.operatorUrl]) {
    const stream = await openStream<{ serving: number }>(url, `${FRAME}/stream`);
    await stream.until(({ serving }) => serving === 10);
    for (const watcher of bench.line.watchers) watcher({ ...frame, serving: 11 });
    await stream.until(({ serving }) => serving === 11);
    stream.close();
    await eventually(() => assert.equal(bench.line.watchers.size, 0));
  }
  t.pass('whoever leaves is told to the node');
});

test('joins and logins are limited by address, and nothing else is', async (t) => {
  const bench = await withServer(t);
  const limits = {
    EDGE_LOGIN_RATE: '1r/m',
    EDGE_LOGIN_BURST: '3',
    EDGE_JOIN_RATE: '1r/m',
    EDGE_JOIN_BURST: '2',
  };
  const nginx = await startNginx(t, [bench.url], limits);
  if (nginx === null) return;
  const statuses = async (times: number, method: string, path: string) => {
    const all: number[] = [];
    for (let count = 0; count < times; count += 1)
      all.push((await ask(nginx.url, method, path, { token: bench.fan.token })).status);
    return all;
  };
  t.deepEqual(await statuses(6, 'POST', '/v1/fans'), [201, 201, 201, 201, 429, 429]);
  t.deepEqual(await statuses(5, 'POST', FRAME), [201, 200, 200, 429, 429]);
  t.deepEqual(
    await statuses(10, 'GET', FRAME),
    Array.from({ length: 10 }, () => 200),
  );
  const refused = await ask(nginx.url, 'POST', '/v1/fans');
  problem(t, refused, 429, 'rate_limited');
  t.is(refused.headers.get('retry-after'), '1');
  t.is((await ask(nginx.operatorUrl, 'POST', '/v1/fans')).status, 201, 'load tests come in elsewhere');
});

test('who sends slowly is dropped and never reaches the node', async (t) => {
  let reached = 0;
  const url = await node(t, (_request, response) => {
    reached += 1;
    response.end('{}');
  });
  const nginx = await startNginx(t, [url]);
  if (nginx === null) return;
  const slow = async (text: string): Promise<number> => {
    const socket = connect(Number(new URL(nginx.url).port), '127.0.0.1');
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    const from = performance.now();
    socket.write(text);
    socket.resume();
    // A reset is an error and an end: `once` would reject.
    await new Promise((resolve) => socket.once('close', resolve));
    return performance.now() - from;
  };
  const [head, body] = await Promise.all([
    slow('GET /v1/events HTTP/1.1\r\nHost: x\r\n'),
    slow('POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'),
  ]);
  t.true(head < 8_000, `${head} ms`);
  t.true(body < 14_000, `${body} ms`);
  t.is(reached, 0);
});

test('fans find no trace of what is for operators and machines', async (t) => {
  const bench = await withServer(t);
  const nginx = await startNginx(t, [bench.url]);
  if (nginx === null) return;
  for (const path of [
    '/v1/operator/actors',
    '/v1/operator',
    '/operator',
    '/metrics',
    '/readyz',
    '/internal/checkouts/x',
  ])
    problem(t, await ask(nginx.url, 'GET', path, { token: bench.operator }), 404, 'not_found');
  // Nor by another spelling of the same path.
  for (const path of [
    '//v1/operator/audit',
    '/v1//operator/audit',
    '/v1/%6fperator/audit',
    '/x/../v1/operator/audit',
  ])
    t.is((await ask(nginx.url, 'GET', path, { token: bench.operator })).status, 404, path);
  t.is((await ask(nginx.operatorUrl, 'GET', '/v1/operator/actors', { token: bench.operator })).status, 200);
  t.is((await ask(nginx.operatorUrl, 'GET', '/readyz')).status, 200);
  const large = await ask(nginx.url, 'POST', '/v1/orders', { body: 'x'.repeat(300_000) });
  problem(t, large, 413, 'payload_too_large');
});

test('a node that dies costs nothing that another one can do, and nothing is answered twice', async (t) => {
  const posted: string[] = [];
  const dying = await node(t, (incoming, response) => {
    if (incoming.method === 'POST') posted.push('dying');
    response.destroy();
  });
  const living = await node(t, (incoming, response) => {
    if (incoming.method === 'POST') posted.push('living');
    response.end('{}');
  });
  const nginx = await startNginx(t, [dying, living]);
  if (nginx === null) return;
  for (let count = 0; count < 6; count += 1)
    t.is((await ask(nginx.url, 'GET', `/v1/orders/${count}`)).status, 200);
  const alone = await startNginx(t, [dying]);
  if (alone === null) return;
  posted.length = 0;
  const unknown = await ask(alone.url, 'POST', '/v1/orders', { body: {} });
  problem(t, unknown, 503, 'outcome_unknown');
  t.deepEqual(posted, ['dying'], 'sent once');
  const look = await ask(alone.url, 'GET', '/v1/orders/1');
  problem(t, look, 503, 'unavailable');
  t.is(look.headers.get('retry-after'), '1');
});

test('the last frame is shown while no node answers', async (t) => {
  const bench = await withServer(t);
  const nginx = await startNginx(t, [bench.url]);
  if (nginx === null) return;
  const before = await ask(nginx.url, 'GET', FRAME);
  await bench.server.stop(0);
  for (let count = 0; count < 3; count += 1) {
    const after = await ask(nginx.url, 'GET', FRAME);
    t.is(after.status, 200);
    t.is(after.text, before.text);
  }
});

test('where affinity is wished one event stays on one node, and without it the nodes share', async (t) => {
  const seen = new Map<string, Set<string>>();
  const named = (name: string) =>
    node(t, (incoming, response) => {
      const path = incoming.url ?? '';
      seen.set(path, (seen.get(path) ?? new Set()).add(name));
      response.end('{}');
    });
  const nodes = [await named('one'), await named('two'), await named('three')];
  const spread = async (balance: string) => {
    seen.clear();
    const nginx = await startNginx(t, nodes, { EDGE_BALANCE: balance });
    if (nginx === null) return null;
    for (let event = 0; event < 12; event += 1)
      await Promise.all(
        Array.from({ length: 6 }, () => ask(nginx.operatorUrl, 'POST', `/v1/events/${event}/holds`)),
      );
    return [...seen.values()];
  };
  const loose = await spread('least_conn;');
  if (loose === null) return;
  t.true(loose.some((names) => names.size > 1));
  const bound = (await spread('hash $affinity consistent;')) ?? [];
  t.is(bound.length, 12);
  t.deepEqual(
    bound.map((names) => names.size),
    bound.map(() => 1),
  );
  t.true(new Set(bound.flatMap((names) => [...names])).size > 1, 'events are spread over the nodes');
});
