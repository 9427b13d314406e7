import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { simulate } from '../../src/simulation/simulate.ts';

const STEPS = 500;
/** A second on a free core; machines are not always free. */
const LONGEST_MS = 600_000;

const linesOf = async (seed: number): Promise<{ readonly text: string; readonly digest: string }> => {
  const lines: string[] = [];
  const { digest } = await simulate({ seed, steps: STEPS, onLine: (line) => lines.push(line) });
  return { text: `${lines.join('\n')}\n`, digest };
};

test.serial('one seed is one history, byte for byte, also in another process', async (t) => {
  t.timeout(LONGEST_MS);
  const folder = await mkdtemp(join(tmpdir(), 'catraca-simulation-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const seed of [3, 19]) {
    // Another seed in between: nothing of it may be left over.
    const [first, , second] = [await linesOf(seed), await linesOf(seed + 1), await linesOf(seed)];
    t.true(first.text.length > 10_000);
    t.is(second.text, first.text);
    t.is(second.digest, first.digest);
    const file = join(folder, `${seed}.txt`);
    const args = [
      'dist/src/main.js',
      'simulate',
      '--seed',
      `${seed}`,
      '--steps',
      `${STEPS}`,
      '--trace',
      file,
    ];
    await promisify(execFile)(process.execPath, args, { timeout: LONGEST_MS });
    t.is(await readFile(file, 'utf8'), first.text);
  }
});

test.serial('another seed is another history', async (t) => {
  const digests = new Set<string>();
  for (const seed of [1, 2, 3, 4]) digests.add((await simulate({ seed, steps: 100 })).digest);
  t.is(digests.size, 4);
});

test.serial('afterwards time, chance and timers are the real ones again', async (t) => {
  const names = ['setImmediate', 'setTimeout', 'setInterval', 'clearTimeout'] as const;
  const before = [...names.map((name) => globalThis[name]), Date.now, Math.random];
  await simulate({ seed: 5, steps: 50 });
  t.deepEqual([...names.map((name) => globalThis[name]), Date.now, Math.random], before);
});
