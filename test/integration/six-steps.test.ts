import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import type { PoolClient } from 'pg';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';

const SEAT = 'A-1-7';

/** Holds a row's lock, so that the step that needs it stands still until `release`. */
const freeze = async (t: ExecutionContext, app: TestApp, sql: string, values: unknown[]) => {
  const client: PoolClient = await app.database.connect();
  await client.query('BEGIN');
  const { rowCount } = await client.query(sql, values);
  assert.equal(rowCount, 1, 'there is exactly one row to be frozen');
  let done = false;
  const release = async (): Promise<void> => {
    if (done) return;
    done = true;
    await client.query('ROLLBACK');
    client.release();
  };
  t.teardown(release);
  return release;
};

/** Hears everything on the exchange of payments, through a queue of its own. */
const overhear = async (t: ExecutionContext, url: string) => {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'catraca.payments', '#');
  const heard: { key: string; type: string; orderId: string; persistent: boolean }[] = [];
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const { type, orderId } = JSON.parse(message.content.toString()) as { type: string; orderId: string };
      heard.push({
        key: message.fields.routingKey,
        type,
        orderId,
        persistent: message.properties.deliveryMode === 2,
      });
    },
    { noAck: true },
  );
  t.teardown(() => connection.close());
  return heard;
};

interface SeatRow {
  status: string;
  fence: string;
  hold_id: string | null;
}

