import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, connect as connectSocket, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { connect, type ChannelModel, type GetMessage } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import type { Delivery } from '../../src/domain/ports/message-bus.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { createLog, silentLog } from '../../src/infra/log.ts';
import { createRabbitBus, type RabbitBus, type RabbitBusOptions } from '../../src/infra/rabbit/bus.ts';
import { declareTopology } from '../../src/infra/rabbit/topology.ts';
import { paymentOk } from '../support/envelopes.ts';
import { eventually } from '../support/eventually.ts';
import { testRabbit } from '../support/servers.ts';

const control = async (...args: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('rabbitmqctl', args, { timeout: 30_000 });
  return stdout;
};

const vhostOf = (url: string): string => new URL(url).pathname.slice(1);

const open = async (
  t: ExecutionContext,
  url: string,
  options: Partial<RabbitBusOptions> = {},
): Promise<RabbitBus> => {
  const bus = createRabbitBus({ url, clock: systemClock, log: silentLog, drainMs: 200, ...options });
  t.teardown(() => bus.close());
  await bus.ready();
  return bus;
};

const plainConnection = async (t: ExecutionContext, url: string): Promise<ChannelModel> => {
  const model = await connect(url);
  model.on('error', () => undefined);
  t.teardown(() => model.close().catch(() => undefined));
  return model;
};

const outcomeOf = async (bus: RabbitBus): Promise<string | undefined> =>
  (await bus.publish([paymentOk()]))[0];

const confirmed = (bus: RabbitBus): Promise<void> =>
  eventually(async () => {
    const outcome = await outcomeOf(bus);
    if (outcome !== 'confirmed') throw new Error(`${outcome}`);
  }, 20_000);

test('queues, exchanges and messages are as durable on the broker as they were meant', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url, { retryDelaysMs: [1_000, 5_000], deliveryLimit: 7 });
  const vhost = vhostOf(server.url);
  const queues = JSON.parse(
    await control('list_queues', '-p', vhost, 'name', 'durable', 'arguments', '--formatter', 'json', '-q'),
  ) as { name: string; durable: boolean; arguments: unknown }[];
  const found = Object.fromEntries(queues.map((one) => [one.name, one.arguments]));
  const quorum = ['x-queue-type', 'longstr', 'quorum'];
  const deadLetters = (to: string) => [
    ['x-dead-letter-exchange', 'longstr', ''],
    ['x-dead-letter-routing-key', 'longstr', to],
    ['x-dead-letter-strategy', 'longstr', 'at-least-once'],
    ['x-overflow', 'longstr', 'reject-publish'],
  ];
  const asPairs = (value: unknown): string[] =>
    (Array.isArray(value) ? value : Object.entries(value as object))
      .map((one: unknown[]) => `${String(one[0])}=${String(one.at(-1))}`)
      .sort();
  t.deepEqual(
    Object.keys(found).sort(),
    ['tickets', 'payments']
      .flatMap((queue) =>
        ['', '.parked', '.retry.1000', '.retry.5000'].map((end) => `catraca.${queue}${end}`),
      )
      .sort(),
  );
  t.true(queues.every((one) => one.durable));
  for (const queue of ['catraca.tickets', 'catraca.payments']) {
    t.deepEqual(
      asPairs(found[queue]),
      asPairs([quorum, ['x-delivery-limit', 'long', 7], ...deadLetters(`${queue}.parked`)]),
    );
    t.deepEqual(
      asPairs(found[`${queue}.retry.5000`]),
      asPairs([quorum, ['x-message-ttl', 'long', 5_000], ...deadLetters(queue)]),
    );
    t.deepEqual(
      asPairs(found[`${queue}.parked`]),
      asPairs([quorum, ['x-delivery-limit', 'long', 1_000_000_000]]),
    );
  }

  const message = paymentOk();
  t.deepEqual(await bus.publish([message]), ['confirmed']);
  const channel = await (await plainConnection(t, server.url)).createChannel();
  const got = (await channel.get('catraca.tickets', { noAck: true })) as GetMessage;
  t.is(got.properties.deliveryMode as unknown, 2, 'persistent');
  t.is(got.properties.messageId as unknown, message.id);
  t.is(got.properties.type as unknown, 'PagamentoOK');
  t.is(got.properties.contentType as unknown, 'application/json');
  t.is(got.properties.timestamp as unknown, 1_700_000_000);
  t.is(got.fields.routingKey, 'payment.ok');
  t.is(got.fields.exchange, 'catraca.payments');
});

