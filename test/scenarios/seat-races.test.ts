import test from 'ava';
import type { HoldResult } from '../../src/domain/hold.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createHoldProtocol } from '../../src/tickets/hold-protocol.ts';
import { createMemorySeatLocks } from '../../src/infra/memory/seat-locks.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { admitFans, holdRequest } from '../support/sale.ts';
import { failed, openHouse, paid, type House } from './house.ts';

const word = (result: HoldResult | undefined): string =>
  result === undefined ? 'nothing' : isRefusal(result) ? result.code : 'held';

/** Time passes for every hold and seat of the house, by Postgres' own clock. */
const letPass = async (house: House, ms: number): Promise<void> => {
  const earlier = `- ${ms} * interval '1 millisecond'`;
  await house.pool.query(`UPDATE tickets.holds SET expires_at = expires_at ${earlier}`);
  await house.pool.query(
    `UPDATE tickets.seats SET held_until = held_until ${earlier} WHERE held_until IS NOT NULL`,
  );
};

test.serial(
  'a hold that runs out between the payment’s word and the commit loses nothing: what is being paid has no time limit',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const [fan, rival] = [await house.admit(), await house.admit()];
    const order = await house.orderSeats(fan, ['A-1-1', 'A-1-2']);
    const word1 = paid(order);
    await letPass(house, 3_600_000);
    const [swept, rivals] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => house.ledger.expireHolds(100))),
      Promise.all(Array.from({ length: 5 }, () => house.tryHold(rival, ['A-1-1']))),
    ]);
    t.deepEqual(swept.flat(), []);
    t.deepEqual([...new Set(rivals.map(word))], ['seat_taken']);
    t.is(await house.settle(word1), 'confirmed');
    t.deepEqual(await house.seatsOf(order.orderId), ['A-1-1', 'A-1-2']);
  },
);

test.serial(
  'an order placed at the moment its hold expires is either whole or refused, and its seats one fan’s',
  async (t) => {
    const house = await openHouse(t, { limits: { seatsPerFan: 40, holdsPerFan: 40 } });
    if (house === null) return;
    const [fan, rival] = [await house.admit(), await house.admit()];
    for (let round = 1; round <= 8; round += 1) {
      const seats = [`A-1-${round}`, `A-1-${round + 1}`];
      const hold = await house.hold(fan, seats);
      await letPass(house, 300_000);
      const [placed, swept, taken] = await Promise.all([
        house.order(fan, [hold]).then(
          (order) => order,
          () => null,
        ),
        house.ledger.expireHolds(10),
        house.tryHold(rival, seats),
      ]);
      t.is(placed, null, 'its time was over');
      t.true(swept.length <= 1);
      if (taken.kind === 'held') await house.ledger.releaseHold(taken.hold.holdId, rival.fanId);
      t.deepEqual(await house.usage(fan.fanId), { seats: 0, holds: 0 });
      await house.ledger.expireHolds(10);
    }
    t.deepEqual(await house.statuses(), { free: 25 });
  },
);

test.serial('an old owner’s release, extension and expiry leave the new owner’s hold alone', async (t) => {
  const house = await openHouse(t);
  if (house === null) return;
  const [old, fresh] = [await house.admit(), await house.admit()];
  const first = await house.hold(old, ['A-1-1', 'A-1-2'], 0);
  const second = await house.hold(fresh, ['A-1-2', 'A-1-3']);
  await Promise.all([
    house.ledger.releaseHold(first.holdId, old.fanId),
    house.ledger.extendHold(first.holdId, old.fanId, 300_000),
    house.ledger.expireHolds(10),
    house.ledger.releaseHold(second.holdId, old.fanId),
  ]);
  for (const seatId of ['A-1-2', 'A-1-3']) {
    t.like(await house.seat(seatId), { status: 'held', hold_id: second.holdId });
  }
  t.like(await house.seat('A-1-1'), { status: 'free' });
  t.deepEqual(await house.usage(old.fanId), { seats: 0, holds: 0 });
});

test.serial(
  'multi-seat holds in opposite orders from many connections: no deadlock, no half grant',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const fans = await admitFans(house.pool, house.eventId, 40);
    const seats = ['A-1-2', 'A-1-4', 'A-1-6', 'A-1-8'];
    const results = await Promise.all(
      fans.map((fan, index) => house.tryHold(fan, index % 2 === 0 ? seats : seats.toReversed())),
    );
    t.deepEqual(results.map(word).sort(), ['held', ...Array.from({ length: 39 }, () => 'seat_taken')]);
    t.is((await house.statuses())['held'], 4);
    const { rows } = await house.pool.query(
      'SELECT DISTINCT hold_id FROM tickets.seats WHERE hold_id IS NOT NULL',
    );
    t.is(rows.length, 1, 'all of them are one hold’s');
  },
);

