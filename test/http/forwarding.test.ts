import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../src/infra/environment.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createUpstream } from '../../src/infra/upstream/upstream.ts';
import { openStream } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { EVENT, passFor } from './fakes.ts';
import { refused, withServer, type Bench } from './with-server.ts';

const upstreamAt = (t: ExecutionContext, url: string) => {
  const upstream = createUpstream({
    name: 'tickets',
    url,
    connections: 8,
    clock: systemClock,
    log: silentLog,
  });
  t.teardown(() => upstream.close());
  return upstream;
};

/** A gateway in front of a service at `url`. */
const gatewayTo = (t: ExecutionContext, url: string): Promise<Bench> => {
  const upstream = upstreamAt(t, url);
  return withServer(t, () => ({ served: ['gateway'], upstreams: { tickets: upstream, payments: upstream } }));
};

const pair = async (t: ExecutionContext) => {
  const service = await withServer(t, () => ({ served: ['tickets', 'payments'] }));
  return { service, gateway: await gatewayTo(t, service.url) };
};

/** A service that answers as `listener` does; what it was asked is kept, its looks left out. */
const rawService = async (t: ExecutionContext, listener: RequestListener, port = 0) => {
  const asked: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (request.url === '/livez') {
      response.end('{}');
      return;
    }
    asked.push(request);
    listener(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  t.teardown(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, sockets, stop };
};

const hold = (bench: Bench, extra: { token?: string; key?: string; pass?: string } = {}) =>
  bench.ask('POST', `/v1/events/${EVENT}/holds`, {
    token: extra.token ?? bench.fan.token,
    ...(extra.key === undefined ? {} : { key: extra.key }),
    headers: { 'catraca-pass': extra.pass ?? '' },
    body: { sectionId: 'A', quantity: 1 },
  });

test('an answer of another process comes through as it was given', async (t) => {
  const { service, gateway } = await pair(t);
  const path = `/v1/events/${EVENT}`;
  const direct = await service.ask('GET', path);
  const through = await gateway.ask('GET', path);
  t.is(through.text, direct.text);
  for (const name of ['content-type', 'cache-control', 'etag', 'content-length', 'content-security-policy'])
    t.is(through.headers.get(name), direct.headers.get(name), name);
  const known = await gateway.ask('GET', path, {
    headers: { 'if-none-match': direct.headers.get('etag') ?? '' },
  });
  t.is(known.status, 304);
  const head = await fetch(`${gateway.url}${path}`, { method: 'HEAD' });
  t.is(head.status, 200);
  t.is(head.headers.get('content-length'), direct.headers.get('content-length'));
  t.is(await head.text(), '');
  refused(t, await gateway.ask('GET', '/v1/events/0190a000-0000-7000-8000-00000000ffff'), 'not_found');
  refused(t, await hold(gateway), 'pass_invalid');
});

test('a request keeps its id and says where it came from, and what belongs to a connection stays on it', async (t) => {
  const service = await rawService(t, (_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      Connection: 'X-Hop',
      'X-Hop': 'mine',
      'Keep-Alive': 'timeout=5',
    });
    response.end('{"events":[]}');
  });
  const gateway = await gatewayTo(t, service.url);
  const reply = await gateway.ask('GET', '/v1/events?x=1', {
    headers: { 'x-request-id': 'abc-1', 'x-forwarded-for': '10.9.9.9' },
  });
  t.is(reply.headers.get('x-request-id'), 'abc-1');
  t.is(reply.headers.get('x-hop'), null);
  const [request] = service.asked;
  t.is(request?.url, '/v1/events?x=1');
  t.is(request?.headers['x-request-id'], 'abc-1');
  t.is(
    request?.headers['x-forwarded-for'],
    '127.0.0.1',
    'without a trusted proxy in front nobody else is believed',
  );
  t.is(request?.headers['x-forwarded-host'], new URL(gateway.url).host);
  const unnamed = await gateway.ask('GET', '/v1/events');
  t.is(service.asked[1]?.headers['x-request-id'], unnamed.headers.get('x-request-id') ?? '');
});

test('bytes that were signed arrive as the very same bytes', async (t) => {
  const { gateway } = await pair(t);
  const bytes = new TextEncoder().encode('{ "a" : 1 ,\n"b": "\u00fc" }');
  const digest = createHash('sha256').update(bytes).digest('hex');
  const reply = await gateway.ask('POST', '/v1/payments/webhooks/stripe', {
    body: bytes,
    headers: { 'stripe-signature': `signed:${digest}`, 'content-type': 'text/plain' },
  });
  t.deepEqual(reply.body as object, { received: true, outcome: 'accepted' });
});

test('who may not ask and what is too long does not get as far as the service', async (t) => {
  const service = await rawService(t, (_request, response) => response.end('{}'));
  const gateway = await gatewayTo(t, service.url);
  refused(t, await gateway.ask('POST', '/v1/orders', { body: {} }), 'unauthenticated');
  refused(t, await gateway.ask('GET', '/v1/operator/actors', { token: gateway.fan.token }), 'forbidden');
  const long = 'x'.repeat(70_000);
  refused(
    t,
    await gateway.ask('POST', '/v1/orders', { token: gateway.fan.token, body: long }),
    'payload_too_large',
  );
  t.is(service.asked.length, 0);
});

