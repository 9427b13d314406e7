import test from 'ava';
import type { Clock } from '../../src/domain/ports/environment.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { createFallbackBus } from '../../src/infra/fallback-bus.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createPostgresBus } from '../../src/infra/postgres/message-bus.ts';
import { createRabbitBus } from '../../src/infra/rabbit/bus.ts';
import { paymentOk } from '../support/envelopes.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres, testRabbit } from '../support/servers.ts';

test('with the broker gone messages travel by the standby, after the grace and not before', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  let nowMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };
  const gone = createRabbitBus({
    url: 'amqp://127.0.0.1:1',
    clock: systemClock,
    log: silentLog,
    publishWaitMs: 10,
  });
  const standby = createPostgresBus({
    pool: postgres.pool,
    clock: systemClock,
    log: silentLog,
    pollMs: 20,
  });
  const bus = createFallbackBus(gone, standby, { afterMs: 3_000, clock });
  t.teardown(() => bus.close());
  const seen: string[] = [];
  await bus.subscribe('tickets', 8, (delivery) => {
    seen.push(delivery.envelope.id);
    delivery.ack();
  });
  const message = paymentOk();
  t.deepEqual(await bus.publish([message]), ['unknown'], 'the grace begins');
  nowMs = 2_999;
  t.deepEqual(await bus.publish([message]), ['unknown']);
  t.false(bus.standbyInUse());
  nowMs = 3_000;
  t.deepEqual(await bus.publish([message]), ['confirmed']);
  t.true(bus.standbyInUse());
  t.is(bus.kind, 'rabbitmq');
  await eventually(() => {
    if (!seen.includes(message.id)) throw new Error('it has not come');
  });
  t.deepEqual(await bus.parked('tickets', 5), [], 'what can be seen is shown');
});

test('with the broker there the standby takes nothing, and what it took before is still delivered', async (t) => {
  const rabbit = await testRabbit(t);
  if (rabbit === null) return;
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const common = { clock: systemClock, log: silentLog };
  const primary = createRabbitBus({ ...common, url: rabbit.url });
  const standby = createPostgresBus({ ...common, pool, pollMs: 20 });
  const bus = createFallbackBus(primary, standby, { afterMs: 0, clock: systemClock });
  t.teardown(() => bus.close());
  await primary.ready();
  const [byStandby, byBroker] = [paymentOk(), paymentOk()];
  await standby.publish([byStandby]);
  t.deepEqual(await bus.publish([byBroker]), ['confirmed']);
  const { rows } = await pool.query<{ id: string }>('SELECT message_id AS id FROM bus.messages');
  t.deepEqual(
    rows.map((row) => row.id),
    [byStandby.id],
  );
  const seen: string[] = [];
  const stop = await bus.subscribe('tickets', 8, (delivery) => {
    seen.push(delivery.envelope.id);
    delivery.park('aside');
  });
  await eventually(async () => {
    const parked = await bus.parked('tickets', 5);
    if (parked.length !== 2) throw new Error(`${parked.length} parked`);
  });
  t.deepEqual([...seen].sort(), [byStandby.id, byBroker.id].sort());
  await stop();
  t.is(await bus.redrive('tickets', 5), 2);
});