test.serial('a sold seat is held by nobody, and no expiry revives it, whoever tries at once', async (t) => {
  const house = await openHouse(t);
  if (house === null) return;
  const fan = await house.admit();
  const order = await house.orderSeats(fan, ['A-1-1']);
  await house.settle(paid(order));
  await letPass(house, 3_600_000);
  const rivals = await admitFans(house.pool, house.eventId, 20);
  const [held, expired] = await Promise.all([
    Promise.all(rivals.map((rival) => house.tryHold(rival, ['A-1-1'], 1))),
    Promise.all(Array.from({ length: 5 }, () => house.ledger.expireHolds(100))),
    Promise.all(order.holdIds.map((holdId) => house.ledger.releaseHold(holdId, fan.fanId))),
    Promise.all(order.holdIds.map((holdId) => house.ledger.extendHold(holdId, fan.fanId, 1))),
    house.settle(failed(order)),
  ]);
  t.deepEqual([...new Set(held.map(word))], ['seat_taken']);
  t.deepEqual(expired.flat(), []);
  t.like(await house.seat('A-1-1'), { status: 'sold', hold_id: order.holdIds[0] });
  t.deepEqual(await house.seatsOf(order.orderId), ['A-1-1']);
});

test.serial(
  'the last place of a capacity area goes to one of fifty who ask for it at once, through holds and releases',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const early = await house.admit();
    await house.hold(early, ['PISTA-1', 'PISTA-2', 'PISTA-3', 'PISTA-4']);
    const fans = await admitFans(house.pool, house.eventId, 50);
    const results = await Promise.all(fans.map((fan) => house.tryHold(fan, ['PISTA-5'])));
    const winners = results.filter((one) => one.kind === 'held');
    t.is(winners.length, 1);
    const { rows } = await house.pool.query(
      "SELECT count(*) AS n FROM tickets.seats WHERE section_id = 'PISTA' AND status = 'held'",
    );
    t.is(rows[0].n, 5);
  },
);

test.serial(
  'fifty parallel orders and holds of one fan over many seats never pass the limit, counted by rows and by counter',
  async (t) => {
    const house = await openHouse(t, { limits: { seatsPerFan: 3, holdsPerFan: 50 } });
    if (house === null) return;
    const fan = await house.admit();
    const asked = [
      ...Array.from({ length: 10 }, (_, i) => `A-1-${i + 1}`),
      ...Array.from({ length: 10 }, (_, i) => `B-1-${i + 1}`),
    ];
    const results = await Promise.all(
      [...asked, ...asked, ...asked.slice(0, 10)].map((seat) => house.tryHold(fan, [seat])),
    );
    t.is(results.filter((one) => one.kind === 'held').length, 3);
    t.deepEqual(await house.usage(fan.fanId), { seats: 3, holds: 3 });
    t.is((await house.statuses())['held'], 3);
  },
);

test.serial('nodes whose clocks are an hour apart agree on when a hold is over: Postgres says', async (t) => {
  const house = await openHouse(t);
  if (house === null) return;
  const nodeWith = (offsetMs: number) =>
    createHoldProtocol({
      // Each with locks of its own: they can have no common view through them.
      locks: createMemorySeatLocks({ nowMs: () => Date.now() + offsetMs }),
      ledger: createSeatLedger(house.pool),
      clock: { nowMs: () => Date.now() + offsetMs },
    });
  const [ahead, behind] = [nodeWith(3_600_000), nodeWith(-3_600_000)];
  const [first, second] = [await house.admit(), await house.admit()];
  const ask = (node: ReturnType<typeof nodeWith>, fan: typeof first, ttlMs: number) =>
    node.decide(holdRequest(house.eventId, fan, ['A-1-1'], { ttlMs }), 'node');
  t.is(word(await ask(behind, first, 300_000)), 'held');
  t.is(word(await ask(ahead, second, 300_000)), 'seat_taken', 'an hour ahead it would be over');
  await letPass(house, 300_000);
  const taken = await ask(ahead, second, 300_000);
  t.is(word(taken), 'held');
  const { rows } = await house.pool.query<{ left: number }>(
    "SELECT extract(epoch FROM held_until - now())::float8 AS left FROM tickets.seats WHERE seat_id = 'A-1-1'",
  );
  t.true((rows[0]?.left ?? 0) > 0 && (rows[0]?.left ?? 0) <= 300, `${rows[0]?.left}`);
});
