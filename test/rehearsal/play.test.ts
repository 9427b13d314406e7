import test from 'ava';
import { burstOf } from '../../src/domain/line.ts';
import { crowdOf, type CrowdShape } from '../../src/rehearsal/crowd.ts';
import { playSale, type House } from '../../src/rehearsal/play.ts';
import { seededRandom } from '../../src/rush/seeded-random.ts';

const HOUSE: House = {
  seats: 300,
  insideMax: 120,
  callTtlMs: 30_000,
  passTtlMs: 600_000,
  holdTtlMs: 300_000,
  holdsPerSecond: 100,
  closedLoop: false,
};

const SHAPE: CrowdShape = {
  fans: 1_500,
  arrivalsMs: 600_000,
  early: 0.6,
  absent: 0.15,
  bots: 0.05,
  neverPay: 0.1,
  choosingMs: 20_000,
  payingMs: 60_000,
  patienceMs: 3_600_000,
  seatsPerFan: 4,
};

const crowd = (seed: number, change: Partial<CrowdShape> = {}) =>
  crowdOf({ ...SHAPE, ...change }, seededRandom(seed));

test('one seed makes one crowd, and one crowd plays the same sale again', (t) => {
  t.deepEqual(crowd(7), crowd(7));
  t.notDeepEqual(crowd(7), crowd(8));
  t.deepEqual(playSale(HOUSE, crowd(7), 120), playSale(HOUSE, crowd(7), 120));
});

test('in any rehearsed sale no seat is sold twice, the rate and the house are never exceeded, and the seats add up', (t) => {
  for (let seed = 1; seed <= 12; seed += 1) {
    for (const rate of [20, 200, 2_000]) {
      const played = playSale({ ...HOUSE, closedLoop: seed % 2 === 0 }, crowd(seed), rate);
      const what = `seed ${seed}, rate ${rate}`;
      t.true(played.sold <= HOUSE.seats, what);
      t.true(played.mostInside <= HOUSE.insideMax, what);
      t.true(played.buyers + played.inVain <= played.admitted, what);
      for (const moment of played.moments) {
        t.true(moment.sold + moment.held <= HOUSE.seats && moment.held >= 0, what);
        t.true(moment.ratePerMinute <= rate, what);
      }
      const lastMs = played.moments.at(-1)?.atMs ?? 0;
      t.true(played.admitted <= Math.ceil((rate * lastMs) / 60_000) + burstOf(rate) * 2, what);
    }
  }
});

test('a house that many more want than it holds sells out, and nobody waits a negative time', (t) => {
  const played = playSale(HOUSE, crowd(3), 300);
  t.is(played.sold, HOUSE.seats);
  t.truthy(played.soldOutAtMs);
  t.true(played.waitsMs.every((one) => one >= 0));
});

test('fewer fans than seats buy what they came for, and the sale ends', (t) => {
  const played = playSale(HOUSE, crowd(3, { fans: 50, neverPay: 0, absent: 0, bots: 0 }), 600);
  t.is(played.soldOutAtMs, null);
  t.is(played.buyers, 50);
});

test('a low rate makes people wait, a high one brings them in for nothing; bots and slow payments cost time', (t) => {
  const slow = playSale(HOUSE, crowd(5), 20);
  const quick = playSale(HOUSE, crowd(5), 600);
  t.true((slow.soldOutAtMs ?? Infinity) > (quick.soldOutAtMs ?? Infinity));
  t.true(quick.inVain / quick.admitted > slow.inVain / slow.admitted);
  const besieged = playSale(HOUSE, crowd(5, { bots: 0.5 }), 60);
  t.true(besieged.heldInVain > playSale(HOUSE, crowd(5, { bots: 0 }), 60).heldInVain);
  const late = playSale(HOUSE, crowd(5, { payingMs: 240_000 }), 60);
  t.true((late.soldOutAtMs ?? Infinity) > (playSale(HOUSE, crowd(5), 60).soldOutAtMs ?? 0));
});

test('nodes that can decide few holds make everybody inside wait, unless the closed loop holds them back', (t) => {
  const weak = { ...HOUSE, seats: 3_000, insideMax: 10_000, holdsPerSecond: 4 };
  const many = crowd(9, { fans: 3_000, early: 1 });
  const open = playSale(weak, many, 6_000);
  const closed = playSale({ ...weak, closedLoop: true }, many, 6_000);
  t.true(open.holdWaitP99Ms > 10_000, `${open.holdWaitP99Ms}`);
  t.true(closed.holdWaitP99Ms < open.holdWaitP99Ms / 2, `${closed.holdWaitP99Ms} of ${open.holdWaitP99Ms}`);
  t.true(closed.moments.some((one) => one.ratePerMinute < 6_000));
});