test('a service that is away is told in a code with the time to come back, and is served again when it returns', async (t) => {
  const port = await freePort();
  const noEvents: RequestListener = (_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end('{"events":[]}');
  };
  const service = await rawService(t, noEvents, port);
  const gateway = await gatewayTo(t, service.url);
  t.is((await gateway.ask('GET', '/v1/events')).status, 200);
  await service.stop();
  for (const reply of [await gateway.ask('GET', '/v1/events'), await hold(gateway)]) {
    refused(t, reply, 'unavailable');
    t.is(reply.headers.get('retry-after'), '1');
  }
  t.is((await gateway.ask('GET', `/v1/events/${EVENT}/line`)).status, 200, 'the line goes on');
  await rawService(t, noEvents, port);
  await eventually(async () => {
    const { status } = await gateway.ask('GET', '/v1/events');
    if (status !== 200) throw new Error(`${status}`);
  });
  t.pass();
});

test('a service known to be away is not asked at all', async (t) => {
  const service = await rawService(t, (_request, response) => response.end('{}'));
  const gateway = await withServer(t, () => ({
    served: ['gateway'],
    upstreams: { tickets: { ...upstreamAt(t, service.url), up: () => false } },
  }));
  await service.stop();
  const upstream = upstreamAt(t, service.url);
  await eventually(() => {
    if (upstream.up()) throw new Error('not noticed yet');
  });
  const from = performance.now();
  const error = await t.throwsAsync(
    upstream.send({ method: 'GET', target: '/', headers: {}, body: null, stream: false }),
  );
  t.regex(error?.message ?? '', /^unavailable/);
  t.true(performance.now() - from < 100);
  refused(t, await gateway.ask('GET', '/v1/events'), 'unavailable');
});

test('a change whose service dies over it is not known to have happened, a look is merely not answered', async (t) => {
  const service = await rawService(t, (request) => request.socket.destroy());
  const gateway = await gatewayTo(t, service.url);
  const changed = await hold(gateway, { key: 'a-key-of-mine' });
  refused(t, changed, 'outcome_unknown');
  t.is(changed.headers.get('retry-after'), '1');
  refused(t, await gateway.ask('GET', '/v1/events'), 'unavailable');
  t.is(service.asked.length, 2, 'nothing is sent twice');
});

test('an answer that breaks off breaks off for its reader as well', async (t) => {
  const service = await rawService(t, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
    response.write('{"events":');
    setImmediate(() => response.destroy());
  });
  const gateway = await gatewayTo(t, service.url);
  await t.throwsAsync(gateway.ask('GET', '/v1/events'));
});

test('a slow sender holds no connection to the service', async (t) => {
  const service = await rawService(t, (_request, response) => response.end('{}'));
  const gateway = await gatewayTo(t, service.url);
  await eventually(() => {
    if (service.sockets.size === 0) throw new Error('no look yet');
  });
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.fan.token}\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{`,
  );
  await gateway.ask('GET', `/v1/events/${EVENT}/line`);
  t.is(service.asked.length, 0);
  const answered = once(socket, 'data') as Promise<[Buffer]>;
  socket.write('"a":12345}');
  const [answer] = await answered;
  t.is(service.asked.length, 1, String(answer));
});

test('events of another process come through one by one, and end with their reader and with the gateway', async (t) => {
  const { service, gateway } = await pair(t);
  const { fan } = service;
  await service.ask('POST', `/v1/events/${EVENT}/holds`, {
    token: fan.token,
    headers: { 'catraca-pass': passFor(EVENT, fan.id) },
    body: { sectionId: 'A', quantity: 1 },
  });
  const [held] = [...service.sale.holds.values()];
  const placed = await service.ask('POST', '/v1/orders', {
    token: fan.token,
    body: { holdIds: [held?.hold.holdId] },
  });
  const orderId = (placed.body as unknown as { orderId: string }).orderId;
  const open = () => openStream<{ status: string }>(gateway.url, `/v1/orders/${orderId}/stream`, fan.token);
  const one = await open();
  await one.until(({ status }) => status === 'awaiting_payment');
  const two = await open();
  await eventually(() => {
    if (service.sale.watchers.size !== 2) throw new Error(`${service.sale.watchers.size} watch`);
  });
  two.close();
  await eventually(() => {
    if (service.sale.watchers.size !== 1) throw new Error(`${service.sale.watchers.size} watch`);
  });
  const order = service.sale.orders.get(orderId);
  if (order !== undefined) order.order = { ...order.order, status: 'confirmed' };
  for (const watcher of service.sale.watchers) watcher();
  await one.until(({ status }) => status === 'confirmed');
  await one.ended();

  if (order !== undefined) order.order = { ...order.order, status: 'awaiting_payment' };
  const last = await open();
  await last.until(({ status }) => status === 'awaiting_payment');
  const stopped = gateway.server.stop(5_000);
  const from = performance.now();
  await last.ended();
  await stopped;
  t.true(performance.now() - from < 2_000);
});

test('what a process neither serves nor passes on does not exist there, and what services ask each other is for them alone', async (t) => {
  const tickets = await withServer(t, () => ({ served: ['tickets'] }));
  refused(t, await tickets.ask('GET', `/v1/events/${EVENT}/line`), 'not_found');
  const money = await fetch(`${tickets.url}/v1/operator/money`, {
    headers: { authorization: `Bearer ${tickets.operator}` },
  });
  t.is(money.status, 404);
  t.is((await tickets.ask('GET', '/v1/events')).status, 200);
  const { service, gateway } = await pair(t);
  const path = '/internal/checkouts/0190a000-0000-7000-8000-00000000ffff';
  refused(t, await gateway.ask('GET', path, { token: gateway.operator }), 'not_found');
  const asked = async (token?: string) =>
    (
      await fetch(
        `${service.url}${path}`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      )
    ).status;
  t.is(await asked(), 401);
  t.is(await asked(service.operator), 403);
  t.is(await asked(service.fan.token), 403);
});
