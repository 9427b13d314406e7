import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { HoldResult } from '../../src/domain/hold.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { fullXid } from '../../src/infra/postgres/row-changes.ts';
import { askedOf, createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { admitFan, createShow, holdRequest } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

const setUp = async (t: ExecutionContext) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const event = await createShow(pool);
  return {
    pool,
    ledger: createSeatLedger(pool),
    eventId: event.eventId,
    admit: () => admitFan(pool, event.eventId),
  };
};

const code = (result: HoldResult | undefined): string => {
  if (result === undefined) return 'missing';
  return isRefusal(result) ? result.code : result.replayed ? 'replayed' : 'held';
};

test('a hold takes all of its seats, raises their fences, and is refused to the next fan', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [one, two] = [await sale.admit(), await sale.admit()];
  const [first] = await sale.ledger.holdSeats([holdRequest(sale.eventId, one, ['A-1-1', 'A-1-2'])]);
  t.like(first, {
    kind: 'held',
    hold: { seatIds: ['A-1-1', 'A-1-2'], fences: [1, 1], amountMinor: 50_000, currency: 'BRL' },
  });

  const [second] = await sale.ledger.holdSeats([holdRequest(sale.eventId, two, ['A-1-2', 'A-1-3'])]);
  t.like(second, { kind: 'refused', code: 'seat_taken', seatIds: ['A-1-2'] });
  const { seats } = await sale.ledger.readSection(sale.eventId, 'A');
  t.deepEqual(
    seats.slice(0, 3).map((seat) => [seat.seatId, seat.status]),
    [
      ['A-1-1', 'held'],
      ['A-1-2', 'held'],
      ['A-1-3', 'free'],
    ],
  );
});

test('many fans after the same seats from many connections: each seat goes to one of them', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fans = await Promise.all(Array.from({ length: 60 }, () => sale.admit()));
  const results = await Promise.all(
    fans.map((fan, index) => {
      // Overlapping pairs asked for in both orders: without one lock order this deadlocks.
      const pair = [`A-1-${(index % 9) + 1}`, `A-1-${(index % 9) + 2}`];
      return sale.ledger.holdSeats([
        holdRequest(sale.eventId, fan, index % 2 === 0 ? pair : pair.toReversed()),
      ]);
    }),
  );
  const held = results.flat().flatMap((result) => (result.kind === 'held' ? result.hold.seatIds : []));
  t.is(new Set(held).size, held.length, 'no seat was given twice');
  const { rows } = await sale.pool.query("SELECT count(*) AS n FROM tickets.seats WHERE status = 'held'");
  t.is(rows[0].n, held.length);
  t.true(held.length >= 6);
});

test('one statement decides many holds, each by itself', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fans = await Promise.all(Array.from({ length: 6 }, () => sale.admit()));
  const [a, b, c, d, e, f] = fans as [
    (typeof fans)[0] & {},
    (typeof fans)[0] & {},
    (typeof fans)[0] & {},
    (typeof fans)[0] & {},
    (typeof fans)[0] & {},
    (typeof fans)[0] & {},
  ];
  const results = await sale.ledger.holdSeats([
    holdRequest(sale.eventId, a, ['A-1-1']),
    holdRequest(sale.eventId, b, ['A-1-1', 'A-1-5']),
    holdRequest(sale.eventId, c, ['B-1-1', 'B-1-2']),
    holdRequest(sale.eventId, d, ['A-1-99']),
    holdRequest(sale.eventId, e, ['PISTA-1'], { passId: randomUUID() }),
    holdRequest(randomUUID(), f, ['A-1-7']),
  ]);
  t.deepEqual(results.map(code), ['held', 'seat_taken', 'held', 'seat_unknown', 'pass_invalid', 'not_found']);
});

