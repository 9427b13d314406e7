import assert from 'node:assert/strict';
import test from 'ava';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { frameOf } from '../support/outage.ts';

interface Numbers {
  readonly launch: { readonly active: boolean; readonly ratePerMinute: number | null } | null;
}

const CEILING = 6_000;

test('planned rates hold below the operator’s number, a number set by hand overrides them, and sending them again puts them back', async (t) => {
  const app = await startTestApp(t, 'embedded');
  if (app === null) return;
  const admission = { ratePerMinute: CEILING, insideMax: 10_000 };
  const launch = { points: [{ afterSeconds: 0, ratePerMinute: 1_200 }] };
  const eventId = await app.createEvent({ admission, launch });
  const fan = await app.fan();
  await fan.comeIn(eventId);

  const rateIs = (rate: number): Promise<void> =>
    eventually(async () => assert.equal((await frameOf(app.url, eventId)).ratePerMinute, rate));
  const planIs = async (plan: NonNullable<Numbers['launch']>): Promise<void> => {
    const { text } = await app.operator('GET', `/events/${eventId}`);
    t.like((JSON.parse(text) as Numbers).launch, plan);
  };
  await rateIs(1_200);
  await planIs({ active: true, ratePerMinute: 1_200 });

  const byHand = await app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 4_000 });
  t.is(byHand.status, 200);
  await rateIs(4_000);
  await planIs({ active: false, ratePerMinute: null });

  const startsAt = new Date(Date.now() - 60_000).toISOString();
  const curve = {
    startsAt,
    points: [
      { afterSeconds: 0, ratePerMinute: 60 },
      { afterSeconds: 30, ratePerMinute: 2_400 },
    ],
  };
  const planned = await app.operator<{ launch: object }>('POST', `/events/${eventId}/launch`, { curve });
  t.deepEqual(planned.body.launch, { curve, active: true });
  await rateIs(2_400);
  // Another knob leaves the plan alone.
  await app.operator('PATCH', `/events/${eventId}/admission`, { insideMax: 500 });
  await planIs({ active: true, ratePerMinute: 2_400 });

  await app.operator('POST', `/events/${eventId}/launch`, { curve: null });
  await rateIs(4_000);
  const { text } = await app.operator('GET', '/audit?limit=10');
  t.is(text.match(/"launch\.plan"/g)?.length, 2);
  t.true(text.includes('"launchActive":false'));
});
