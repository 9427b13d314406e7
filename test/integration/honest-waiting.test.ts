import assert from 'node:assert/strict';
import test from 'ava';
import { realServers, startTestApp, type TestApp } from '../support/app.ts';
import { ask } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';

const SECRET = 'the nodes of one sale sign with this one';

interface Frame {
  readonly serving: number;
  readonly joined: number;
  readonly reason: string;
  readonly message?: { readonly text: string; readonly at: string } | null;
  readonly tiers?: readonly { readonly priceMinor: number; readonly seats: number; readonly left: number }[];
  readonly sellout?: {
    readonly seatsLeft: number;
    readonly likelyUpTo: number;
    readonly possibleUpTo: number;
  };
}
interface Standing {
  readonly state: string;
  readonly ahead: number;
  readonly eta: object | null;
  readonly outlook: { readonly code: string; readonly text: string } | null;
  readonly because: { readonly code: string; readonly text: string };
}

const frameAt = async (app: TestApp, eventId: string): Promise<Frame> =>
  (await ask<Frame>(app.url, 'GET', `/v1/events/${eventId}/line`)).body;

test('who waits is told prices and what is left, honestly whether it is in vain, and what the operator has to say', async (t) => {
  t.timeout(120_000);
  const servers = await realServers(t);
  if (servers === null) return;
  const settings = { ...servers.settings, CATRACA_SECRET: SECRET };
  const one = await startTestApp(t, 'embedded', settings);
  const two = await startTestApp(t, 'embedded', settings);
  if (one === null || two === null) return;
  const eventId = await one.createEvent({ admission: { ratePerMinute: 60_000, insideMax: 2 } });

  // Prices and what is left, on both nodes; a hold shows within the second that they are cached for.
  const house = [
    { priceMinor: 12_000, seats: 5, left: 5 },
    { priceMinor: 15_000, seats: 10, left: 10 },
    { priceMinor: 25_000, seats: 10, left: 10 },
  ];
  for (const app of [one, two])
    await eventually(async () => assert.deepEqual((await frameAt(app, eventId)).tiers, house));
  const [first, second] = [await one.fan(), await two.fan()];
  await first.comeIn(eventId);
  await second.comeIn(eventId);
  const held = await first.hold(eventId, ['A-1-1', 'A-1-2', 'A-1-3']);
  for (const app of [one, two])
    await eventually(async () => assert.equal((await frameAt(app, eventId)).tiers?.[2]?.left, 7));

  // Twenty-five seats: the third in line has good hopes, the sixtieth has none, and both hear so at once.
  const crowd = await Promise.all(Array.from({ length: 58 }, () => one.fan()));
  for (const fan of crowd) await fan.join(eventId);
  const standingOf = async (fan: (typeof crowd)[number] | undefined): Promise<Standing> => {
    assert.ok(fan);
    const reply = await fan.ask<Standing>('GET', `/v1/events/${eventId}/line/me`, {
      headers: { 'catraca-place': fan.place() },
    });
    assert.equal(reply.status, 200, reply.text);
    return reply.body;
  };
  t.is((await standingOf(crowd[0])).outlook?.code, 'likely');
  const last = await standingOf(crowd.at(-1));
  t.like(last, { state: 'waiting', ahead: 57, outlook: { code: 'standby' }, because: { code: 'inside' } });
  t.regex(last.outlook?.text ?? '', /place is kept/);
  t.true(last.because.text.length > 20);
  const { sellout } = await frameAt(two, eventId);
  t.is(sellout?.seatsLeft, 25);
  t.true((sellout?.possibleUpTo ?? 99) < 60 && (sellout?.likelyUpTo ?? 0) >= 3, JSON.stringify(sellout));

  // Seats that come back count again.
  await first.ask('DELETE', `/v1/holds/${held.holdId}`);
  await eventually(async () => assert.equal((await frameAt(two, eventId)).tiers?.[2]?.left, 10));

  // The operator speaks on one node, and all are told within a second.
  const text = 'A porta abre às 19h.\nHá um segundo show.';
  const from = performance.now();
  const said = await one.operator<{ message: { text: string } }>('POST', `/events/${eventId}/message`, {
    text,
  });
  t.is(said.status, 200, said.text);
  t.is(said.body.message.text, text);
  for (const app of [one, two])
    await eventually(async () => assert.equal((await frameAt(app, eventId)).message?.text, text));
  const took = performance.now() - from;
  t.log(`told on both nodes after ${Math.round(took)} ms (promised: 1,000)`);
  t.true(took < 3_000, 'a busy machine may be late, not that late');
  await two.operator('POST', `/events/${eventId}/message`, { text: null });
  for (const app of [one, two])
    await eventually(async () => assert.equal((await frameAt(app, eventId)).message, null));
  const audit = await one.operator<object>('GET', '/audit?limit=10');
  t.is(audit.text.match(/"event\.message"/g)?.length, 2);
});
