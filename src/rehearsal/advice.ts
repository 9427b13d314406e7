import type { Random } from '../domain/ports/environment.ts';
import { crowdOf, type CrowdShape, type Visitor } from './crowd.ts';
import { quantile } from './quantile.ts';
import { playSale, type House, type Played } from './play.ts';

/** What an operator wants of a sale, beside seats sold soon. */
export interface Aims {
  /** The slowest hold in a hundred. */
  readonly holdWaitMs: number;
  /** Of those who came in, the part that went without seats. */
  readonly inVain: number;
}

export const AIMS: Aims = { holdWaitMs: 1_000, inVain: 0.5 };
/** Up to so many times the quickest that keeps the aims is quick: the last few seats come back from those who do not pay, whatever the rate. */
const AS_QUICK = 1.5;
/** A range is told only of what most crowds agree on. */
const MOST = 0.75;

/** One rate, played with several crowds. */
export interface RateOutcome {
  readonly ratePerMinute: number;
  readonly runs: readonly Played[];
  /** Medians over the crowds. */
  readonly soldOutMs: number | null;
  readonly sold: number;
  readonly waitP50Ms: number;
  readonly waitP90Ms: number;
  readonly holdWaitP99Ms: number;
  readonly inVain: number;
  readonly mostInside: number;
  /** Part of the crowds for which the aims are met and the sale is as quick as it can be. */
  readonly good: number;
}

export interface Advice {
  readonly outcomes: readonly RateOutcome[];
  /** Neighbouring rates that suit most crowds; the lowest is recommended. Null: no rate does. */
  readonly range: { readonly fromPerMinute: number; readonly toPerMinute: number } | null;
}

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((one, other) => one - other),
    0.5,
  );

const shareInVain = (played: Played): number => (played.admitted === 0 ? 0 : played.inVain / played.admitted);

/** When the last seat went; a sale that kept seats took as long as it lasted. */
const lastedMs = (played: Played): number => played.soldOutAtMs ?? played.moments.at(-1)?.atMs ?? 0;

const keepsAims = (played: Played, aims: Aims): boolean =>
  played.holdWaitP99Ms <= aims.holdWaitMs && shareInVain(played) <= aims.inVain;

const suits = (played: Played, aims: Aims, quickestMs: number): boolean =>
  keepsAims(played, aims) && lastedMs(played) <= quickestMs * AS_QUICK;

const outcomeOf = (
  ratePerMinute: number,
  runs: readonly Played[],
  quickestMs: readonly number[],
  aims: Aims,
): RateOutcome => {
  const soldOut = runs.filter((run) => run.soldOutAtMs !== null);
  return {
    ratePerMinute,
    runs,
    soldOutMs: soldOut.length * 2 > runs.length ? median(runs.map(lastedMs)) : null,
    sold: median(runs.map((run) => run.sold)),
    waitP50Ms: median(runs.map((run) => quantile(run.waitsMs, 0.5))),
    waitP90Ms: median(runs.map((run) => quantile(run.waitsMs, 0.9))),
    holdWaitP99Ms: median(runs.map((run) => run.holdWaitP99Ms)),
    inVain: median(runs.map(shareInVain)),
    mostInside: median(runs.map((run) => run.mostInside)),
    good: runs.filter((run, index) => suits(run, aims, quickestMs[index] ?? 0)).length / runs.length,
  };
};

/** The longest stretch of neighbouring rates that are good for most crowds. */
const rangeOf = (outcomes: readonly RateOutcome[]): readonly RateOutcome[] => {
  let best: readonly RateOutcome[] = [];
  let current: RateOutcome[] = [];
  for (const outcome of outcomes) {
    current = outcome.good >= MOST ? [...current, outcome] : [];
    if (current.length > best.length) best = current;
  }
  return best;
};

/**
 * Plays every rate with every crowd, and tells the range of rates that keep holds quick, let few in for nothing, and sell
 * about as quickly as any that does. `played` hears of each sale, for those who watch.
 */
export const advise = (
  house: House,
  crowds: readonly (readonly Visitor[])[],
  rates: readonly number[],
  aims: Aims,
  played: (done: number, of: number) => void = () => undefined,
): Advice => {
  const all = rates.map((rate, index) =>
    crowds.map((crowd, at) => {
      const run = playSale(house, crowd, rate);
      played(index * crowds.length + at + 1, rates.length * crowds.length);
      return run;
    }),
  );
  const quickestMs = crowds.map((_, at) => {
    const kept = all.map((runs) => runs[at] as Played).filter((run) => keepsAims(run, aims));
    return Math.min(...kept.map(lastedMs));
  });
  const outcomes = rates.map((rate, index) => outcomeOf(rate, all[index] ?? [], quickestMs, aims));
  const range = rangeOf(outcomes);
  const [first, last] = [range[0], range.at(-1)];
  return {
    outcomes,
    range:
      first === undefined || last === undefined
        ? null
        : { fromPerMinute: first.ratePerMinute, toPerMinute: last.ratePerMinute },
  };
};

/** Several crowds of one shape. */
export const crowdsOf = (
  shape: CrowdShape,
  seeds: readonly number[],
  randomOf: (seed: number) => Random,
): readonly (readonly Visitor[])[] => seeds.map((seed) => crowdOf(shape, randomOf(seed)));

/** Sixteen rates from one that takes hours to one that lets everybody in within a minute, each about half as much again as the one before. */
export const ratesFor = (seats: number, fans: number): readonly number[] => {
  const from = Math.max(6, seats / 240);
  const to = Math.max(from * 2, Math.min(fans, seats * 4));
  const steps = 16;
  const rates = Array.from({ length: steps }, (_, index) =>
    Math.round(from * (to / from) ** (index / (steps - 1))),
  );
  return [...new Set(rates)];
};