test('nobody holds a seat without a live admission of their own for that event', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const other = await createShow(sale.pool);
  const mine = await sale.admit();
  const expired = await admitFan(sale.pool, sale.eventId, { liveMs: -1 });
  const elsewhere = await admitFan(sale.pool, other.eventId);
  const stolen = { fanId: randomUUID(), passId: mine.passId };
  const tries = [];
  for (const fan of [expired, elsewhere, stolen])
    tries.push(code((await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-1'])]))[0]));
  t.deepEqual(tries, ['pass_expired', 'pass_invalid', 'pass_invalid']);
});

test('the limits per fan hold under fifty parallel requests of one fan', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      sale.ledger.holdSeats([
        holdRequest(sale.eventId, fan, [`${index % 2 === 0 ? 'A' : 'B'}-1-${Math.floor(index / 5) + 1}`]),
      ]),
    ),
  );
  const codes = results.flat().map(code);
  t.is(codes.filter((one) => one === 'held').length, 2, 'holdsPerFan is 2');
  const { rows } = await sale.pool.query('SELECT seats, holds FROM tickets.fan_usage WHERE fan_id = $1', [
    fan.fanId,
  ]);
  t.deepEqual(rows, [{ seats: 2, holds: 2 }]);
  const [more] = await sale.ledger.holdSeats([
    holdRequest(sale.eventId, await sale.admit(), ['PISTA-1', 'PISTA-2', 'PISTA-3', 'PISTA-4', 'PISTA-5']),
  ]);
  t.is(code(more), 'fan_limit', 'five seats at once are more than four');
});

test('the same hold id with the same request finds the first; with another request it is refused', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [fan, stranger] = [await sale.admit(), await sale.admit()];
  const request = holdRequest(sale.eventId, fan, ['A-1-1']);
  t.is(code((await sale.ledger.holdSeats([request]))[0]), 'held');
  t.is(code((await sale.ledger.holdSeats([request]))[0]), 'replayed');
  t.is(
    code((await sale.ledger.holdSeats([{ ...request, seatIds: ['A-1-2'], fingerprint: 'other' }]))[0]),
    'idempotency_key_reused',
  );
  t.is(code((await sale.ledger.holdSeats([{ ...request, ...stranger }]))[0]), 'idempotency_key_reused');
  const { rows } = await sale.pool.query('SELECT seats FROM tickets.fan_usage WHERE fan_id = $1', [
    fan.fanId,
  ]);
  t.is(rows[0].seats, 1);
});

test('an expired hold gives way to the next fan at once, counters and all, and its old owner can do nothing with it', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [old, next] = [await sale.admit(), await sale.admit()];
  const [gone] = await sale.ledger.holdSeats([
    holdRequest(sale.eventId, old, ['A-1-1', 'A-1-2'], { ttlMs: 0 }),
  ]);
  const [taken] = await sale.ledger.holdSeats([holdRequest(sale.eventId, next, ['A-1-2'])]);
  t.like(taken, { kind: 'held', hold: { fences: [2] } });
  const oldHold = gone?.kind === 'held' ? gone.hold.holdId : '';
  t.like(await sale.ledger.extendHold(oldHold, old.fanId, 1_000), { code: 'hold_expired' });
  t.like(await sale.ledger.releaseHold(oldHold, old.fanId), { code: 'hold_expired' });
  const { seats } = await sale.ledger.readSection(sale.eventId, 'A');
  t.deepEqual(
    seats.slice(0, 2).map((seat) => seat.status),
    ['free', 'held'],
    'the release of the old owner freed nothing',
  );
  const { rows } = await sale.pool.query('SELECT seats, holds FROM tickets.fan_usage WHERE fan_id = $1', [
    old.fanId,
  ]);
  t.deepEqual(rows, [{ seats: 0, holds: 0 }]);
});

test('a hold is released by its owner, any number of times, and by nobody else', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [fan, stranger] = [await sale.admit(), await sale.admit()];
  const [result] = await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-1', 'A-1-2'])]);
  const holdId = result?.kind === 'held' ? result.hold.holdId : '';
  t.like(await sale.ledger.releaseHold(holdId, stranger.fanId), { code: 'not_found' });
  const twice = await Promise.all([
    sale.ledger.releaseHold(holdId, fan.fanId),
    sale.ledger.releaseHold(holdId, fan.fanId),
  ]);
  t.deepEqual(
    twice.map((one) => (isRefusal(one) ? one.code : one.state)),
    ['released', 'released'],
  );
  const { rows } = await sale.pool.query('SELECT seats, holds FROM tickets.fan_usage WHERE fan_id = $1', [
    fan.fanId,
  ]);
  t.deepEqual(rows, [{ seats: 0, holds: 0 }], 'the seats came back once');
});

