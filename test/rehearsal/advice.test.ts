import test from 'ava';
import { advise, AIMS, ratesFor } from '../../src/rehearsal/advice.ts';
import { rehearsalPage } from '../../src/rehearsal/html-report.ts';
import { DEFAULT_HOUSE, DEFAULT_SHAPE, rehearse, replay } from '../../src/rehearsal/rehearsal.ts';
import { adviceText } from '../../src/rehearsal/report.ts';
import type { RecordedSale } from '../../src/domain/recorded-sale.ts';

const WISH = {
  house: { ...DEFAULT_HOUSE, seats: 160, insideMax: 100 },
  shape: { ...DEFAULT_SHAPE, fans: 800, arrivalsMs: 300_000, choosingMs: 10_000, payingMs: 30_000 },
  aims: AIMS,
  rates: [],
  seeds: [1, 2, 3],
};

test('the advice is a range of rates that were played, its lowest is recommended, and every one of it meets the aims', (t) => {
  const seen: number[] = [];
  const advice = rehearse(WISH, (done) => void seen.push(done));
  t.is(seen.at(-1), advice.outcomes.length * WISH.seeds.length);
  if (advice.range === null) throw new Error('no rate was recommended');
  const { fromPerMinute: from, toPerMinute: to } = advice.range;
  t.true(from <= to);
  const range = advice.outcomes.filter((one) => one.ratePerMinute >= from && one.ratePerMinute <= to);
  t.true(range.length > 0);
  for (const one of range) {
    t.true(one.good >= 0.75, `${one.ratePerMinute}`);
    t.true(one.inVain <= AIMS.inVain && one.holdWaitP99Ms <= AIMS.holdWaitMs);
  }
  t.regex(adviceText(advice), new RegExp(`Set ratePerMinute to ${from}; anything up to ${to} `));
  const page = rehearsalPage(advice, 'A <sale> & more');
  t.regex(page, /<polyline/);
  t.notRegex(page, /A <sale>/);
});

test('where no rate meets the aims it is said, and nothing is recommended', (t) => {
  const advice = rehearse({ ...WISH, aims: { holdWaitMs: 0, inVain: 0 } });
  t.is(advice.range, null);
  t.regex(adviceText(advice), /No rate meets the aims/);
});

test('rates rise, differ, and reach from hours to a minute', (t) => {
  for (const [seats, fans] of [
    [20_000, 50_000],
    [10, 5],
    [1, 1_000_000],
  ] as const) {
    const rates = ratesFor(seats, fans);
    t.true(rates.length >= 2);
    t.deepEqual(
      rates,
      [...new Set(rates)].sort((one, other) => one - other),
    );
  }
});

const recorded: RecordedSale = {
  openedAtMs: 1_000_000,
  seats: 20,
  ratePerMinute: 60,
  insideMax: 50,
  fans: Array.from({ length: 40 }, (_, index) => ({
    joinedAtMs: 1_000_000 - 5_000 + index * 1_000,
    admittedAtMs: index < 10 ? 1_000_000 + index * 2_000 : null,
    heldAtMs: index < 10 ? 1_000_000 + index * 2_000 + 5_000 : null,
    seats: index < 10 ? 2 : 0,
    orderedAtMs: index < 10 ? 1_000_000 + index * 2_000 + 6_000 : null,
    paidAtMs: index < 10 && index !== 4 ? 1_000_000 + index * 2_000 + 20_000 : null,
  })),
};

test('a recorded sale is let in at other rates and at its own: who had their turn does what they did', (t) => {
  const advice = replay({ ...WISH, rates: [6, 600], seeds: [1] }, recorded);
  t.deepEqual(
    advice.outcomes.map((one) => one.ratePerMinute),
    [6, 60, 600],
  );
  const [slow, own, quick] = advice.outcomes;
  // One in ten of those who go by the recorded never pays, and his seats come back when nobody is left to want them.
  t.true((own?.sold ?? 0) >= 16);
  t.true((slow?.waitP90Ms ?? 0) > (own?.waitP90Ms ?? 0));
  t.true((own?.waitP90Ms ?? 0) >= (quick?.waitP90Ms ?? 0));
  // The first took five seconds to choose and fifteen to pay: nobody can have seats before that.
  const firstSale = quick?.runs[0]?.moments.find((one) => one.sold > 0);
  t.true((firstSale?.atMs ?? 0) >= 20_000, `${firstSale?.atMs}`);
  t.throws(() => replay(WISH, { ...recorded, fans: recorded.fans.slice(10) }), { message: /nobody held/ });
});

test('with one crowd and one rate the outcome is that sale', (t) => {
  const advice = advise(WISH.house, [[]], [60], AIMS);
  t.is(advice.outcomes[0]?.sold, 0);
  t.is(advice.outcomes[0]?.soldOutMs, null);
});
