import test from 'ava';
import { startTestApp } from '../support/app.ts';
import { pay } from '../support/fan.ts';
import { readRecordedSale } from '../../src/infra/postgres/recorded-sale.ts';
import { replay, DEFAULT_HOUSE, DEFAULT_SHAPE } from '../../src/rehearsal/rehearsal.ts';
import { AIMS } from '../../src/rehearsal/advice.ts';

test('what took place in a sale is read from Postgres as it was, and can be played again', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent();
  const [buyer, looker, waiter] = [await app.fan(), await app.fan(), await app.fan()];
  await buyer.comeIn(eventId);
  const { holdId } = await buyer.hold(eventId, ['A-1-1', 'A-1-2']);
  const order = await buyer.order([holdId]);
  await pay(order);
  await buyer.until(order.orderId, 'confirmed');
  await looker.comeIn(eventId);
  await waiter.join(eventId);

  const sale = await readRecordedSale(app.app.databaseUrl ?? '', eventId);
  if (sale === null) throw new Error('the sale was not found');
  t.like(sale, { seats: 25, ratePerMinute: 60_000, insideMax: 10_000 });
  t.is(sale.fans.length, 3);
  const [bought, looked, waited] = sale.fans;
  t.is(bought?.seats, 2);
  const times = [
    bought?.joinedAtMs,
    bought?.admittedAtMs,
    bought?.heldAtMs,
    bought?.orderedAtMs,
    bought?.paidAtMs,
  ];
  t.true(
    times.every((one, index) => index === 0 || (one ?? -1) >= (times[index - 1] ?? Infinity)),
    times.join(),
  );
  t.not(looked?.admittedAtMs, null);
  t.is(looked?.heldAtMs, null);
  t.is(waited?.admittedAtMs, null);
  const wish = { house: DEFAULT_HOUSE, shape: DEFAULT_SHAPE, aims: AIMS, rates: [60], seeds: [1] };
  t.is(replay(wish, sale).outcomes.length, 2);
  t.is(await readRecordedSale(app.app.databaseUrl ?? '', '0190a000-0000-7000-8000-000000000001'), null);
});
