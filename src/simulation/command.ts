import { createWriteStream, type WriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulate, type SimulationOptions, type SimulationResult } from './simulate.ts';
import { add, missing, NOTHING, tableOf, type Tally } from './tally.ts';

/** The command was called wrongly. */
export class SimulationUsageError extends Error {}

export const SIMULATE_USAGE = `simulate: the whole sale from a seed, with its own time, network, faults and fans

  --seed N      the first seed (1)
  --seeds K     how many, one after the other (1)
  --steps M     what happens before everything is healed (1500)
  --trace FILE  writes every step of the last seed
  --json        one JSON object as the last line

Exit code 1: a promise was broken, or too little happened.
`;

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  steps: { type: 'string', default: '1500' },
  trace: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const wholeOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || text.trim() === '') {
    throw new SimulationUsageError(`--${name} must be a whole number of at least ${least}, not "${text}"`);
  }
  return value;
};

const optionsOf = (args: readonly string[]) => {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (error) {
    throw new SimulationUsageError((error as Error).message, { cause: error });
  }
  return {
    seed: wholeOf('seed', values.seed, 0),
    seeds: wholeOf('seeds', values.seeds, 1),
    steps: wholeOf('steps', values.steps, 1),
    trace: values.trace ?? null,
    json: values.json,
    help: values.help,
  };
};

export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  nowMs(): number;
}

/** Everything that is needed to see it again. */
const failureOf = (result: SimulationResult, steps: number): string =>
  [
    '',
    ...result.tail.map((line) => `    ${line}`),
    '',
    `Seed ${result.seed} broke a promise:`,
    ...result.broken.map((line) => `  ${line}`),
    '',
    `Again: npm run simulate -- --seed ${result.seed} --steps ${steps} --trace seed-${result.seed}.txt`,
    '',
  ].join('\n');

const PROGRESS_EVERY_MS = 1_000;

const closed = (file: WriteStream | null): Promise<void> =>
  new Promise((resolve) => {
    if (file === null) resolve();
    else file.end(resolve);
  });

/**
 * The command line: runs the seeds until one breaks a promise, reports, and resolves to the exit code. `sabotage` breaks the
 * servers, to see what a failure looks like.
 */
export const simulateCommand = async (
  args: readonly string[],
  terminal: Terminal,
  sabotage?: SimulationOptions['sabotage'],
): Promise<number> => {
  const { seed, seeds, steps, trace, json, help } = optionsOf(args);
  if (help) {
    terminal.write(SIMULATE_USAGE);
    return 0;
  }
  const beganMs = terminal.nowMs();
  let toldMs = beganMs;
  let tally: Tally = NOTHING;
  let failed: SimulationResult | null = null;
  let digest = '';
  for (let next = seed; next < seed + seeds && failed === null; next += 1) {
    const file = trace !== null && next === seed + seeds - 1 ? createWriteStream(trace) : null;
    const result = await simulate({
      seed: next,
      steps,
      sabotage,
      onLine: file === null ? undefined : (line) => file.write(`${line}\n`),
    });
    await closed(file);
    tally = add(tally, result);
    ({ digest } = result);
    if (!result.ok) failed = result;
    const nowMs = terminal.nowMs();
    if (nowMs - toldMs < PROGRESS_EVERY_MS || seeds === 1) continue;
    toldMs = nowMs;
    const rate = (tally.seeds / (nowMs - beganMs)) * 1_000;
    terminal.write(
      `${terminal.isTTY ? '\r' : ''}${tally.seeds} of ${seeds} seeds, ${rate.toFixed(1)}/s${terminal.isTTY ? '' : '\n'}`,
    );
  }
  const absent = failed === null ? missing(tally) : [];
  if (failed !== null) terminal.write(failureOf(failed, steps));
  if (absent.length > 0)
    terminal.write(`\nToo little happened to prove anything. Never seen: ${absent.join('; ')}\n`);
  const ok = failed === null && absent.length === 0;
  terminal.write(
    `\n${tableOf(tally, terminal.nowMs() - beganMs)}\n  ${'trace'.padEnd(14)}${digest} (of the last seed)\n`,
  );
  terminal.write(ok ? '\nEvery promise was kept.\n' : '');
  if (json)
    terminal.write(
      `${JSON.stringify({ ok, ...tally, digest, broken: failed?.broken ?? [], failedSeed: failed?.seed ?? null, missing: absent })}\n`,
    );
  return ok ? 0 : 1;
};
