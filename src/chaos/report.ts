import type { Verdict } from '../audit/verdict.ts';
import type { ChaosResult } from './result.ts';

export const STATE_WORDS: Readonly<Record<Verdict['state'], string>> = {
  ok: 'OK',
  broken: 'BROKEN',
  not_checked: 'NOT CHECKED',
};

/** Columns as wide as their widest cell; those named are numbers, and end under each other. */
const table = (rows: readonly (readonly string[])[], numbers: readonly number[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const cell = (text: string, column: number): string =>
    numbers.includes(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n');
};

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const orDash = (ms: number | undefined | null): string =>
  ms === undefined || ms === null ? '-' : seconds(ms);
const longest = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);

/** One row a kind: how often it struck, how long it took to heal and until the part was well. */
export const faultRows = ({ strikes, recoveries }: ChaosResult): readonly (readonly string[])[] => {
  const kinds = [...new Set(strikes.map((one) => one.kind))].sort();
  return kinds.map((kind) => {
    const all = strikes.filter((one) => one.kind === kind);
    const landed = all.filter((one) => one.missed === null);
    const back = recoveries
      .filter((one) => one.kind === kind)
      .flatMap((one) => one.normalAfterMs ?? [])
      .concat(landed.flatMap((one) => one.backAfterMs ?? []));
    return [
      kind,
      String(landed.length),
      String(all.length - landed.length),
      orDash(longest(landed.map((one) => one.healedAtMs - one.struckAtMs))),
      orDash(longest(back)),
      all.find((one) => one.missed !== null)?.missed ?? '',
    ];
  });
};

const pairs = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`)
    .join(', ') || 'none';

/** What happened, in a few lines of name and text. */
export const summaryRows = (result: ChaosResult): readonly (readonly [string, string])[] => [
  ['happened', pairs(result.counts)],
  ['fans', pairs(result.outcomes)],
  ['requests', `${pairs(result.requests)} (unknown: no answer, or a 5xx)`],
  ['orders', pairs(result.ordersSeen)],
  ['events', `${result.events.length}, with ${result.events.reduce((sum, one) => sum + one.seats, 0)} seats`],
  ['ended by itself', pairs(result.ownExits)],
  ['time', `${seconds(result.loadMs)} of load, ${seconds(result.totalMs)} until the audit was done`],
  ['seed', String(result.seed)],
];

const promiseRows = (promises: readonly Verdict[]): readonly (readonly string[])[] =>
  promises.map((one) => [
    one.promise,
    STATE_WORDS[one.state],
    String(one.checked),
    one.state === 'not_checked' ? `${one.what} (${one.notes.join('; ')})` : one.what,
  ]);

/** The tables at the end. */
export const reportOf = (result: ChaosResult): string => {
  const breaches = result.promises
    .filter((one) => one.state === 'broken')
    .flatMap((one) => [
      `  ${one.promise} BROKEN: ${one.what}: ${one.broken} of ${one.checked}`,
      ...one.notes.map((note) => `    ${note}`),
    ]);
  const figures = result.figures.map((one) => [
    one.promise,
    String(one.count),
    ...[one.p50Ms, one.p99Ms, one.maxMs, one.promisedMs].map(String),
    one.what,
  ]);
  const parts = [
    table([['fault', 'struck', 'missed', 'lasted', 'back after', ''], ...faultRows(result)], [1, 2, 3, 4]),
    table(
      [['promise', 'seen', 'p50 ms', 'p99 ms', 'max ms', 'promised ms', 'time'], ...figures],
      [1, 2, 3, 4, 5],
    ),
    table(summaryRows(result), []),
    table([['promise', 'result', 'checked', 'what'], ...promiseRows(result.promises)], [2]),
    breaches.join('\n'),
    result.ok
      ? '  GREEN: every promise that was checked was kept, and enough happened.'
      : ['  RED', ...result.reasons.map((reason) => `    ${reason}`)].join('\n'),
  ];
  return `\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
};