test('what no queue takes is returned, even under a policy that would hide it, and the queue is declared again', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url);
  const vhost = vhostOf(server.url);
  const channel = await (await plainConnection(t, server.url)).createChannel();
  await channel.assertExchange('catch-all', 'fanout');
  await channel.assertQueue('catch-all', { arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue('catch-all', 'catch-all', '');
  const policy = JSON.stringify({ 'alternate-exchange': 'catch-all' });
  await control('set_policy', '-p', vhost, 'ae', '.*', policy, '--apply-to', 'exchanges');
  await eventually(async () => {
    const listed = await control('list_exchanges', '-p', vhost, 'name', 'policy', '-q');
    if (!/catraca\.payments\s+ae/.test(listed)) throw new Error('the policy is not in force yet');
  });
  await channel.deleteQueue('catraca.tickets');
  t.is(await outcomeOf(bus), 'returned');
  t.false(await channel.get('catch-all', { noAck: true }), 'nobody else took it');
  await confirmed(bus);
});

test('a broker that refuses a message is asked again on a new connection, and one that refuses none is not', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const vhost = vhostOf(server.url);
  const said: string[] = [];
  const log = createLog({
    level: 'warn',
    destination: {
      write: (line: string) => {
        said.push(line);
      },
    },
  });
  const bus = await open(t, server.url, { log });
  const givenUp = (): number => said.filter((line) => line.includes('the broker refuses a message')).length;
  await confirmed(bus);
  t.is(givenUp(), 0);
  // Full with what stands in it: from here on the broker says no to each that comes.
  const policy = JSON.stringify({ 'max-length': 1 });
  await control('set_policy', '-p', vhost, 'full', '^catraca.tickets$', policy, '--apply-to', 'queues');
  await eventually(async () => {
    if ((await outcomeOf(bus)) !== 'unknown') throw new Error('the queue is not full yet');
  }, 20_000);
  await eventually(async () => {
    await outcomeOf(bus);
    if (givenUp() < 2) throw new Error('it is still the old connection');
  }, 20_000);
  await control('clear_policy', '-p', vhost, 'full');
  await confirmed(bus);
});

test('connections closed by an operator come back, publishing and consuming', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url);
  const seen: Delivery[] = [];
  await bus.subscribe('tickets', 5, (delivery) => seen.push(delivery));
  const before = paymentOk();
  await bus.publish([before]);
  await eventually(() => {
    if (seen.length !== 1) throw new Error('not yet');
  });
  await control('close_all_connections', '-p', vhostOf(server.url), 'a test');
  await eventually(() => {
    if (seen.length < 2) throw new Error('the unanswered delivery has not come again');
  }, 20_000);
  t.is(seen[1]?.envelope.id, before.id);
  t.is(seen[1]?.attempt, 2);
  t.notThrows(() => seen[0]?.ack(), 'an answer to a channel that is gone is harmless');
  seen[1]?.ack();
  await confirmed(bus);
  await eventually(() => {
    if (seen.length < 3) throw new Error('nothing comes any more');
  });
  t.true(bus.healthy());
});

test('a deleted queue is declared and consumed again, also when another was quicker to declare it', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url, { idleRefreshMs: 1_000 });
  const seen: string[] = [];
  await bus.subscribe('tickets', 5, (delivery) => {
    seen.push(delivery.envelope.id);
    delivery.ack();
  });
  const comes = async (): Promise<void> => {
    const message = paymentOk();
    await eventually(async () => {
      const [outcome] = await bus.publish([message]);
      if (outcome !== 'confirmed') throw new Error(`${outcome}`);
    }, 20_000);
    await eventually(() => {
      if (!seen.includes(message.id)) throw new Error('it has not come');
    }, 20_000);
  };
  await comes();
  const model = await plainConnection(t, server.url);
  const channel = await model.createChannel();
  await channel.deleteQueue('catraca.tickets');
  await comes();
  // Deleted and declared in one breath: the broker gives our consumer messages that never arrive, and does not say so.
  const deleted = channel.deleteQueue('catraca.tickets');
  const onMissing = () => Promise.resolve();
  const declared = declareTopology(model, channel, { retryDelaysMs: [], deliveryLimit: 20, onMissing });
  await Promise.all([deleted, declared]);
  await comes();
  t.pass();
});

test('whoever finds a queue missing says so before it is declared, and only then', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const missing: string[] = [];
  const onQueueMissing = async (queue: string): Promise<void> => void missing.push(queue);
  const bus = await open(t, server.url, { onQueueMissing });
  t.deepEqual(new Set(missing), new Set(['tickets', 'payments']), 'a new broker has none');
  missing.length = 0;
  await open(t, server.url, { onQueueMissing });
  t.deepEqual(missing, [], 'the next one finds all of them');

  await bus.subscribe('payments', 5, () => undefined);
  const channel = await (await plainConnection(t, server.url)).createChannel();
  await channel.deleteQueue('catraca.payments');
  await eventually(() => {
    assert.ok(missing.length > 0);
  }, 20_000);
  missing.length = 0;
  await eventually(() => {
    assert.ok(bus.healthy());
  });
  await channel.deleteQueue('catraca.tickets.retry.1000');
  await eventually(async () => {
    await control('close_all_connections', '-p', vhostOf(server.url), 'a test');
    assert.ok(missing.includes('tickets'), 'messages wait for their next try there');
  }, 20_000);
});

