import type { FrameDocument, NumbersDocument } from './documents.ts';
import { startRedrawing, type Terminal } from './redraw.ts';
import type { FanState, Tally } from './tally.ts';

/** What is known at one moment of a run. */
export interface Moment {
  readonly elapsedMs: number;
  readonly fans: number;
  readonly seats: number;
  /** Arrivals that the plan had by now. */
  readonly due: number;
  readonly frame: FrameDocument | null;
  readonly numbers: NumbersDocument | null;
  readonly tally: Tally;
}

const BAR = 30;
const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
};

const number = (value: number, width = 6): string => String(value).padStart(width);
const clock = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** The most frequent first. */
export const byCount = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));

const STATES_SHOWN: readonly (readonly [FanState, string])[] = [
  ['in_line', 'in line'],
  ['called', 'called'],
  ['inside', 'looking'],
  ['holding', 'holding'],
  ['paying', 'paying'],
  ['gone', 'gone'],
];

/** The live view: whole lines, as many as stay on one screen. */
export const screenOf = (moment: Moment): readonly string[] => {
  const { tally, frame, numbers, seats } = moment;
  const sold = numbers?.seats.sold ?? 0;
  const counts = tally.counts;
  const refusals = byCount(tally.refusals)
    .slice(0, 6)
    .map(([code, count]) => `${code} ${count}`);
  const unknowns = byCount(tally.unknowns)
    .slice(0, 3)
    .map(([reason, count]) => `${reason} ${count}`);
  const orders = Object.entries(numbers?.orders ?? {})
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${status} ${count}`);
  return [
    `  Rush  ${clock(moment.elapsedMs)}`,
    '',
    `  arrived ${bar(counts.arrived / moment.fans)} ${number(counts.arrived)} of ${moment.fans} (plan: ${moment.due})`,
    `  sold    ${bar(seats === 0 ? 0 : sold / seats)} ${number(sold)} of ${seats}`,
    '',
    `  fans    ${STATES_SHOWN.map(([state, name]) => `${name} ${tally.states[state]}`).join('   ')}`,
    `  line    serving ${frame?.serving ?? 0} of ${frame?.joined ?? 0}   inside ${frame?.inside ?? 0}   ` +
      `${frame?.ratePerMinute ?? 0}/min   limit: ${frame?.reason ?? '?'}`,
    `  seats   free ${numbers?.seats.free ?? '?'}   held ${numbers?.seats.held ?? '?'}   paying ${numbers?.seats.paying ?? '?'}   sold ${sold}`,
    `  orders  ${orders.join('   ') || 'none yet'}`,
    `  no      ${refusals.join('   ') || 'none yet'}`,
    `  unknown ${unknowns.join('   ') || 'none'}`,
    '',
    `  ${'step'.padEnd(10)}${'count'.padStart(8)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}`,
    ...tally
      .steps()
      .map(
        ({ step, count, p50Ms, p99Ms }) =>
          `  ${step.padEnd(10)}${number(count, 8)}${p50Ms.toFixed(1).padStart(10)}${p99Ms.toFixed(1).padStart(10)}`,
      ),
  ];
};

/** One line that says the same in short. */
export const lineOf = (moment: Moment): string => {
  const { tally, numbers, seats, frame } = moment;
  const refusals = [...tally.refusals.values()].reduce((sum, count) => sum + count, 0);
  const hold = tally.steps().find((one) => one.step === 'hold');
  return [
    clock(moment.elapsedMs).padStart(8),
    `arrived ${tally.counts.arrived}/${moment.due}`,
    `line ${tally.states.in_line}`,
    `inside ${frame?.inside ?? 0}`,
    `held ${numbers?.seats.held ?? 0}`,
    `paying ${numbers?.seats.paying ?? 0}`,
    `sold ${numbers?.seats.sold ?? 0}/${seats}`,
    `refused ${refusals}`,
    `hold p99 ${hold?.p99Ms.toFixed(0) ?? '-'} ms`,
  ].join('  ');
};

/** Draws while the run goes on. */
export const startScreen = (terminal: Terminal, momentNow: () => Moment): { stop(): void } =>
  startRedrawing(terminal, { screen: () => screenOf(momentNow()), line: () => lineOf(momentNow()) });
