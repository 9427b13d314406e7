import test from 'ava';
import { simulateCommand } from '../../src/simulation/command.ts';
import { simulate } from '../../src/simulation/simulate.ts';
import { SABOTAGES } from './sabotage.ts';

/** Looks at servers and leases take their part of them. */
const STEPS = 2_500;
/** Seeds that each bug is given to show itself. */
const SEEDS = 240;
/** Some seconds on a free core; machines are not always free. */
const LONGEST_MS = 600_000;

const firstBroken = async (
  sabotage: (typeof SABOTAGES)[string],
): Promise<{ seed: number; broken: string } | null> => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { ok, broken } = await simulate({ seed, steps: STEPS, sabotage });
    if (!ok) return { seed, broken: broken[0] ?? '' };
  }
  return null;
};

for (const [bug, sabotage] of Object.entries(SABOTAGES)) {
  test.serial(`found within ${SEEDS} seeds: ${bug}`, async (t) => {
    t.timeout(LONGEST_MS);
    const found = await firstBroken(sabotage);
    t.truthy(found, 'no seed showed it');
    t.log(`seed ${found?.seed}: ${found?.broken}`);
  });
}

test.serial('a failure says what was broken, what happened last, and how to see it again', async (t) => {
  t.timeout(LONGEST_MS);
  let text = '';
  const sabotage = SABOTAGES['a lock that is the only truth, deleted without a look at whose it is'];
  const code = await simulateCommand(
    ['--seeds', '80', '--steps', `${STEPS}`, '--json'],
    { write: (more) => (text += more), isTTY: false, nowMs: () => 0 },
    sabotage,
  );
  t.is(code, 1);
  const seed = /Seed (\d+) broke a promise:\n {2}.*taken from hold/.exec(text)?.[1];
  t.truthy(seed);
  t.true(text.includes(`npm run simulate -- --seed ${seed} --steps ${STEPS}`));
  t.regex(text, /asks postgres holdSeats/);
  const summary = JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  t.like(summary, { ok: false, failedSeed: Number(seed) });
});
