import { build, type Histogram } from 'hdr-histogram-js';

/** The steps of a fan's way that are timed. */
export const STEPS = [
  'sign_in',
  'join',
  'hand_over',
  'frame',
  'redeem',
  'look',
  'hold',
  'release',
  'order',
  'pay',
  'follow',
  'cancel',
  'give_back',
  'leave',
  'operator',
] as const;
export type Step = (typeof STEPS)[number];

/** Where a fan is, or how they ended. */
export const STATES = ['coming', 'in_line', 'called', 'inside', 'holding', 'paying', 'gone'] as const;
export type FanState = (typeof STATES)[number];

export const OUTCOMES = [
  'bought',
  'gave_order_back',
  'gave_up_in_line',
  'never_came',
  'sold_out',
  'gave_up_inside',
  'gave_seats_back',
  'cancelled',
  'vanished',
  'refused',
  'unfinished',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface StepNumbers {
  readonly step: Step;
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Everything that is counted while a rush runs. */
export interface Tally {
  /** `ms` from the moment the request was meant to be sent: time spent waiting for a socket counts. */
  took(step: Step, ms: number): void;
  refused(code: string): void;
  unknown(reason: string): void;
  moved(from: FanState, to: FanState): void;
  ended(outcome: Outcome): void;
  count(what: Counted, by?: number): void;
  steps(): readonly StepNumbers[];
  readonly counts: Readonly<Record<Counted, number>>;
  readonly states: Readonly<Record<FanState, number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly refusals: ReadonlyMap<string, number>;
  readonly unknowns: ReadonlyMap<string, number>;
}

export const COUNTED = [
  'arrived',
  'joined',
  'codes_redeemed',
  'past_the_line',
  'handed_over',
  'admitted',
  'holds',
  'orders',
  'declines',
  'sales',
  'tickets',
  'given_back',
  'double_clicks',
  'hung_up',
] as const;
export type Counted = (typeof COUNTED)[number];

const zeroes = <K extends string>(names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;

/** In microseconds; beyond two minutes everything is too long. */
const HIGHEST_US = 120_000_000;

const toMs = (us: number): number => Math.round(us / 10) / 100;

export const createTally = (fans: number): Tally => {
  const histograms = new Map<Step, Histogram>();
  const counts = zeroes(COUNTED);
  const states = { ...zeroes(STATES), coming: fans };
  const outcomes = zeroes(OUTCOMES);
  const refusals = new Map<string, number>();
  const unknowns = new Map<string, number>();
  const bump = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);

  return {
    took(step, ms) {
      let histogram = histograms.get(step);
      if (histogram === undefined) {
        histogram = build({ highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 });
        histograms.set(step, histogram);
      }
      histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1_000))));
    },
    refused: (code) => bump(refusals, code),
    unknown: (reason) => bump(unknowns, reason),
    moved(from, to) {
      states[from] -= 1;
      states[to] += 1;
    },
    ended(outcome) {
      outcomes[outcome] += 1;
    },
    count(what, by = 1) {
      counts[what] += by;
    },
    steps: () =>
      STEPS.flatMap((step) => {
        const histogram = histograms.get(step);
        if (histogram === undefined) return [];
        // The histogram answers with the upper edge of a bucket: never say more than what was seen.
        const at = (percentile: number): number =>
          toMs(Math.min(histogram.maxValue, histogram.getValueAtPercentile(percentile)));
        return [
          {
            step,
            count: histogram.totalCount,
            p50Ms: at(50),
            p90Ms: at(90),
            p99Ms: at(99),
            maxMs: toMs(histogram.maxValue),
          },
        ];
      }),
    counts,
    states,
    outcomes,
    refusals,
    unknowns,
  };
};
