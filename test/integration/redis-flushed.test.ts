import assert from 'node:assert/strict';
import test from 'ava';
import { askRedis } from '../../src/infra/redis/one-command.ts';
import { ask } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { goOn, pay } from '../support/fan.ts';
import { frameOf, PATIENCE_MS, whenFrame } from '../support/outage.ts';
import { privateRedis } from '../support/private-servers.ts';
import { testPostgres } from '../support/servers.ts';

test('FLUSHALL in mid-sale: fans in every state keep what they have, and nobody gets it twice', async (t) => {
  t.timeout(180_000);
  const redis = await privateRedis(t);
  const postgres = redis === null ? null : await testPostgres(t);
  if (redis === null || postgres === null) return;
  const app = await startTestApp(t, 'embedded', { DATABASE_URL: postgres.url, REDIS_URL: redis.url });
  if (app === null) return;
  const eventId = await app.createEvent({ admission: { ratePerMinute: 6_000, insideMax: 5 } });
  const enter = async () => {
    const fan = await app.fan();
    await fan.comeIn(eventId);
    return fan;
  };
  const [buyer, payer, holder, looker] = [await enter(), await enter(), await enter(), await enter()];
  const bought = await buyer.order([(await buyer.hold(eventId, ['A-1-1'])).holdId]);
  await pay(bought);
  await buyer.until(bought.orderId, 'confirmed');
  const unpaid = await payer.order([(await payer.hold(eventId, ['A-1-2'])).holdId]);
  await holder.hold(eventId, ['A-1-3']);
  const called = await app.fan();
  const { number: calledNumber } = await called.join(eventId);
  await whenFrame(app.url, eventId, ({ serving }) => serving >= calledNumber);
  const waiting = [await app.fan(), await app.fan(), await app.fan()];
  const numbers: number[] = [];
  for (const fan of waiting) numbers.push((await fan.join(eventId)).number);
  const moved = waiting[1];
  assert.ok(moved !== undefined);
  const laptop = await goOn(app.url, eventId, (await moved.join(eventId)).recoveryCode);
  const before = await frameOf(app.url, eventId);
  t.is(before.serving, calledNumber, 'five are inside or called: the others wait');

  for (let round = 0; round < 2; round += 1) {
    const { epoch } = await frameOf(app.url, eventId);
    t.is(await askRedis(redis.url, 5_000, 'FLUSHALL'), 'OK');
    const { frame } = await whenFrame(app.url, eventId, (now) => 'epoch' in now && Number(now.epoch) > epoch);
    t.true(frame.serving >= before.serving && frame.joined >= before.joined);

    const again = await Promise.all(waiting.map((fan) => (fan === moved ? laptop : fan).join(eventId)));
    t.is((await moved.tryJoin(eventId)).body.code, 'place_handed_over', 'a place handed over stays so');
    t.deepEqual(
      again.map(({ number, status }) => ({ number, status })),
      numbers.map((number) => ({ number, status: 200 })),
    );
    const rival = await looker.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] });
    t.is(rival.body.code, 'seat_taken', 'sold');
    const other = await looker.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-3'] });
    t.is(other.body.code, 'seat_taken', 'held');
    const early = await waiting[2]?.ask<{ code: string }>('POST', `/v1/events/${eventId}/admission`, {
      body: { place: waiting[2].place() },
    });
    t.is(early?.body.code, 'not_called', 'four passes and one call are counted still');
  }

  await pay(unpaid);
  t.is((await payer.until(unpaid.orderId, 'confirmed')).tickets.length, 1);
  await looker.hold(eventId, ['A-1-4']);
  // Room for all, or who is called next would be a matter of who comes first.
  const knobs = await app.operator('PATCH', `/events/${eventId}/admission`, { insideMax: 50 });
  t.is(knobs.status, 200);
  // The one who was called comes in late, and has one pass however often it is asked for.
  const path = `/v1/events/${eventId}/admission`;
  const redeem = () => called.ask<{ pass: string }>('POST', path, { body: { place: called.place() } });
  await eventually(async () => assert.ok((await redeem()).status < 300), PATIENCE_MS);
  const answers = await Promise.all(Array.from({ length: 10 }, redeem));
  t.true(answers.every(({ status }) => status === 200));
  const newcomer = await app.fan();
  t.true((await newcomer.join(eventId)).number > Math.max(...numbers));
  await eventually(() => waiting[0]?.comeIn(eventId), PATIENCE_MS);

  const { rows } = await app.database.query<{ table: string; rows: number; fans: number }>(`
    SELECT 'admissions' AS table, count(*)::int AS rows, count(DISTINCT fan_id)::int AS fans FROM line.admissions
    UNION ALL SELECT 'places', count(*)::int, count(DISTINCT fan_id)::int FROM line.places
    UNION ALL SELECT 'tickets', count(*)::int, count(DISTINCT seat_id)::int FROM tickets.tickets WHERE voided_at IS NULL`);
  t.deepEqual(rows, [
    { table: 'admissions', rows: 6, fans: 6 },
    { table: 'places', rows: 9, fans: 9 },
    { table: 'tickets', rows: 2, fans: 2 },
  ]);
  t.is((await ask(app.url, 'GET', '/readyz')).status, 200);
});
