import assert from 'node:assert/strict';
import test from 'ava';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay, type Fan } from '../support/fan.ts';
import { PATIENCE_MS } from '../support/outage.ts';
import { privateRabbit } from '../support/private-servers.ts';
import { testPostgres } from '../support/servers.ts';

const unsent = async (app: TestApp): Promise<number> => {
  const { rows } = await app.database.query<{ count: number }>(`
    SELECT ((SELECT count(*) FROM tickets.outbox WHERE sent_at IS NULL)
          + (SELECT count(*) FROM payments.outbox WHERE sent_at IS NULL))::int AS count`);
  return rows[0]?.count ?? -1;
};

test.serial(
  'RabbitMQ gone, and its queues with it: orders go on through Postgres, and nothing is left behind',
  async (t) => {
    t.timeout(300_000);
    const rabbit = await privateRabbit(t);
    const postgres = rabbit === null ? null : await testPostgres(t);
    if (rabbit === null || postgres === null) return;
    const app = await startTestApp(t, 'embedded', { DATABASE_URL: postgres.url, RABBITMQ_URL: rabbit.url });
    if (app === null) return;
    const eventId = await app.createEvent({ limits: { seatsPerFan: 10, holdsPerFan: 10 } });
    const fan = await app.fan();
    await fan.comeIn(eventId);
    const orders: string[] = [];
    let seat = 0;
    const buy = async (buyer: Fan): Promise<string> => {
      const hold = await buyer.hold(eventId, [`A-1-${(seat += 1)}`]);
      const order = await buyer.order([hold.holdId]);
      assert.equal((await pay(order)).status, 200);
      orders.push(order.orderId);
      return order.orderId;
    };
    const confirmed = async (orderId: string): Promise<number> => {
      const fromMs = performance.now();
      await eventually(() => fan.until(orderId, 'confirmed'), PATIENCE_MS);
      return Math.round(performance.now() - fromMs);
    };
    t.log(`with RabbitMQ an order is confirmed after ${await confirmed(await buy(fan))} ms`);

    await rabbit.kill();
    const [first, second] = [await buy(fan), await buy(fan)];
    t.log(`without: ${await confirmed(first)} ms, then ${await confirmed(second)} ms`);
    const health = await app.operator<{ parts: unknown }>('GET', `/events/${eventId}`);
    t.true(health.status < 500);

    const last = await buy(fan);
    await rabbit.restart();
    const returnedMs = performance.now();
    for (const queue of ['catraca.tickets', 'catraca.payments']) {
      // It may not have been declared again yet; then there is nothing to delete.
      await rabbit.control('-q', 'delete_queue', queue).catch(() => undefined);
    }
    const after = await buy(fan);
    await confirmed(last);
    await confirmed(after);
    await eventually(async () => assert.equal(await unsent(app), 0), PATIENCE_MS);
    t.log(`all done ${Math.round(performance.now() - returnedMs)} ms after its return (promised: 60,000)`);
    for (const orderId of orders) t.is((await fan.read(orderId)).tickets.length, 1);
    const { rows } = await app.database.query<{ tickets: number; seats: number }>(
      'SELECT count(*)::int AS tickets, count(DISTINCT seat_id)::int AS seats FROM tickets.tickets WHERE voided_at IS NULL',
    );
    t.deepEqual(rows, [{ tickets: orders.length, seats: orders.length }]);
    t.deepEqual(app.fatal, []);
  },
);
