import assert from 'node:assert/strict';
import test from 'ava';
import { createTcpProxy } from '../../src/chaos/tcp-proxy.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import type { Fan } from '../support/fan.ts';
import { frameOf, PATIENCE_MS, type LineFrame } from '../support/outage.ts';
import { testPostgres } from '../support/servers.ts';

const RATE = 600;
/** Both ways: slow enough that a hold is over its budget, quick enough that the server counts as there. */
const SLOW_MS = 120;

interface Numbers {
  readonly loop: {
    readonly mode: string;
    readonly ratePerMinute: number;
    readonly because: { readonly code: string } | null;
    readonly signals: readonly { readonly signal: string; readonly valueMs: number }[];
  } | null;
}
type FrameWithReason = LineFrame & {
  readonly because: {
    readonly code: string;
    readonly parameters: Record<string, number>;
    readonly text: string;
  };
};

/** Takes a seat and gives it back, again and again, until told to stop. */
const busy = async (fan: Fan, eventId: string, seatId: string, over: AbortSignal): Promise<void> => {
  while (!over.aborted) {
    const held = await fan.tryHold(eventId, { sectionId: seatId.split('-')[0], seatIds: [seatId] });
    if (held.status === 201) await fan.ask('DELETE', `/v1/holds/${held.body.holdId}`);
    else await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const whenLine = (app: TestApp, eventId: string, is: (frame: FrameWithReason) => boolean) =>
  eventually(async () => {
    const frame = (await frameOf(app.url, eventId)) as FrameWithReason;
    assert.ok(is(frame), JSON.stringify(frame));
    return frame;
  }, PATIENCE_MS);

test('a slow Postgres slows the line, the frame says why, and both recover by themselves', async (t) => {
  t.timeout(240_000);
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const server = new URL(postgres.url);
  const proxy = await createTcpProxy({ host: server.hostname, port: Number(server.port || 5432) });
  t.teardown(() => proxy.close());
  server.port = String(proxy.port);
  server.hostname = proxy.host;
  const app = await startTestApp(t, 'embedded', { DATABASE_URL: server.href, DATABASE_POOL: '8' });
  if (app === null) return;
  const eventId = await app.createEvent({
    admission: { ratePerMinute: RATE, insideMax: 10_000 },
    sections: [
      { id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 10 }] },
      { id: 'PISTA', name: 'Pista', priceMinor: 12_000, capacity: 5_000 },
    ],
  });
  const seats = ['A-1-1', 'A-1-3', 'A-1-5', 'A-1-7'];
  const inside = await Promise.all(seats.map(() => app.fan()));
  for (const fan of inside) await fan.comeIn(eventId);
  const over = new AbortController();
  const holding = Promise.all(
    inside.map((fan, index) => busy(fan, eventId, seats[index] ?? '', over.signal)),
  );
  t.teardown(async () => {
    over.abort();
    await holding;
  });

  proxy.delay(SLOW_MS);
  const slowed = await whenLine(app, eventId, (frame) => frame.ratePerMinute <= RATE / 3);
  const { body } = await app.operator<Numbers>('GET', `/events/${eventId}`);
  t.log(JSON.stringify(body.loop));
  t.truthy(body.loop?.because);
  // Near its budget still: by the time it is asked for, what was measured when the rate fell has moved on.
  t.true((body.loop?.signals.find((one) => one.signal === 'holdMs')?.valueMs ?? 0) > 300);
  t.true(slowed.ratePerMinute > 0, 'slow is not stopped');

  // It is the admissions that are slower, not a number on a page: people who join now come in at that pace.
  const crowd: Fan[] = [];
  proxy.delay(0);
  while (crowd.length < 60) crowd.push(...(await Promise.all(Array.from({ length: 10 }, () => app.fan()))));
  proxy.delay(SLOW_MS);
  await whenLine(app, eventId, (frame) => frame.ratePerMinute <= RATE / 3);
  await Promise.all(crowd.map((fan) => fan.join(eventId)));
  const from = await whenLine(app, eventId, (frame) => frame.serving < frame.joined);
  t.true(
    ['holds_slow', 'database_busy', 'recovering', 'server_busy'].includes(from.because.code),
    JSON.stringify(from.because),
  );
  t.true(from.because.text.length > 20);
  const to = await whenLine(
    app,
    eventId,
    (frame) => Date.parse(frame.at) - Date.parse(from.at) >= 4_000 && frame.serving > from.serving,
  );
  const seconds = (Date.parse(to.at) - Date.parse(from.at)) / 1_000;
  t.true(
    to.serving - from.serving < (RATE / 60) * seconds * 0.7,
    `${to.serving - from.serving} in ${seconds} s`,
  );

  proxy.delay(0);
  await whenLine(app, eventId, (frame) => frame.ratePerMinute === RATE && frame.serving === frame.joined);

  // Off is off: the same slowness changes nothing, and the act is on record.
  const off = await app.operator<{ closedLoop: boolean }>('PATCH', `/events/${eventId}/admission`, {
    closedLoop: false,
  });
  t.is(off.body.closedLoop, false);
  proxy.delay(SLOW_MS);
  await eventually(
    async () => {
      const { text } = await app.operator('GET', `/events/${eventId}`);
      assert.equal((JSON.parse(text) as Numbers).loop, null);
    },
    1_000 + 4 * SLOW_MS * 4,
  );
  const until = performance.now() + 4_000;
  await eventually(async () => {
    t.is((await frameOf(app.url, eventId)).ratePerMinute, RATE);
    assert.ok(performance.now() >= until);
  });
  proxy.delay(0);
  const audit = await app.operator<{ entries: { action: string; after: { closedLoop?: boolean } }[] }>(
    'GET',
    '/audit?limit=5',
  );
  t.true(audit.text.includes('"closedLoop":false'));
});
