import assert from 'node:assert/strict';
import test from 'ava';
import { ask } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';
import { PATIENCE_MS } from '../support/outage.ts';
import { privateRabbit, privateRedis } from '../support/private-servers.ts';
import { testPostgres } from '../support/servers.ts';

interface Health {
  readonly parts: readonly { readonly name: string; readonly state: string; readonly standIn?: string }[];
}

const healthOf = async (url: string): Promise<Readonly<Record<string, string>>> => {
  const { status, body } = await ask<Health>(url, 'GET', '/readyz');
  assert.equal(status, 200);
  return Object.fromEntries(
    body.parts.map(({ name, state, standIn }) => [
      name,
      standIn === undefined ? state : `${state}, ${standIn}`,
    ]),
  );
};

test.serial(
  'a node that starts while Redis and RabbitMQ are away serves without them, says so, and uses them when they are back',
  async (t) => {
    t.timeout(300_000);
    const redis = await privateRedis(t);
    const rabbit = redis === null ? null : await privateRabbit(t);
    const postgres = rabbit === null ? null : await testPostgres(t);
    if (redis === null || rabbit === null || postgres === null) return;
    const before = await startTestApp(t, 'embedded', {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      RABBITMQ_URL: rabbit.url,
    });
    if (before === null) return;
    const eventId = await before.createEvent();
    await before.app.stop();
    await Promise.all([redis.kill(), rabbit.kill()]);

    const fromMs = performance.now();
    const app = await before.restart();
    t.log(`served ${Math.round(performance.now() - fromMs)} ms after its start`);
    t.like(await healthOf(app.url), { PostgreSQL: 'up', RabbitMQ: 'down' });
    const buy = async (seatId: string): Promise<void> => {
      const fan = await app.fan();
      await eventually(() => fan.comeIn(eventId), PATIENCE_MS);
      const hold = await fan.hold(eventId, [seatId]);
      const order = await fan.order([hold.holdId]);
      assert.equal((await pay(order)).status, 200);
      await eventually(() => fan.until(order.orderId, 'confirmed'), PATIENCE_MS);
    };
    await buy('A-1-1');
    t.deepEqual(await healthOf(app.url), {
      PostgreSQL: 'up',
      Redis: 'down, PostgreSQL',
      RabbitMQ: 'down, PostgreSQL',
      Gateway: 'up',
    });

    await Promise.all([redis.restart(), rabbit.restart()]);
    await eventually(async () => {
      assert.deepEqual(await healthOf(app.url), {
        PostgreSQL: 'up',
        Redis: 'up',
        RabbitMQ: 'up',
        Gateway: 'up',
      });
    }, PATIENCE_MS);
    await buy('A-1-2');
    t.deepEqual(app.fatal, []);
  },
);

test.serial('a server that this database was never served with must answer the first start', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  // Port 9 is "discard", which nobody serves any more.
  for (const [name, url] of [
    ['REDIS_URL', 'redis://127.0.0.1:9'],
    ['RABBITMQ_URL', 'amqp://127.0.0.1:9'],
  ] as const) {
    const { message } = await t.throwsAsync(
      startTestApp(t, 'embedded', { DATABASE_URL: postgres.url, [name]: url }),
    );
    t.regex(message, /^(?:Redis|RabbitMQ) at (?:redis|amqp):\/\/127\.0\.0\.1:9 could not be reached: /);
  }
});
