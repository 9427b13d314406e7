import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedrawing, type Terminal } from '../rush/redraw.ts';
import { htmlReportOf } from './html-report.ts';
import { monotonicNowMs, type HistoryLine } from './load/history.ts';
import { CHAOS_USAGE, chaosOptionsOf, ChaosUsageError, type ChaosOptions } from './options.ts';
import { reportOf } from './report.ts';
import { resultOf, type ChaosResult } from './result.ts';
import { runChaos, RunImpossible } from './run.ts';
import type { Scope } from './scope.ts';
import { createLive, pictureOf } from './screen.ts';
import { createTallying } from './tallying.ts';
import { fansDidEnough } from './verdict.ts';

const LINE_EVERY_MS = 5_000;

/** The file that receives the history; lines are written as they happen, so that a crash loses none of them. */
const openHistory = (scope: Scope, file: string | null): ((line: HistoryLine) => void) => {
  if (file === null) return () => undefined;
  const stream = createWriteStream(file);
  scope.defer(() => new Promise<void>((resolve) => void stream.end(resolve)));
  return (line) => void stream.write(`${JSON.stringify(line)}\n`);
};

const run = async (options: ChaosOptions, terminal: Terminal, scope: Scope): Promise<ChaosResult> => {
  const startedAtMs = monotonicNowMs();
  const tallying = createTallying(() => startedAtMs);
  const live = createLive();
  const record = openHistory(scope, options.historyFile);
  const logFolder = await mkdtemp(join(tmpdir(), 'catraca-chaos-logs-'));
  const moment = () => ({ nowMs: monotonicNowMs(), startedAtMs, happened: tallying.happened() });
  const screen = startRedrawing(terminal, pictureOf(live, moment), LINE_EVERY_MS);
  let watched = true;
  const stopWatching = (): void => {
    if (watched) screen.stop();
    watched = false;
  };
  scope.defer(stopWatching);
  const { plan } = options;
  const ran = await runChaos(scope, plan, {
    logFolder,
    say(text) {
      live.phase = text;
      if (!terminal.isTTY) terminal.write(`${text}\n`);
    },
    enough: (counts) =>
      fansDidEnough({ ...counts, ordersSeen: tallying.happened().ordersSeen }, options.enough),
    onLine(line) {
      tallying.read(line);
      live.read(line);
      record(line);
      const fault = line.type === 'strike' || line.type === 'heal' || line.type === 'missed';
      if (fault && !terminal.isTTY) terminal.write(`  ${line.type} ${line.kind}: ${line.target}\n`);
    },
  });
  stopWatching();
  const result = resultOf(ran, tallying.happened(), options.enough);
  // What the nodes said is only of interest where something is to be found out.
  if (result.ok) await rm(logFolder, { recursive: true, force: true });
  else terminal.write(`\n  The logs of the nodes are in ${logFolder}\n`);
  return result;
};

/** The command line: runs, reports, and resolves to the exit code. What it started belongs to `scope`. */
export const chaosCommand = async (
  args: readonly string[],
  terminal: Terminal,
  scope: Scope,
): Promise<number> => {
  try {
    const options = chaosOptionsOf(args, Date.now());
    if (options.help) {
      terminal.write(CHAOS_USAGE);
      return 0;
    }
    const result = await run(options, terminal, scope);
    terminal.write(`${reportOf(result)}\n`);
    if (options.reportFile !== null) await writeFile(options.reportFile, htmlReportOf(result));
    if (options.json) terminal.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    if (error instanceof ChaosUsageError) terminal.write(`${error.message}\n\n${CHAOS_USAGE}`);
    else if (error instanceof RunImpossible) terminal.write(`No chaos run is possible: ${error.message}.\n`);
    else throw error;
    return 2;
  }
};
