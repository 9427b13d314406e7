import assert from 'node:assert/strict';
import test from 'ava';
import { ask, type Reply } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';
import { HARMS, PATIENCE_MS, proxied } from '../support/outage.ts';
import { privatePostgres } from '../support/private-servers.ts';
import { testRedis } from '../support/servers.ts';

interface Readiness {
  readonly status: string;
  readonly parts: readonly { readonly name: string; readonly state: string }[];
}

test.serial(
  'Postgres killed, stopped and cut off: closed with a truthful 503, nothing acknowledged is lost, open again by itself',
  async (t) => {
    t.timeout(300_000);
    const postgres = await privatePostgres(t);
    const redis = postgres === null ? null : await testRedis(t);
    if (postgres === null || redis === null) return;
    const { proxy, url } = await proxied(t, postgres);
    const app = await startTestApp(t, 'embedded', {
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
    });
    if (app === null) return;
    const eventId = await app.createEvent({ limits: { seatsPerFan: 10, holdsPerFan: 10 } });
    const [fan, rival] = [await app.fan(), await app.fan()];
    await fan.comeIn(eventId);
    await rival.comeIn(eventId);
    let seat = 0;
    const nextSeat = (): string => `A-1-${(seat += 1)}`;

    for (const [name, harm] of Object.entries(HARMS)) {
      const kept = await fan.hold(eventId, [nextSeat()]);
      const bought = await rival.order([(await rival.hold(eventId, [nextSeat()])).holdId]);
      const wish = { sectionId: 'B', seatIds: [`B-1-${seat}`] };
      const harmed = await harm(postgres, proxy);
      const harmedMs = performance.now();
      const answers: { readonly status: number; readonly text: string }[] = [];
      // What was asked in the first moment may be unknown; from then on it is refused, and said that nothing was done.
      await eventually(async () => {
        const reply = await fan.tryHold(eventId, wish, { key: `${seat}-${answers.length}-of-many` });
        answers.push(reply);
        assert.equal(reply.body.code, 'unavailable');
      }, PATIENCE_MS);
      t.log(`${name}: closed after ${Math.round(performance.now() - harmedMs)} ms (promised: 2,000)`);
      t.deepEqual(
        answers.filter(({ status }) => status !== 503).map(({ text }) => text),
        [],
        name,
      );
      await eventually(async () => {
        const ready = await ask<Readiness>(app.url, 'GET', '/readyz');
        assert.equal(ready.status, 503);
        assert.equal(ready.body.parts.find((part) => part.name === 'PostgreSQL')?.state, 'down');
      }, PATIENCE_MS);
      const closed = await Promise.all([
        fan.ask('POST', `/v1/events/${eventId}/line`),
        fan.ask('POST', '/v1/orders', { body: { holdIds: [kept.holdId] } }),
        fan.ask('GET', `/v1/orders/${bought.orderId}`),
        app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 1 }),
      ]);
      for (const reply of closed) {
        t.is(reply.status, 503, reply.text);
        t.is((reply as Reply).body.code, 'unavailable');
        t.truthy(reply.headers.get('retry-after'));
        t.regex(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
      }
      t.is((await ask(app.url, 'GET', '/livez')).status, 200, 'it is not the process that is sick');

      const healedMs = performance.now();
      await harmed.heal();
      await eventually(
        async () => assert.equal((await ask(app.url, 'GET', '/readyz')).status, 200),
        PATIENCE_MS,
      );
      await eventually(async () => {
        const taken = await rival.tryHold(eventId, { sectionId: 'A', seatIds: kept.seats });
        assert.equal(taken.body.code, 'seat_taken', taken.text);
      }, PATIENCE_MS);
      t.log(`${name}: serving again ${Math.round(performance.now() - healedMs)} ms after the return began`);
      const order = await fan.order([kept.holdId]);
      await eventually(async () => assert.equal((await pay(order)).status, 200), PATIENCE_MS);
      await pay(bought);
      await eventually(() => fan.until(order.orderId, 'confirmed'), PATIENCE_MS);
      await eventually(() => rival.until(bought.orderId, 'confirmed'), PATIENCE_MS);
    }
    t.deepEqual(app.fatal, []);
  },
);
