import assert from 'node:assert/strict';
import test from 'ava';
import { ask, newKey, openStream } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { goOn } from '../support/fan.ts';

test('who is inside goes on with seats and order on another device; the first is told by poll, stream and redemption', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent();
  const phone = await app.fan();
  const { recoveryCode } = await phone.join(eventId);
  const stream = await openStream<{ code?: string; status?: number }>(
    app.url,
    `/v1/events/${eventId}/line/stream`,
    undefined,
    { 'catraca-place': phone.place() },
  );
  t.teardown(() => stream.close());
  await phone.comeIn(eventId);
  const hold = await phone.hold(eventId, ['A-1-1']);

  const laptop = await goOn(app.url, eventId, recoveryCode);
  t.is(laptop.fanId, phone.fanId);
  t.like(await stream.until(({ code }) => code !== undefined), { code: 'place_handed_over', status: 409 });
  await stream.ended();
  t.is((await phone.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-2'] })).body.code, 'pass_invalid');
  await eventually(async () => assert.equal((await phone.standing(eventId)).code, 'place_handed_over'));
  const path = `/v1/events/${eventId}/admission`;
  const redeemed = await phone.ask<{ code: string }>('POST', path, { body: { place: phone.place() } });
  t.is(redeemed.status, 409);
  t.is(redeemed.body.code, 'place_handed_over');
  t.is((await phone.tryJoin(eventId)).status, 409);

  await eventually(() => laptop.redeem(eventId));
  t.is((await laptop.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-2'] })).status, 201);
  const order = await laptop.order([hold.holdId]);
  t.is(order.status, 'awaiting_payment', 'the seats of the phone are the laptop’s to pay');
});

test('a repeat with the same key gets the same answer, another key is told that the code was used', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 1 } });
  const phone = await app.fan();
  const { recoveryCode, number } = await phone.join(eventId);
  const path = `/v1/events/${eventId}/line/recovery`;
  const recover = (key: string, code: unknown = recoveryCode) =>
    ask<Record<string, unknown>>(app.url, 'POST', path, { key, body: { code } });
  const key = newKey();
  const first = await recover(key);
  t.is(first.status, 200);
  t.like(first.body, { number, fanId: phone.fanId });
  t.is(typeof first.body['token'], 'string');
  t.deepEqual((await recover(key)).body, first.body);
  t.like((await recover(newKey())).body, { code: 'recovery_code_used', status: 409 });
  t.like((await recover(key, 'another')).body, { code: 'idempotency_key_reused', status: 422 });
  t.like((await recover('short')).body, { code: 'invalid_request', status: 400 });
  for (const code of ['', 7, null, 'x'.repeat(65)]) {
    t.like((await recover(newKey(), code)).body, { code: 'invalid_request', status: 400 });
  }
  t.like((await recover(newKey(), 'AAAA-AAAA-AAAA-AAAA')).body, {
    code: 'recovery_code_invalid',
    status: 403,
  });
});
