import test from 'ava';
import { calibrationOf, outlooksOf, runLine, type LineRun } from '../../src/simulation/line-model.ts';

/** Not those by which the spreads of `waiting-room/eta.ts` were found. */
const FIRST_SEED = 1_001;
const SEEDS = 40;

let made: readonly LineRun[] | null = null;
const runs = (): readonly LineRun[] =>
  (made ??= Array.from({ length: SEEDS }, (_, index) => runLine(FIRST_SEED + index)));

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

test('over very different sales at least four of five real waits lie within the band that was told', (t) => {
  const told = runs().flatMap((run) => run.told);
  const { within, early, late, byMedian, withEta, looks } = calibrationOf(told);
  t.log(
    `${withEta} of ${looks} looks were told a time: within p10–p90 ${percent(within)}, before ${percent(early)}, after ${percent(late)}; not after p50 ${percent(byMedian)}`,
  );
  t.true(within >= 0.8, percent(within));
  t.true(late <= 0.1, `after p90: ${percent(late)}`);
  t.true(byMedian >= 0.4 && byMedian <= 0.6, `not after p50: ${percent(byMedian)}`);
  t.true(withEta >= 10_000, 'too little was looked at to say anything');
});

test('no kind of sale is far off: in nine of ten seeds the band holds three of five waits', (t) => {
  const shares = runs()
    .map((run) => calibrationOf(run.told))
    .filter(({ withEta }) => withEta >= 50)
    .map(({ within }) => within)
    .sort((a, b) => a - b);
  t.log(`by seed: ${shares.map((share) => Math.round(share * 100)).join(' ')}`);
  t.true((shares[Math.floor(shares.length / 10)] ?? 0) >= 0.6);
  t.true(shares.length >= SEEDS / 2);
});

test('a band that says anything: half of them are narrower than the wait they tell', (t) => {
  const widths = runs()
    .flatMap((run) => run.told)
    .flatMap(({ eta }) =>
      eta === null ? [] : [(eta.p90Seconds - eta.p10Seconds) / Math.max(1, eta.p50Seconds)],
    )
    .sort((a, b) => a - b);
  t.true((widths[Math.floor(widths.length / 2)] ?? 9) < 1);
});

test('who is told of stand-by is told so early and rightly, and who is told of seats finds some', (t) => {
  const { likely, uncertain, standby } = outlooksOf(runs());
  t.log(JSON.stringify({ likely, uncertain, standby }));
  t.true(standby.told >= 1_000 && likely.told >= 1_000);
  t.true(standby.foundSeats / standby.told <= 0.1, percent(standby.foundSeats / standby.told));
  t.true(likely.foundSeats / likely.told >= 0.9, percent(likely.foundSeats / likely.told));
  // "It depends" is for the few in between.
  t.true(uncertain.told <= 0.25 * (likely.told + uncertain.told + standby.told));
});

test('the same seed is the same sale', (t) => {
  t.deepEqual(runLine(FIRST_SEED), runs()[0]);
});
