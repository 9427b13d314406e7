import { execFile } from 'node:child_process';
import test from 'ava';
import { missing, NOTHING } from '../../src/simulation/tally.ts';

/** Of each of two processes, one a core: some seconds, and half a minute in CI. */
const SEEDS = process.env['CI'] === undefined ? 30 : 150;
const STEPS = 700;
/** Some seconds on two free cores; machines are not always free. */
const LONGEST_MS = 600_000;

const run = (seed: number): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    const args = [
      'dist/src/main.js',
      'simulate',
      '--seed',
      `${seed}`,
      '--seeds',
      `${SEEDS}`,
      '--steps',
      `${STEPS}`,
    ];
    const child = execFile(process.execPath, args, { timeout: LONGEST_MS }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });

test('the whole sale keeps every promise in short simulations of many seeds, and enough goes wrong in them', async (t) => {
  t.timeout(LONGEST_MS);
  const results = await Promise.all([run(1), run(1 + SEEDS)]);
  for (const { code, output } of results) {
    t.is(code, 0, output);
    t.regex(output, /Every promise was kept/);
  }
  t.log(results[0]?.output.trim());
});

test('many runs in which nothing happened prove nothing', (t) => {
  t.true(missing({ ...NOTHING, seeds: 1_000 }).length > 20);
  t.true(missing({ ...NOTHING, seeds: 30 }).length > 10);
  t.deepEqual(missing({ ...NOTHING, seeds: 1 }), []);
});
