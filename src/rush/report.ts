import type { Verdict } from '../audit/verdict.ts';
import type { SeatCounts } from './documents.ts';
import { byCount } from './screen.ts';
import type { Counted, Outcome, StepNumbers, Tally } from './tally.ts';

/** What a run came to; printed as it is with `--json`. */
export interface RushResult {
  readonly eventId: string;
  readonly seed: number;
  readonly fans: number;
  readonly elapsedMs: number;
  readonly settledMs: number;
  readonly seats: SeatCounts & { readonly total: number };
  readonly counts: Readonly<Record<Counted, number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly unknown: Readonly<Record<string, number>>;
  readonly steps: readonly StepNumbers[];
  /** How late, at worst, a fan set out: more than some milliseconds means that this machine is too slow for the crowd. */
  readonly latestStartMs: number;
  readonly audit: readonly Verdict[];
  /** Every promise that was checked is kept. */
  readonly ok: boolean;
}

export const countsOf = (
  tally: Tally,
): Pick<RushResult, 'refusals' | 'unknown' | 'steps' | 'counts' | 'outcomes'> => ({
  refusals: Object.fromEntries(byCount(tally.refusals)),
  unknown: Object.fromEntries(byCount(tally.unknowns)),
  steps: tally.steps(),
  counts: tally.counts,
  outcomes: tally.outcomes,
});

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export const table = (rows: readonly (readonly string[])[], leftColumns = 1): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      `  ${row
        .map((cell, column) =>
          column < leftColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')}`.trimEnd(),
    )
    .join('\n');
};

/** What there is any of, with how many. */
export const pairs = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`)
    .join(', ') || 'none';

const STATE_WORDS = { ok: 'OK', broken: 'BROKEN', not_checked: 'NOT CHECKED' } as const;

/** A line for each promise and way of checking it; what was broken is told below. */
export const auditTable = (audit: readonly Verdict[]): string => {
  const head = ['promise', 'result', 'checked', 'what'];
  const rows = audit.map((one) => [
    one.promise,
    STATE_WORDS[one.state],
    String(one.checked),
    one.state === 'not_checked' ? `${one.what} (${one.notes.join('; ')})` : one.what,
  ]);
  const breaches = audit
    .filter((one) => one.state === 'broken')
    .flatMap((one) => [
      `\n  ${one.promise} BROKEN: ${one.what}: ${one.broken} of ${one.checked}`,
      ...one.notes.map((note) => `    ${note}`),
    ]);
  // The last column is text: padded on the left like a number it would be hard to read.
  const widths = [0, 1, 2].map((column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    `  ${(row[0] ?? '').padEnd(widths[0] ?? 0)}  ${(row[1] ?? '').padEnd(widths[1] ?? 0)}  ${(row[2] ?? '').padStart(widths[2] ?? 0)}  ${row[3] ?? ''}`;
  return [...[head, ...rows].map(line), ...breaches].join('\n');
};

/** The table at the end. */
export const reportOf = (result: RushResult): string => {
  const { seats } = result;
  const steps = table([
    ['step', 'count', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
    ...result.steps.map((one) => [
      one.step,
      String(one.count),
      ...[one.p50Ms, one.p90Ms, one.p99Ms, one.maxMs].map((ms) => ms.toFixed(1)),
    ]),
  ]);
  const summary = table(
    [
      [
        'seats',
        `${seats.sold} of ${seats.total} sold; free ${seats.free}, held ${seats.held}, paying ${seats.paying}`,
      ],
      ['fans', `${result.fans}: ${pairs(result.outcomes)}`],
      ['happened', pairs(result.counts)],
      ['refusals', pairs(result.refusals)],
      ['unknown', pairs(result.unknown)],
      [
        'time',
        `${(result.elapsedMs / 1_000).toFixed(1)} s, settled ${(result.settledMs / 1_000).toFixed(1)} s later; ` +
          `latest start ${result.latestStartMs.toFixed(0)} ms behind plan`,
      ],
      ['event', `${result.eventId} (seed ${result.seed})`],
    ],
    2,
  );
  const verdict = result.ok ? 'Every promise that was checked was kept.' : 'A PROMISE WAS BROKEN.';
  return `\n${steps}\n\n${summary}\n\n${auditTable(result.audit)}\n\n  ${verdict}\n`;
};
