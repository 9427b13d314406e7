import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface TestRun {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What the run said, for a person to read. */
  readonly output: string;
}

/** A run that takes longer has hung, and shows nothing. */
const LIMIT_MS = 600_000;

/** Titles of a TAP report, without the file before them. */
export const titlesOf = (tap: string): Pick<TestRun, 'passed' | 'failed'> => {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const [, not, name = ''] of tap.matchAll(/^(not )?ok \d+ - (.*)$/gm)) {
    const title = name.split(' › ').at(-1) ?? name;
    if (not === undefined) passed.push(title);
    else failed.push(title);
  }
  return { passed, failed };
};

/** Runs the tests with these titles in these files, with ava in `folder`. Rejects when ava cannot be started. */
export const runTests = async (
  folder: string,
  ava: string,
  files: readonly string[],
  titles: readonly string[],
): Promise<TestRun> => {
  const wanted = titles.map((title) => `--match=${title}`);
  const paths = files.map((file) => `dist/test/${file}.test.js`);
  const child = spawn(process.execPath, [ava, '--tap', ...wanted, ...paths], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A test that finds no server would pass, and the bug with it.
    env: { ...process.env, CI_REQUIRE_SERVERS: '1', FORCE_COLOR: '0' },
    timeout: LIMIT_MS,
  });
  const end = (): void => void child.kill();
  process.once('exit', end);
  try {
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    const [out, err] = await Promise.race([Promise.all([text(child.stdout), text(child.stderr)]), failed]);
    return { ...titlesOf(out), output: `${out}\n${err}` };
  } finally {
    process.off('exit', end);
  }
};
