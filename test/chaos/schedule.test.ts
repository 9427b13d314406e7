import test from 'ava';
import fc from 'fast-check';
import { ALL_NEMESES } from '../../src/chaos/nemeses/all.ts';
import type { Nemesis } from '../../src/chaos/nemesis.ts';
import { chaosOptionsOf, ChaosUsageError } from '../../src/chaos/options.ts';
import { planStrikes, type PlannedStrike } from '../../src/chaos/schedule.ts';
import { seededRandom } from '../../src/rush/seeded-random.ts';

const TIMING = { fromMs: 4_000, untilMs: 600_000, everyMs: 3_500 };
const planOf = (seed: number, kinds: readonly Nemesis[] = ALL_NEMESES, timing = TIMING) =>
  planStrikes(kinds, timing, seededRandom(seed));

const told = (plan: readonly PlannedStrike[]) =>
  plan.map(({ atMs, nemesis, lastsMs, seed }) => [atMs, nemesis.kind, lastsMs, seed]);

test('one seed makes one plan, and another seed another', (t) => {
  t.deepEqual(told(planOf(7)), told(planOf(7)));
  t.notDeepEqual(told(planOf(7)), told(planOf(8)));
});

test('no part is struck while it is still struck or healing, and all is whole at the end', (t) => {
  const kinds = fc.shuffledSubarray([...ALL_NEMESES], { minLength: 1 });
  const untilMs = fc.integer({ min: 20_000, max: 600_000 });
  fc.assert(
    fc.property(fc.nat(), kinds, untilMs, (seed, some, until) => {
      const wholeAtMs = new Map<string, number>();
      for (const { atMs, nemesis, lastsMs } of planOf(seed, some, { ...TIMING, untilMs: until })) {
        const whole = atMs + lastsMs + nemesis.healsInMs;
        if (atMs + 1 < (wholeAtMs.get(nemesis.part) ?? 0)) return false;
        // Rounded to milliseconds.
        if (whole > until + 1 || atMs < TIMING.fromMs) return false;
        wholeAtMs.set(nemesis.part, whole);
      }
      return true;
    }),
  );
  t.pass();
});

test('every kind has its turn before any has a second one', (t) => {
  const kinds = planOf(3)
    .slice(0, ALL_NEMESES.length)
    .map((strike) => strike.nemesis.kind);
  t.deepEqual([...new Set(kinds)].sort(), ALL_NEMESES.map((one) => one.kind).sort());
});

test('faults of different parts overlap', (t) => {
  const plan = planOf(5);
  t.true(plan.some((strike, index) => (plan[index + 1]?.atMs ?? Infinity) < strike.atMs + strike.lastsMs));
});

test('a short run kills a node and strikes at least six kinds, whatever its seed', (t) => {
  for (let seed = 0; seed < 500; seed += 1) {
    const { plan, enough } = chaosOptionsOf(['--short', '--seed', String(seed)], 0);
    const timing = { fromMs: 4_000, untilMs: plan.loadMs, everyMs: plan.strikeEveryMs };
    const strikes = planStrikes(plan.kinds, timing, seededRandom(seed)).map((one) => one.nemesis.kind);
    t.true(strikes.includes('node-kill'), `seed ${seed}`);
    // With two to spare for what cannot be done in its moment.
    t.true(strikes.length >= enough.strikes + 2, `seed ${seed}: ${strikes.length} strikes`);
    t.true(new Set(strikes).size >= enough.kinds + 2, `seed ${seed}: ${strikes.join(', ')}`);
  }
});

test('arguments that make no sense are refused by name', (t) => {
  const refused = (...args: string[]) =>
    t.throws(() => chaosOptionsOf(args, 0), { instanceOf: ChaosUsageError })?.message ?? '';
  t.regex(refused('--minutes', 'ten'), /--minutes must be a number/);
  t.regex(refused('--short', '--minutes', '3'), /--short or --minutes/);
  t.regex(refused('--fans', '0'), /--fans must be a number of at least 0.5/);
  t.regex(refused('--kinds', 'flood'), /no kind of fault "flood".*redis-kill/);
  t.regex(refused('--fast'), /--fast/);
  t.deepEqual(
    chaosOptionsOf(['--minutes', '3', '--kinds', 'redis-kill'], 0).plan.kinds.map((one) => one.kind),
    ['redis-kill'],
  );
});