test('a hold is extended once', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const [result] = await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-1'], { ttlMs: 5_000 })]);
  const hold = result?.kind === 'held' ? result.hold : null;
  const extended = await sale.ledger.extendHold(hold?.holdId ?? '', fan.fanId, 60_000);
  t.true(
    !isRefusal(extended) && extended.extended && extended.expiresAtMs > (hold?.expiresAtMs ?? 0) + 50_000,
  );
  t.like(await sale.ledger.extendHold(hold?.holdId ?? '', fan.fanId, 60_000), {
    code: 'hold_already_extended',
  });
  t.like(await sale.ledger.extendHold(hold?.holdId ?? '', randomUUID(), 60_000), { code: 'not_found' });
  const {
    seats: [seat],
  } = await sale.ledger.readSection(sale.eventId, 'A');
  t.is(seat?.heldUntilMs, isRefusal(extended) ? 0 : extended.expiresAtMs);
});

test('many sweepers at once expire each overdue hold once and leave the others', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fans = await Promise.all(Array.from({ length: 12 }, () => sale.admit()));
  await sale.ledger.holdSeats(
    fans.map((fan, index) =>
      holdRequest(sale.eventId, fan, [index < 10 ? `A-1-${index + 1}` : `B-1-${index - 9}`], {
        ttlMs: index < 10 ? 0 : 60_000,
      }),
    ),
  );
  const swept = await Promise.all(Array.from({ length: 4 }, () => sale.ledger.expireHolds(100)));
  const more = await sale.ledger.expireHolds(100);
  t.is([...swept.flat(), ...more].length, 10);
  t.is(new Set([...swept.flat(), ...more].map((hold) => hold.holdId)).size, 10);
  const { rows } = await sale.pool.query(
    "SELECT count(*) FILTER (WHERE status = 'held') AS held FROM tickets.seats",
  );
  t.is(rows[0].held, 2);
});

test('no seat is sold while the event is paused, closed or not yet open', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  for (const phase of ['paused', 'closed'] as const) {
    await sale.pool.query('UPDATE tickets.events SET phase_setting = $2 WHERE event_id = $1', [
      sale.eventId,
      phase,
    ]);
    t.is(
      code((await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-1'])]))[0]),
      'event_not_open',
    );
  }
  await sale.pool.query(
    "UPDATE tickets.events SET phase_setting = 'scheduled', opens_at = now() + interval '1 hour' WHERE event_id = $1",
    [sale.eventId],
  );
  t.is(code((await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-1'])]))[0]), 'event_not_open');
});

test('what Postgres cannot digest costs only itself, not the others of its batch', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [fan, bad] = [await sale.admit(), await sale.admit()];
  const results = await sale.ledger.holdSeats([
    holdRequest(sale.eventId, fan, ['A-1-1']),
    holdRequest(sale.eventId, bad, ['A-1-2'], { holdId: 'not a uuid' }),
  ]);
  t.deepEqual(results.map(code), ['held', 'internal']);
});

test('a seat is asked for by exactly its name, whatever characters are in it', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const names = ['A-1-1","A-1-2', 'A-1-1}', '{A-1-1', 'A-1-\\1', '"A-1-1"', 'A-1-1 ', 'NULL', '', 'A-1-1\n'];
  for (const name of names) {
    const request = holdRequest(sale.eventId, await sale.admit(), [name], { sectionId: 'A' });
    const [result] = await sale.ledger.holdSeats([request]);
    t.is(code(result), 'seat_unknown', JSON.stringify(name));
  }
  const fan = await sale.admit();
  const [hold] = await sale.ledger.holdSeats([holdRequest(sale.eventId, fan, ['A-1-3', 'A-1-1', 'A-1-2'])]);
  t.like(hold, { kind: 'held', hold: { seatIds: ['A-1-3', 'A-1-1', 'A-1-2'], fences: [1, 1, 1] } });
  const { rows } = await sale.pool.query(
    "SELECT array_agg(seat_id ORDER BY seat_id) AS seats FROM tickets.seats WHERE status = 'held'",
  );
  t.deepEqual(rows[0].seats, ['A-1-1', 'A-1-2', 'A-1-3']);
});

test('the fence a hold is told is that of its seat, in the order in which the seats were named', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  for (const seats of [['A-1-2'], ['A-1-2', 'A-1-3']]) {
    const [earlier] = await sale.ledger.holdSeats([holdRequest(sale.eventId, await sale.admit(), seats)]);
    if (earlier?.kind !== 'held') throw new Error(code(earlier));
    await sale.ledger.releaseHold(earlier.hold.holdId, earlier.hold.fanId);
  }
  const asked = ['A-1-3', 'A-1-1', 'A-1-2'];
  const [hold] = await sale.ledger.holdSeats([holdRequest(sale.eventId, await sale.admit(), asked)]);
  if (hold?.kind !== 'held') throw new Error(code(hold));
  const { rows } = await sale.pool.query<{ seat_id: string; fence: number }>(
    'SELECT seat_id, fence FROM tickets.seats WHERE hold_id = $1',
    [hold.hold.holdId],
  );
  const fences = new Map(rows.map((row) => [row.seat_id, row.fence]));
  t.deepEqual(
    hold.hold.fences,
    asked.map((seatId) => fences.get(seatId)),
  );
  t.is(new Set(hold.hold.fences).size, 3);
  t.deepEqual((await sale.ledger.findHold(hold.hold.holdId))?.fences, hold.hold.fences);
});

test('were a seat judged to be free that is not, nothing of its statement would stand', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [one, two, three] = [await sale.admit(), await sale.admit(), await sale.admit()];
  await sale.ledger.holdSeats([holdRequest(sale.eventId, one, ['A-1-1'])]);
  const { rows } = await sale.pool.query<{ text: string }>(
    "SELECT pg_get_functiondef('tickets.decide_holds'::regproc) AS text",
  );
  const judging = " OR s.status = 'held' AND s.held_until > moment";
  const text = rows[0]?.text ?? '';
  t.true(text.includes(judging));
  await sale.pool.query(text.replace(judging, ''));
  const asked = [holdRequest(sale.eventId, two, ['A-1-1']), holdRequest(sale.eventId, three, ['A-1-2'])];
  await t.throwsAsync(sale.pool.query('SELECT tickets.decide_holds($1)', [askedOf(asked)]), {
    message: /"fences"/,
  });
  const held = await sale.pool.query("SELECT seat_id FROM tickets.seats WHERE status = 'held'");
  t.deepEqual(held.rows, [{ seat_id: 'A-1-1' }]);
  t.is((await sale.pool.query('SELECT FROM tickets.holds')).rows.length, 1);
});

