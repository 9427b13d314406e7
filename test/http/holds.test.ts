import { randomUUID } from 'node:crypto';
import test from 'ava';
import { ELSEWHERE, EVENT, NOW_MS, passFor } from './fakes.ts';
import { refused, withServer, type Ask, type Bench } from './with-server.ts';

const PATH = `/v1/events/${EVENT}/holds`;

const asking = (bench: Bench, extra: Partial<Ask> = {}): Ask => ({
  token: bench.fan.token,
  headers: { 'catraca-pass': passFor(EVENT, bench.fan.id) },
  body: { sectionId: 'A', seatIds: ['A-1-1'] },
  ...extra,
});

test('a hold tells its seats, its price and its end', async (t) => {
  const bench = await withServer(t);
  const reply = await bench.ask('POST', PATH, asking(bench));
  t.is(reply.status, 201);
  t.like(reply.body, {
    seats: ['A-1-1'],
    amountMinor: 25_000,
    currency: 'BRL',
    expiresAt: '2026-12-01T13:00:00.000Z',
  });
});

test('the section chooses when only a quantity is asked for', async (t) => {
  const bench = await withServer(t);
  const reply = await bench.ask('POST', PATH, asking(bench, { body: { sectionId: 'A', quantity: 2 } }));
  t.deepEqual((reply.body as unknown as { seats: string[] }).seats, ['A-1-1', 'A-1-2']);
});

test('a taken seat is refused by name', async (t) => {
  const bench = await withServer(t);
  await bench.ask('POST', PATH, asking(bench));
  const reply = await bench.ask('POST', PATH, asking(bench));
  refused(t, reply, 'seat_taken');
  t.deepEqual((reply.body as unknown as { seatIds: string[] }).seatIds, ['A-1-1']);
});

test('without an admission of one’s own for this very event nothing reaches the seats', async (t) => {
  const bench = await withServer(t);
  const withPass = (pass: string) => asking(bench, { headers: { 'catraca-pass': pass } });
  refused(t, await bench.ask('POST', PATH, asking(bench, { headers: {} })), 'pass_required');
  refused(t, await bench.ask('POST', PATH, withPass('garbage')), 'pass_invalid');
  refused(t, await bench.ask('POST', PATH, withPass(passFor(EVENT, bench.stranger.id))), 'pass_invalid');
  refused(t, await bench.ask('POST', PATH, withPass(passFor(ELSEWHERE, bench.fan.id))), 'pass_invalid');
  refused(t, await bench.ask('POST', PATH, withPass(passFor(EVENT, bench.fan.id, NOW_MS))), 'pass_expired');
  t.is(bench.sale.calls.hold, 0);
});

const WRONG_WISHES: readonly [string, unknown][] = [
  ['both seats and a quantity', { sectionId: 'A', seatIds: ['A-1-1'], quantity: 1 }],
  ['neither', { sectionId: 'A' }],
  ['a seat twice', { sectionId: 'A', seatIds: ['A-1-1', 'A-1-1'] }],
  ['no seats', { sectionId: 'A', seatIds: [] }],
  ['too many seats', { sectionId: 'A', seatIds: Array.from({ length: 101 }, (_, index) => `A-1-${index}`) }],
  ['half a seat', { sectionId: 'A', quantity: 1.5 }],
  ['a section that is no name', { sectionId: 'A;DROP', quantity: 1 }],
  ['a seat that is no name', { sectionId: 'A', seatIds: ["A-1-1'--"] }],
];

for (const [what, body] of WRONG_WISHES) {
  test(`a wish for ${what} is refused`, async (t) => {
    const bench = await withServer(t);
    refused(t, await bench.ask('POST', PATH, asking(bench, { body })), 'invalid_request');
    t.is(bench.sale.calls.hold, 0);
  });
}

test('the hot path writes no idempotency row: the hold is named after the key', async (t) => {
  const bench = await withServer(t);
  const first = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  const again = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  t.is(again.text, first.text);
  t.is(again.headers.get('idempotent-replayed'), 'true');
  t.is(bench.idempotency.keys.size, 0);
  t.is(bench.sale.holds.size, 1);
});

test('a key names the hold of one fan only', async (t) => {
  const bench = await withServer(t);
  const mine = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  const theirs = await bench.ask('POST', PATH, {
    token: bench.stranger.token,
    headers: { 'catraca-pass': passFor(EVENT, bench.stranger.id) },
    body: { sectionId: 'A', seatIds: ['A-1-2'] },
    key: 'one',
  });
  t.is(theirs.status, 201);
  t.not(
    (mine.body as unknown as { holdId: string }).holdId,
    (theirs.body as unknown as { holdId: string }).holdId,
  );
});

test('a repeat while the first hold is being decided here is told so, and holds nothing', async (t) => {
  let finish = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let entered = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      async hold(command) {
        entered();
        await gate;
        return sale.service.hold(command);
      },
    },
  }));
  const first = bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  await running;
  refused(t, await bench.ask('POST', PATH, asking(bench, { key: 'one' })), 'idempotency_in_progress');
  finish();
  t.is((await first).status, 201);
  const after = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  t.is(after.status, 201);
  t.is(after.headers.get('idempotent-replayed'), 'true');
});

test('a hold that breaks on the way has an unknown outcome, and the key is free for its repeat', async (t) => {
  let broken = true;
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      async hold(command) {
        const result = await sale.service.hold(command);
        if (broken) throw new Error('lost');
        return result;
      },
    },
  }));
  const lost = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  refused(t, lost, 'outcome_unknown');
  t.is(lost.headers.get('retry-after'), '1');
  broken = false;
  const again = await bench.ask('POST', PATH, asking(bench, { key: 'one' }));
  t.is(again.status, 201);
  t.is(bench.sale.holds.size, 1);
});

test('a hold is given back and extended by its owner alone', async (t) => {
  const bench = await withServer(t);
  const { holdId } = (await bench.ask('POST', PATH, asking(bench))).body as unknown as { holdId: string };
  const stranger = { token: bench.stranger.token };
  refused(t, await bench.ask('POST', `/v1/holds/${holdId}/extend`, stranger), 'not_found');
  refused(t, await bench.ask('DELETE', `/v1/holds/${holdId}`, stranger), 'not_found');
  const mine = { token: bench.fan.token };
  const extended = await bench.ask('POST', `/v1/holds/${holdId}/extend`, mine);
  t.like(extended.body, { expiresAt: '2026-12-01T14:00:00.000Z', extended: true });
  refused(t, await bench.ask('POST', `/v1/holds/${holdId}/extend`, mine), 'hold_already_extended');
  const released = await bench.ask('DELETE', `/v1/holds/${holdId}`, mine);
  t.is(released.status, 204);
  t.is(released.text, '');
  t.is((await bench.ask('DELETE', `/v1/holds/${holdId}`, mine)).status, 204);
  refused(t, await bench.ask('DELETE', `/v1/holds/${randomUUID()}`, mine), 'not_found');
});
