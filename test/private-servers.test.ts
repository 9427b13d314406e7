import assert from 'node:assert/strict';
import test from 'ava';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { eventually } from './support/eventually.ts';
import { privatePostgres, privateRabbit, privateRedis } from './support/private-servers.ts';

const select = async (url: string, text: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows as unknown[];
  } finally {
    client.end().catch(() => undefined);
  }
};

test.serial('a private PostgreSQL can be paused, killed and started again with its data', async (t) => {
  const server = await privatePostgres(t);
  if (server === null) return;
  await select(server.url, 'CREATE TABLE sold AS SELECT 7 AS seat');
  server.pause();
  await t.throwsAsync(select(server.url, 'SELECT 1'));
  server.resume();
  t.deepEqual(await select(server.url, 'SELECT seat FROM sold'), [{ seat: 7 }]);
  await server.kill();
  await t.throwsAsync(select(server.url, 'SELECT 1'), { code: 'ECONNREFUSED' });
  await server.restart();
  t.deepEqual(await select(server.url, 'SELECT seat FROM sold'), [{ seat: 7 }]);
  await server.stop();
  await t.throwsAsync(select(server.url, 'SELECT 1'), { code: 'ECONNREFUSED' });
});

test.serial('a private Redis forgets when it dies, and remembers where that is asked for', async (t) => {
  for (const appendOnly of [false, true]) {
    const server = await privateRedis(t, { appendOnly });
    if (server === null) return;
    const client = new Redis(server.url, { maxRetriesPerRequest: 50 });
    client.on('error', () => undefined);
    await client.set('seat', '7');
    await server.kill();
    await server.restart();
    t.is(await client.get('seat'), appendOnly ? '7' : null);
    client.disconnect();
  }
});

test.serial('a private RabbitMQ can be killed and started again with its durable messages', async (t) => {
  const server = await privateRabbit(t);
  if (server === null) return;
  const before = await connect(server.url);
  before.on('error', () => undefined);
  const channel = await before.createConfirmChannel();
  channel.on('error', () => undefined);
  await channel.assertQueue('sold', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue('sold', Buffer.from('7'), { persistent: true });
  await channel.waitForConfirms();
  // RabbitMQ notes a new quorum queue in a file that it writes out within the second; killed before, it forgets the queue.
  const declaredAt = performance.now();
  await eventually(() => {
    if (performance.now() - declaredAt < 2_000) throw new Error('the queue is too young');
  });
  // Listing asks the queue's leader, which a busy machine may not have scheduled yet: then the answer is empty, not wrong.
  await eventually(
    async () => assert.match(await server.control('list_queues', '--quiet', 'name'), /sold/),
    60_000,
  );
  await server.kill();
  await t.throwsAsync(connect(server.url, { timeout: 1_000 }));
  await server.restart();
  const content = await eventually(async () => {
    const after = await connect(server.url, { timeout: 2_000 });
    after.on('error', () => undefined);
    try {
      const reader = await after.createChannel();
      reader.on('error', () => undefined);
      const message = await reader.get('sold');
      return message === false ? null : message.content.toString();
    } finally {
      await after.close().catch(() => undefined);
    }
  }, 60_000);
  t.is(content, '7');
});
