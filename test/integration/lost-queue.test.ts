import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import test from 'ava';
import { systemClock, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { noteLostQueue } from '../../src/infra/postgres/lost-queues.ts';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { createRabbitBus } from '../../src/infra/rabbit/bus.ts';
import { startOutboxRelay } from '../../src/streams/outbox-relay.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres, testRabbit } from '../support/servers.ts';

test('what a deleted queue took with it is said again, and reaches its subscriber', async (t) => {
  const postgres = await testPostgres(t);
  const rabbit = await testRabbit(t);
  if (postgres === null || rabbit === null) return;
  const { pool } = postgres;
  const open = async () => {
    const bus = createRabbitBus({
      url: rabbit.url,
      clock: systemClock,
      log: silentLog,
      onQueueMissing: (queue) => noteLostQueue(pool, queue),
    });
    t.teardown(() => bus.close());
    await bus.ready();
    return bus;
  };
  const sender = await open();
  const outbox = createOutbox(pool, 'tickets');
  const relay = startOutboxRelay({
    outbox,
    bus: sender,
    clock: systemClock,
    random: systemRandom,
    pollMs: 50,
    onFailure: () => undefined,
  });
  t.teardown(() => relay.stop());
  const sentAll = () => eventually(async () => assert.equal((await outbox.backlog()).unsent, 0));
  // The queues of a new broker were missing as well: said twice, and then never again.
  await pool.query('UPDATE bus.lost_queues SET rounds = 2');
  const { rows } = await pool.query<{ message_id: string }>(
    `INSERT INTO tickets.outbox (type, event_id, order_id, data)
     VALUES ('PedidoConfirmado', $1, $2, '{"seatIds":["A-1-1"]}') RETURNING message_id`,
    [randomUUID(), randomUUID()],
  );
  await sentAll();

  // Nobody has consumed it yet: the broker has it, and nobody else.
  const model = await connect(rabbit.url);
  t.teardown(() => model.close().catch(() => undefined));
  const { messageCount } = await (await model.createChannel()).deleteQueue('catraca.payments');
  t.is(messageCount, 1);

  const receiver = await open();
  const seen: string[] = [];
  await receiver.subscribe('payments', 5, (delivery) => {
    seen.push(delivery.envelope.id);
    delivery.ack();
  });
  await eventually(() => assert.deepEqual(seen, [rows[0]?.message_id]), 20_000);
});
