import type { Picture } from '../rush/redraw.ts';
import type { HistoryLine } from './load/history.ts';
import type { Happened, Second } from './tallying.ts';

interface Fault {
  readonly kind: string;
  readonly target: string;
  readonly atMs: number;
  readonly healedAtMs: number | null;
}

/** What the live view needs to know. */
export interface Live {
  /** What the run is busy with. */
  phase: string;
  readonly faults: Fault[];
  /** Keeps `faults` up to date. */
  read(line: HistoryLine): void;
}

export const createLive = (): Live => {
  const faults: Fault[] = [];
  return {
    phase: '',
    faults,
    read(line) {
      if (line.type === 'strike') {
        faults.push({ kind: line.kind, target: line.target, atMs: line.atMs, healedAtMs: null });
      }
      if (line.type !== 'heal') return;
      const at = faults.findLastIndex((one) => one.kind === line.kind && one.healedAtMs === null);
      const fault = faults[at];
      if (fault !== undefined) faults[at] = { ...fault, healedAtMs: line.atMs };
    },
  };
};

const BARS = ' ▁▂▃▄▅▆▇█';
const SECONDS_SHOWN = 60;
const FAULTS_SHOWN = 10;

/** One character a second, as high as its share of the highest. */
export const sparkline = (values: readonly number[]): string => {
  const most = Math.max(1, ...values);
  return values.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))] ?? ' ').join('');
};

const sum = (seconds: readonly Second[], what: keyof Second): number =>
  seconds.reduce((all, one) => all + one[what], 0);
const clock = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`;

/** The live view of a run that began at `startedAtMs`. */
export const pictureOf = (
  live: Live,
  moment: () => { readonly nowMs: number; readonly startedAtMs: number; readonly happened: Happened },
): Picture => ({
  screen() {
    const { nowMs, startedAtMs, happened } = moment();
    const { requests, seconds, ordersSeen } = happened;
    const shown = seconds.slice(-SECONDS_SHOWN);
    const fault = (one: Fault): string => {
      const state = one.healedAtMs === null ? 'NOW   ' : clock(one.healedAtMs - one.atMs).padEnd(6);
      return `  ${clock(one.atMs - startedAtMs).padStart(7)}  ${state}  ${one.kind.padEnd(30)} ${one.target}`;
    };
    return [
      `  Chaos  ${clock(nowMs - startedAtMs)}  ${live.phase}`,
      '',
      `  answers ${sparkline(shown.map((one) => one.ok + one.fail))}`,
      `  unknown ${sparkline(shown.map((one) => one.unknown))}`,
      `  sales   ${sparkline(shown.map((one) => one.sales))}`,
      '',
      `  requests  ok ${requests.ok}   refused ${requests.fail}   unknown ${requests.unknown}`,
      `  orders    ${Object.entries(ordersSeen)
        .map(([status, count]) => `${status.replaceAll('_', ' ')} ${count}`)
        .join('   ')}`,
      '',
      `  ${'at'.padStart(7)}  ${'lasted'.padEnd(6)}  fault`,
      ...live.faults.slice(-FAULTS_SHOWN).map(fault),
    ];
  },
  line() {
    const { nowMs, startedAtMs, happened } = moment();
    const last = happened.seconds.slice(-5);
    const active = live.faults.filter((one) => one.healedAtMs === null).map((one) => one.kind);
    return (
      `${clock(nowMs - startedAtMs).padStart(6)}  ${live.phase}; last 5 s: ok ${sum(last, 'ok')}, ` +
      `refused ${sum(last, 'fail')}, unknown ${sum(last, 'unknown')}, sales ${sum(last, 'sales')}` +
      (active.length === 0 ? '' : `; broken: ${active.join(', ')}`)
    );
  },
});
