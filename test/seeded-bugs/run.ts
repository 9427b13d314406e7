import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ALL_BUGS } from './all.ts';
import { seed } from './patching.ts';
import { isFast, type SeededBug } from './seeded-bug.ts';
import { runTests } from './test-run.ts';

/**
 * Proves that the tests can fail: puts one bug after the other into a copy of the build and runs the tests that should
 * catch it. Exit code 1: a bug survived. 2: the proof could not be made (a stale bug, a test that fails without one).
 */
const USAGE = `bugs: seeds each bug of test/seeded-bugs and expects its tests to fail

  --only NAME   this bug (may be given more than once)
  --fast        only bugs that are caught without a server
  --list        tells the bugs and runs nothing
  --json        one JSON object as the last line
`;

const OPTIONS = {
  only: { type: 'string', multiple: true },
  fast: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface Verdict {
  readonly bug: string;
  readonly promise: number;
  /** The test that failed; null: the bug survived. */
  readonly caughtBy: string | null;
  readonly seconds: number;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** No run can prove anything: which is not the same as a bug that survived. */
class NoProof extends Error {}

const chosen = (only: readonly string[], fast: boolean): readonly SeededBug[] => {
  const unknown = only.filter((name) => !ALL_BUGS.some((bug) => bug.name === name));
  if (unknown.length > 0) throw new NoProof(`no such bug: ${unknown.join(', ')}`);
  return ALL_BUGS.filter((bug) => only.length === 0 || only.includes(bug.name)).filter(
    (bug) => !fast || isFast(bug),
  );
};

/** A build of its own under the root, so that packages are found from it as ever. */
const copyBuild = (root: string): string => {
  const folder = mkdtempSync(join(root, '.seeded-bugs-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  cpSync(join(root, 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  });
  cpSync(join(root, 'test', 'vectors'), join(folder, 'test', 'vectors'), { recursive: true });
  const ava = { files: ['dist/test/**/*.test.js'], workerThreads: false, timeout: '120s', concurrency: 2 };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // In a file of its own: with settings in package.json ava finds those of the root as well, and refuses both.
  writeFileSync(join(folder, 'ava.config.js'), `export default ${JSON.stringify(ava)};\n`);
  return folder;
};

const secondsSince = (startedMs: number): number => Math.round((performance.now() - startedMs) / 100) / 10;

/** The tests that are to catch something pass without a bug. */
const assertBaseline = async (folder: string, ava: string, bugs: readonly SeededBug[]): Promise<void> => {
  const startedMs = performance.now();
  const files = new Set(bugs.map((bug) => bug.caughtBy.file));
  const titles = [...new Set(bugs.map((bug) => bug.caughtBy.title))];
  const { passed, failed, output } = await runTests(folder, ava, [...files], titles);
  const missing = titles.filter((title) => !passed.includes(title));
  if (failed.length > 0 || missing.length > 0) {
    throw new NoProof(`${output}\nThese do not pass without a bug: ${missing.join('; ')}`);
  }
  say(`  without a bug ${titles.length} tests in ${files.size} files pass (${secondsSince(startedMs)} s)`);
};

const judge = async (folder: string, ava: string, bug: SeededBug): Promise<Verdict> => {
  const { file, title } = bug.caughtBy;
  const startedMs = performance.now();
  const takeOut = seed(join(folder, 'dist'), bug);
  try {
    const { failed, output } = await runTests(folder, ava, [file], [title]);
    // A file that cannot even be loaded fails under another name: that is a broken build, and nothing was caught.
    const isCaught = failed.includes(title);
    if (!isCaught) say(output);
    const { name, promise } = bug;
    return { bug: name, promise, caughtBy: isCaught ? title : null, seconds: secondsSince(startedMs) };
  } finally {
    takeOut();
  }
};

const table = (verdicts: readonly Verdict[]): string => {
  const rows = verdicts.map(({ bug, promise, caughtBy, seconds }) => [
    bug,
    String(promise),
    `${seconds.toFixed(1)} s`,
    caughtBy ?? 'SURVIVED',
  ]);
  const head = ['bug', 'promise', 'time', 'caught by'];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  return [head, ...rows]
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const bugs = chosen(values.only ?? [], values.fast);
  if (values.list) {
    for (const { name, promise, what } of bugs) say(`  ${name} (promise ${promise}): ${what}`);
    return 0;
  }
  const folder = copyBuild(ROOT);
  const ava = join(ROOT, 'node_modules', 'ava', 'entrypoints', 'cli.mjs');
  const startedMs = performance.now();
  await assertBaseline(folder, ava, bugs);
  const verdicts: Verdict[] = [];
  for (const bug of bugs) {
    const verdict = await judge(folder, ava, bug);
    say(`${verdict.caughtBy === null ? 'SURVIVED' : 'caught  '} ${verdict.bug} (${verdict.seconds} s)`);
    verdicts.push(verdict);
  }
  const caught = verdicts.filter((verdict) => verdict.caughtBy !== null).length;
  const seconds = secondsSince(startedMs);
  say(`\n${table(verdicts)}\n\n  ${caught} of ${verdicts.length} caught in ${seconds} s`);
  if (values.json) say(JSON.stringify({ caught, of: verdicts.length, seconds, verdicts }));
  return caught === verdicts.length ? 0 : 1;
};

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof NoProof ? error.message : String((error as Error).stack)}\n`);
  process.exit(2);
}