const looking = (app: TestApp, eventId: string) => ({
  seat: async (): Promise<SeatRow> => {
    const { rows } = await app.database.query<SeatRow>(
      'SELECT status, fence, hold_id FROM tickets.seats WHERE event_id = $1 AND seat_id = $2',
      [eventId, SEAT],
    );
    return rows[0] as SeatRow;
  },
  count: async (table: string, where: string, value: string): Promise<number> => {
    const { rows } = await app.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE ${where}`,
      [value],
    );
    return rows[0]?.n ?? -1;
  },
});

const ORDER_IS = 'order_id = $1';
const confirmedIn = "order_id = $1 AND type = 'PedidoConfirmado'";

test('one seat goes through the six steps in their order, as Redis, Postgres, the gateway and RabbitMQ see it', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const redis = new Redis(app.settings['REDIS_URL'] ?? '');
  t.teardown(() => redis.disconnect());
  const heard = await overhear(t, app.settings['RABBITMQ_URL'] ?? '');
  const eventId = await app.createEvent();
  const { seat, count } = looking(app, eventId);
  const lockKey = `${app.settings['REDIS_PREFIX']}{${eventId}}:seat:${SEAT}`;
  const fan = await app.fan();
  await fan.comeIn(eventId);
  t.is(await redis.get(lockKey), null, 'nobody has asked for the seat yet');

  // 1: the temporary lock, while the official map has not been asked yet.
  const thawSeat = await freeze(
    t,
    app,
    'SELECT 1 FROM tickets.seats WHERE event_id = $1 AND seat_id = $2 FOR UPDATE',
    [eventId, SEAT],
  );
  const holding = fan.hold(eventId, [SEAT]);
  const lock = await eventually(async () => {
    const value = await redis.get(lockKey);
    assert.ok(value !== null);
    return value;
  });
  t.deepEqual(await seat(), { status: 'free', fence: '0', hold_id: null }, 'the lock comes before the map');
  await thawSeat();

  // 2: the official map.
  const hold = await holding;
  t.regex(lock, new RegExp(`^[\\w.-]+:${hold.holdId}$`));
  const ttlMs = await redis.pttl(lockKey);
  t.true(ttlMs > 0 && ttlMs <= 330_000, `the lock ends by itself (${ttlMs} ms)`);
  t.deepEqual(await seat(), { status: 'held', fence: '1', hold_id: hold.holdId });

  // 3: order and payment. The commit of the sale is kept waiting, to see what comes before it.
  const order = await fan.order([hold.holdId]);
  t.deepEqual(await seat(), { status: 'paying', fence: '1', hold_id: hold.holdId });
  t.is(await count('payments.attempts', `${ORDER_IS} AND status = 'open'`, order.orderId), 1);
  t.is((await app.intentOf(order.orderId)).status, 'requires_payment_method');
  t.deepEqual(
    heard.filter((one) => one.type === 'PagamentoOK'),
    [],
  );
  const frozenOrder = 'SELECT 1 FROM tickets.orders WHERE order_id = $1 FOR UPDATE';
  const thawOrder = await freeze(t, app, frozenOrder, [order.orderId]);
  t.is((await pay(order)).body.status, 'requires_capture');

  // 4: the event, through the broker.
  await eventually(() => assert.ok(heard.some((one) => one.type === 'PagamentoOK')));
  t.like(
    heard.find((one) => one.type === 'PagamentoOK'),
    { key: 'payment.ok', orderId: order.orderId, persistent: true },
  );
  t.deepEqual(await seat(), { status: 'paying', fence: '1', hold_id: hold.holdId }, 'not sold yet');
  t.is((await fan.read(order.orderId)).status, 'confirming');
  t.is(await count('tickets.tickets', ORDER_IS, order.orderId), 0);
  t.is(await redis.get(lockKey), lock, 'the lock stays until the sale is committed');
  const frozenAttempt = 'SELECT 1 FROM payments.attempts WHERE order_id = $1 FOR UPDATE';
  const thawAttempt = await freeze(t, app, frozenAttempt, [order.orderId]);
  t.false(heard.some((one) => one.type === 'PedidoConfirmado'));
  await thawOrder();

  // 5: the commit of the sale, then the capture.
  await fan.until(order.orderId, 'confirmed');
  t.deepEqual(await seat(), { status: 'sold', fence: '1', hold_id: hold.holdId });
  t.is(await count('tickets.tickets', `${ORDER_IS} AND voided_at IS NULL`, order.orderId), 1);
  t.is(await count('tickets.outbox', confirmedIn, order.orderId), 1);
  await eventually(() => assert.ok(heard.some((one) => one.type === 'PedidoConfirmado')));
  t.is((await app.intentOf(order.orderId)).status, 'requires_capture', 'the capture comes after the commit');
  await thawAttempt();
  const captured = await eventually(async () => {
    const intent = await app.intentOf(order.orderId);
    assert.equal(intent.status, 'succeeded');
    return intent;
  });
  t.is(captured.amount_received, order.amountMinor);

  // 6: the lock is given back.
  await eventually(async () => assert.equal(await redis.get(lockKey), null));
  t.deepEqual(
    heard.map((one) => one.key).filter((key) => key === 'payment.ok' || key === 'order.confirmed'),
    ['payment.ok', 'order.confirmed'],
  );
  t.deepEqual(app.fatal, []);
});

test('the payment event waits in the quorum queue of the tickets while the sale cannot be committed', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, [SEAT]);
  const thaw = await freeze(t, app, 'SELECT 1 FROM tickets.orders WHERE order_id = $1 FOR UPDATE', [
    order.orderId,
  ]);
  await pay(order);
  const columns = ['name', 'type', 'arguments', 'messages'];
  const queues = async () => {
    const args = ['list_queues', '-q', '-p', app.vhost, '--formatter', 'json', ...columns];
    const { stdout } = await promisify(execFile)('rabbitmqctl', args, { timeout: 30_000 });
    return JSON.parse(stdout) as {
      name: string;
      type: string;
      arguments: unknown;
      messages: number;
    }[];
  };
  const tickets = await eventually(async () => {
    const found = (await queues()).find((one) => one.name === 'catraca.tickets');
    // After a failed commit it may just be on the ladder; then it comes back.
    assert.equal(found?.messages, 1);
    return found;
  }, 30_000);
  t.regex(tickets.type, /quorum/);
  const given = new Map(
    (tickets.arguments as [string, string, unknown][]).map(([name, , value]) => [name, value]),
  );
  t.is(given.get('x-queue-type'), 'quorum');
  t.is(given.get('x-dead-letter-strategy'), 'at-least-once');
  t.is(given.get('x-dead-letter-routing-key'), 'catraca.tickets.parked');
  t.is(given.get('x-overflow'), 'reject-publish');
  t.true(Number(given.get('x-delivery-limit')) > 0);
  await thaw();
  await fan.until(order.orderId, 'confirmed');
});