test('bytes that are no message are parked as they are, and hold nobody up', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url);
  const seen: Delivery[] = [];
  const model = await plainConnection(t, server.url);
  const channel = await model.createConfirmChannel();
  const poisons = ['{"type":"PagamentoOK"}', 'no JSON', ''];
  for (const poison of poisons) channel.publish('catraca.payments', 'payment.ok', Buffer.from(poison));
  await channel.waitForConfirms();
  const stop = await bus.subscribe('tickets', 1, (delivery) => {
    seen.push(delivery);
    delivery.ack();
  });
  const good = paymentOk();
  await bus.publish([good]);
  await eventually(() => {
    if (seen.length !== 1) throw new Error('not yet');
  });
  const parked = await eventually(async () => {
    const list = await bus.parked('tickets', 10);
    if (list.length !== 3) throw new Error(`${list.length} parked`);
    return list;
  });
  t.deepEqual(new Set(parked.map((one) => one.raw)), new Set(poisons));
  t.true(parked.every((one) => one.envelope === null && one.reason.startsWith('not a message')));
  t.is(seen[0]?.envelope.id, good.id);
  await stop();
  t.is(await bus.redrive('tickets', 10), 3);
  const again = await eventually(async (): Promise<GetMessage> => {
    const got = await channel.get('catraca.tickets', { noAck: true });
    if (got === false) throw new Error('not yet');
    return got;
  });
  t.true(poisons.includes(again.content.toString()));
});

test('the broker itself parks what kills its consumer again and again', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const bus = await open(t, server.url, { deliveryLimit: 2 });
  const message = paymentOk();
  await bus.publish([message]);
  const model = await plainConnection(t, server.url);
  for (let life = 1; life <= 3; life++) {
    const channel = await model.createChannel();
    await eventually(async () => {
      if ((await channel.get('catraca.tickets')) === false) throw new Error('not there yet');
    });
    await channel.close();
  }
  const [parked] = await eventually(async () => {
    const list = await bus.parked('tickets', 10);
    if (list.length !== 1) throw new Error(`${list.length} parked`);
    return list;
  });
  t.deepEqual(parked?.envelope, message);
  t.is(parked?.reason, 'parked by the broker: delivery_limit');
});

test('without a broker a publish is unknown within its bound, nothing throws, and close leaves nothing', async (t) => {
  const silent = createServer();
  const sockets = new Set<Socket>();
  silent.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  for (const [what, url] of [
    ['a broker that says nothing', `amqp://127.0.0.1:${port}`],
    ['no broker', 'amqp://127.0.0.1:1'],
  ] as const) {
    const bus = createRabbitBus({
      url,
      clock: systemClock,
      log: silentLog,
      publishWaitMs: 100,
      drainMs: 100,
    });
    await bus.subscribe('tickets', 1, () => undefined);
    const fromMs = performance.now();
    const outcomes = await bus.publish(Array.from({ length: 2_000 }, () => paymentOk()));
    t.true(performance.now() - fromMs < 1_000, what);
    t.true(outcomes.length === 2_000 && outcomes.every((one) => one === 'unknown'), what);
    t.false(bus.healthy());
    await t.throwsAsync(bus.parked('tickets', 1));
    await bus.close();
    await t.throwsAsync(bus.ready());
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
});

/** Stands between bus and broker, and can withhold the broker's words while the bus' still arrive. */
const proxyTo = async (t: ExecutionContext, url: string) => {
  const broker = new URL(url);
  const pairs = new Set<readonly [Socket, Socket]>();
  let muted = false;
  const server = createServer((near) => {
    const far = connectSocket(Number(broker.port), broker.hostname);
    pairs.add([near, far]);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => muted || near.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  t.teardown(() => {
    cut();
    server.close();
  });
  const proxied = new URL(url);
  proxied.port = String((server.address() as AddressInfo).port);
  return { url: proxied.href, cut, mute: (now: boolean) => (muted = now) };
};

test('a lost confirm is unknown, never confirmed: by silence after a bound, by a cut at once', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return;
  const proxy = await proxyTo(t, server.url);
  const bus = await open(t, proxy.url, { confirmTimeoutMs: 300 });
  proxy.mute(true);
  const arrived = paymentOk();
  t.deepEqual(await bus.publish([arrived]), ['unknown']);
  const channel = await (await plainConnection(t, server.url)).createChannel();
  // It reaches the broker late where the machine is busy, and a cut before that would really lose it.
  await eventually(async () => {
    const { messageCount } = await channel.checkQueue('catraca.tickets');
    if (messageCount === 0) throw new Error('still on its way');
  });
  const inFlight = bus.publish([paymentOk(), paymentOk()]);
  proxy.cut();
  t.deepEqual(await inFlight, ['unknown', 'unknown']);
  proxy.mute(false);
  await confirmed(bus);
  const first = (await channel.get('catraca.tickets', { noAck: true })) as GetMessage;
  t.is(first.properties.messageId as unknown, arrived.id, 'unknown is not "did not happen"');
});