test('a look at changes tells what was committed since the last one, also by a transaction that had begun before it', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const { ledger, eventId, pool } = sale;
  const whole = await ledger.readSection(eventId, 'A');
  t.is(whole.seats.length, 10);
  const slow = await pool.connect();
  t.teardown(() => slow.release(true));
  await slow.query('BEGIN');
  await slow.query(`UPDATE tickets.seats SET row_name = 'late' WHERE event_id = $1 AND seat_id = 'A-1-1'`, [
    eventId,
  ]);

  await ledger.holdSeats([holdRequest(eventId, await sale.admit(), ['A-1-4', 'A-1-5'])]);
  const first = await ledger.readChanges(eventId, 'A', whole.knownUntil);
  const told = new Map(first.seats.map((seat) => [seat.seatId, seat]));
  t.like(told.get('A-1-4'), { status: 'held', revision: 1 });
  t.like(told.get('A-1-5'), { status: 'held', revision: 1 });

  await slow.query('COMMIT');
  const second = await ledger.readChanges(eventId, 'A', first.knownUntil);
  const late = second.seats.find((seat) => seat.seatId === 'A-1-1');
  t.true((late?.changedIn ?? 0) >= first.knownUntil, 'the transaction that committed late');
  // Whoever is at work anywhere in this Postgres holds the mark back a little.
  await eventually(async () => {
    const { knownUntil } = await ledger.readChanges(eventId, 'A', second.knownUntil);
    const { seats } = await ledger.readChanges(eventId, 'A', knownUntil);
    if (seats.length > 0) throw new Error(`${seats.length} seats are told again`);
  });
});

test('the number of a transaction is told in full from its lower half, on both sides of a wrap', (t) => {
  const wrap = 2 ** 32;
  t.is(fullXid(1_000, 1_200), 1_000);
  t.is(fullXid(1_000, 5 * wrap + 1_200), 5 * wrap + 1_000);
  t.is(fullXid(wrap - 10, 5 * wrap + 3), 5 * wrap - 10);
  t.is(fullXid(3, 5 * wrap - 10), 5 * wrap + 3);
});
