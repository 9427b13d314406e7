import assert from 'node:assert/strict';
import test from 'ava';
import { ask } from '../support/api.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { goOn, pay, type Fan } from '../support/fan.ts';
import { frameOf, HARMS, PATIENCE_MS, proxied, watchLine, whenFrame } from '../support/outage.ts';
import { privateRedis } from '../support/private-servers.ts';
import { testPostgres, testRabbit } from '../support/servers.ts';

const RATE = 240;
const SECRET = 'the nodes of one sale sign with this one';

/** So many fans in line, a few at a time. */
const crowd = async (app: TestApp, eventId: string, count: number): Promise<readonly Fan[]> => {
  const fans: Fan[] = [];
  while (fans.length < count) {
    const some = await Promise.all(Array.from({ length: 10 }, () => app.fan()));
    for (const fan of some) await fan.join(eventId);
    fans.push(...some);
  }
  return fans;
};

/** No fan has two places or two live admissions, and no place two of anything. */
const doubles = async (app: TestApp): Promise<number> => {
  const { rows } = await app.database.query<{ count: number }>(`
    SELECT ((SELECT count(*) - count(DISTINCT (event_id, fan_id)) FROM line.admissions WHERE left_at IS NULL)
          + (SELECT count(*) - count(DISTINCT (event_id, fan_id)) FROM line.places WHERE spent_at IS NULL))::int AS count`);
  return rows[0]?.count ?? -1;
};

for (const [name, harm] of Object.entries(HARMS)) {
  test.serial(
    `Redis ${name}: two nodes go on at a lower rate, lose no place, and are back by themselves`,
    async (t) => {
      t.timeout(240_000);
      const redis = await privateRedis(t);
      const postgres = redis === null ? null : await testPostgres(t);
      const rabbit = postgres === null ? null : await testRabbit(t);
      if (redis === null || postgres === null || rabbit === null) return;
      const { proxy, url } = await proxied(t, redis);
      const settings = {
        DATABASE_URL: postgres.url,
        REDIS_URL: url,
        RABBITMQ_URL: rabbit.url,
        CATRACA_SECRET: SECRET,
        ADMISSION_TICK_MS: '100',
      };
      const one = await startTestApp(t, 'embedded', settings);
      const two = await startTestApp(t, 'embedded', settings);
      if (one === null || two === null) return;
      const eventId = await one.createEvent({ admission: { ratePerMinute: RATE, insideMax: 10_000 } });
      const holder = await one.fan();
      await holder.comeIn(eventId);
      const held = await holder.hold(eventId, ['A-1-1']);
      const inside = await one.fan();
      await inside.comeIn(eventId);
      const waiting = await crowd(one, eventId, 40);
      const numbers = await Promise.all(waiting.map((fan) => fan.join(eventId)));
      const watch = watchLine([one.url, two.url], eventId, RATE);

      const harmed = await harm(redis, proxy);
      const away = await Promise.all(
        [one, two].map((app) =>
          whenFrame(app.url, eventId, (frame) => frame.reason === 'degraded' && frame.ratePerMinute > 0),
        ),
      );
      t.log(`degraded after ${away.map(({ ms }) => Math.round(ms)).join(' and ')} ms (promised: 2,000)`);
      t.true(away.every(({ frame }) => frame.ratePerMinute <= RATE / 2));
      const atSwitch = Math.max(...away.map(({ frame }) => frame.serving));
      await whenFrame(two.url, eventId, (frame) => frame.serving > atSwitch);

      // Everybody in every state goes on, by Postgres alone.
      t.is((await inside.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-2'] }, {}, two.url)).status, 201);
      const taken = await inside.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] }, {}, two.url);
      t.is(taken.body.code, 'seat_taken');
      const order = await holder.order([held.holdId]);
      await pay(order);
      await holder.until(order.orderId, 'confirmed', two.url);
      const late = await two.fan();
      const { number } = await late.join(eventId);
      t.true(number > numbers.length);
      const health = await ask<{ parts: { name: string; state: string; standIn?: string }[] }>(
        one.url,
        'GET',
        '/readyz',
      );
      t.is(health.status, 200, 'without Redis a node still serves');
      t.like(
        health.body.parts.find((part) => part.name === 'Redis'),
        { state: 'down', standIn: 'PostgreSQL' },
      );
      const { text } = await ask(one.url, 'GET', '/metrics');
      t.regex(text, /^catraca_dependency_up\{name="Redis"\} 0$/m);
      t.regex(text, /^catraca_dependency_replaced\{name="Redis"\} 1$/m);
      await eventually(() => waiting[5]?.comeIn(eventId, two.url), PATIENCE_MS);
      const phone = await one.fan();
      const { number: kept, recoveryCode } = await phone.join(eventId);
      const laptop = await goOn(two.url, eventId, recoveryCode);
      await eventually(async () => assert.equal((await phone.standing(eventId)).code, 'place_handed_over'));

      const healedMs = performance.now();
      await harmed.heal();
      const back = await Promise.all(
        [one, two].map((app) => whenFrame(app.url, eventId, (frame) => frame.reason !== 'degraded')),
      );
      t.log(`normal ${Math.round(performance.now() - healedMs)} ms after the return (promised: 10,000)`);
      t.true(back.every(({ frame }, index) => frame.epoch > (away[index]?.frame.epoch ?? 0)));
      await eventually(() => waiting[7]?.comeIn(eventId), PATIENCE_MS);
      const again = await Promise.all(waiting.map((fan) => fan.join(eventId, two.url)));
      const changed = again.filter(({ number: now }, index) => now !== numbers[index]?.number);
      t.is(
        (await laptop.join(eventId)).number,
        kept,
        'what went from hand to hand meanwhile stays where it is',
      );
      t.is((await phone.tryJoin(eventId)).body.code, 'place_handed_over');
      // The two who came in have live passes; nobody else's place may be another.
      t.deepEqual(changed, []);
      t.true((await frameOf(one.url, eventId)).joined >= number);
      t.deepEqual(await watch.faults(), []);
      t.is(await doubles(one), 0);
      assert.deepEqual([...one.fatal, ...two.fatal], []);
    },
  );
}
