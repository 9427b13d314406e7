import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { withConnection } from '../../src/infra/postgres/one-connection.ts';
import { createTcpProxy } from '../../src/chaos/tcp-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

/** A server that sends back what it gets, behind a proxy. */
const create = async (t: ExecutionContext) => {
  const sockets = new Set<Socket>();
  const echo = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const echoPort = (echo.address() as AddressInfo).port;
  const proxy = await createTcpProxy({ host: '127.0.0.1', port: echoPort });
  t.teardown(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    echo.close();
  });
  const dial = async () => {
    const socket = connect({ port: proxy.port, host: proxy.host });
    t.teardown(() => void socket.destroy());
    const heard: { text: string; closed: boolean; error: string | null } = {
      text: '',
      closed: false,
      error: null,
    };
    socket.on('data', (chunk) => (heard.text += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => (heard.error = error.code ?? ''));
    socket.on('close', () => (heard.closed = true));
    await once(socket, 'connect');
    return { socket, heard };
  };
  return { proxy, dial, echoPort };
};

test('what is sent arrives, whole and in order, also when it is much', async (t) => {
  const { dial } = await create(t);
  const { socket, heard } = await dial();
  const sent = Array.from({ length: 200_000 }, (_, index) => `${index}\n`).join('');
  socket.write(sent);
  await eventually(() => assert.equal(heard.text.length, sent.length));
  t.is(heard.text, sent);
});

test('a cut resets every connection, and new ones are welcome', async (t) => {
  const { proxy, dial } = await create(t);
  const [a, b] = [await dial(), await dial()];
  await eventually(() => assert.equal(proxy.connections, 2));
  t.is(proxy.cutAll(), 2);
  await eventually(() => assert.deepEqual([a.heard.error, b.heard.error], ['ECONNRESET', 'ECONNRESET']));
  const { socket, heard } = await dial();
  socket.write('again');
  await eventually(() => assert.equal(heard.text, 'again'));
});

test('while held connections stay and nothing passes; healed, everything does', async (t) => {
  const { proxy, dial, echoPort } = await create(t);
  const { socket, heard } = await dial();
  proxy.hold();
  socket.write('one ');
  const late = await dial();
  late.socket.write('late');
  // The echo answers another proxy meanwhile: there was time enough.
  const free = await createTcpProxy({ host: '127.0.0.1', port: echoPort });
  t.teardown(() => free.close());
  const other = connect({ port: free.port, host: free.host });
  t.teardown(() => void other.destroy());
  other.write('round trip');
  await once(other, 'data');
  t.is(heard.text + late.heard.text, '');
  t.false(heard.closed || late.heard.closed);
  socket.write('two');
  proxy.heal();
  await eventually(() => assert.deepEqual([heard.text, late.heard.text], ['one two', 'late']));
});

test('while refusing nobody gets in, and those inside are out', async (t) => {
  const { proxy, dial } = await create(t);
  const inside = await dial();
  proxy.refuse();
  await eventually(() => assert.equal(inside.heard.error, 'ECONNRESET'));
  // Closed before or just after the handshake was noticed.
  await dial().then(
    ({ heard }) => eventually(() => assert.ok(heard.closed)),
    (error: NodeJS.ErrnoException) => t.is(error.code, 'ECONNRESET'),
  );
  proxy.heal();
  const { socket, heard } = await dial();
  socket.write('in');
  await eventually(() => assert.equal(heard.text, 'in'));
});

test('a delay holds each chunk up in each direction and keeps the order', async (t) => {
  const { proxy, dial } = await create(t);
  const { socket, heard } = await dial();
  proxy.delay(60);
  const from = performance.now();
  for (const part of ['a', 'b', 'c', 'd']) {
    socket.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => assert.equal(heard.text, 'abcd'));
  t.true(performance.now() - from >= 110);
});

test('a swallowed reply: PostgreSQL has committed, and the client was cut off without a word', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { hostname, port } = new URL(postgres.url);
  const proxy = await createTcpProxy({ host: hostname, port: Number(port || 5432) });
  t.teardown(() => proxy.close());
  const url = new URL(postgres.url);
  url.hostname = proxy.host;
  url.port = String(proxy.port);
  await postgres.pool.query('CREATE TABLE sold (seat integer)');
  const sell = withConnection(url.href, 5_000, async (ask) => {
    await ask('BEGIN');
    await ask('INSERT INTO sold VALUES (7)');
    const swallowed = proxy.swallowReply(['COMMIT'], AbortSignal.timeout(5_000));
    const commit = ask('COMMIT');
    await assert.rejects(commit);
    return swallowed;
  });
  t.is(await sell, 'COMMIT');
  t.deepEqual((await postgres.pool.query('SELECT seat FROM sold')).rows, [{ seat: 7 }]);
  await withConnection(url.href, 5_000, async (ask) => {
    t.deepEqual(await ask('SELECT count(*)::int AS n FROM sold'), [{ n: 1 }], 'the next connection is whole');
  });
});

test('a trap that nothing falls into gives up when it is told to', async (t) => {
  const { proxy } = await create(t);
  await t.throwsAsync(proxy.swallowReply(['COMMIT'], AbortSignal.timeout(20)));
});
