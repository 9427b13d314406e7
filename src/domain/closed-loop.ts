import type { BindingLimit } from './binding-limit.ts';
import { DEGRADED_SHARE } from './slowdown.ts';
import type { Slowdown } from './ports/line.ts';

/**
 * How many people a minute the sale can digest, found out by letting in more until it gets slow: TCP's congestion control on
 * people. Pure; `streams/closed-loop.ts` runs it. docs/decisions/0008-closed-loop.md has the reasons of the figures.
 */

/** How the sale feels on one node. Null: nothing was measured lately, which is no sign of trouble. */
export interface Vitals {
  /** Nine of ten holds took less, from the section's actor to Postgres' word. */
  readonly holdMs: number | null;
  /** Nine of ten checkouts were opened by the gateway within. */
  readonly checkoutMs: number | null;
  /** Nine of ten waited less for a connection to Postgres. */
  readonly poolWaitMs: number | null;
  /** How old the oldest message is that has not been sent, or the slowest that just came. */
  readonly messageLagMs: number | null;
  /** How late timers are: what everything waits in front of everything else. */
  readonly loopLagMs: number | null;
  /** The broker takes messages; false also while an alarm of it blocks publishers. */
  readonly brokerUp: boolean;
  /** Postgres answers; nothing can be decided without it. */
  readonly databaseUp: boolean;
}

export type Signal = 'holdMs' | 'checkoutMs' | 'poolWaitMs' | 'messageLagMs' | 'loopLagMs';

/**
 * What each may take. Below what makes the edge refuse requests (`concurrency-limit.ts`): who waits in the line has lost
 * nothing, who is refused inside has.
 */
export const BUDGETS_MS: Readonly<Record<Signal, number>> = {
  holdMs: 400,
  checkoutMs: 2_500,
  poolWaitMs: 250,
  messageLagMs: 5_000,
  loopLagMs: 100,
};

const REASONS: Readonly<Record<Signal, BindingLimit>> = {
  holdMs: 'holds_slow',
  checkoutMs: 'payments_slow',
  poolWaitMs: 'database_busy',
  messageLagMs: 'messages_slow',
  loopLagMs: 'server_busy',
};

/** Between two looks; a change needs about that long to show. */
export const LOOK_MS = 1_000;
/** A decrease must have had time to take effect before the next. */
const DECREASE_EVERY_MS = 2_000;
const DECREASE = 0.7;
/** Of the budget, what is good enough to let in more. In between the rate stays as it is. */
const GOOD = 0.8;
/** So many times the budget, twice in a row, is no slowness any more: nobody is let in until it is over. */
const STOP = 5;
const STOP_LOOKS = 2;
/** Part of the ceiling that is added with each good look. */
const INCREASE_SHARE = 0.05;
/** An opening begins with this part of the ceiling, a small sale with all of it. */
const START_SHARE = 0.1;
const START_LEAST = 600;
/** Slow is not stopped: below this nothing could be measured any more. */
const LEAST_SHARE = 0.05;
const LEAST = 12;
/** People inside for each seat that is left, from where on fewer are let in. */
const RIVALS_FROM = 1;
const RIVALS_MOST = 3;
/** Room above what leaving people make, so that the estimate can grow. */
const LITTLE_HEADROOM = 1.25;
const LITTLE_FROM = 0.9;

export type LoopMode = 'open' | 'slow_start' | 'increase' | 'hold' | 'decrease' | 'stopped';

export interface LoopState {
  /** People a minute that the sale may have; the ceiling itself while `mode` is `open`. */
  readonly ratePerMinute: number;
  readonly mode: LoopMode;
  /** Doubling ends here; from here on it goes up step by step. */
  readonly threshold: number;
  /** Why it is not the ceiling, and the figures for it. Null while it is. */
  readonly why: Pick<Slowdown, 'reason' | 'parameters'> | null;
  readonly lookedAtMs: number;
  readonly decreasedAtMs: number;
  /** Looks in a row at which the sale was far over its budget. */
  readonly badLooks: number;
  /** Whether the line called anybody at the last look. */
  readonly calling: boolean;
}

export interface LoopInput {
  /** The operator's number. */
  readonly ceilingPerMinute: number;
  readonly vitals: Vitals;
  /** The sale is open and not paused. */
  readonly calling: boolean;
  /** The ceiling follows a planned curve, whose own beginning stands for the slow start. */
  readonly planned?: boolean | undefined;
  readonly nowMs: number;
}

export interface Pressure {
  readonly signal: Signal;
  readonly valueMs: number;
  readonly budgetMs: number;
}

const startOf = (ceiling: number): number =>
  Math.min(ceiling, Math.max(START_LEAST, Math.floor(ceiling * START_SHARE)));
const leastOf = (ceiling: number): number =>
  Math.min(ceiling, Math.max(LEAST, Math.floor(ceiling * LEAST_SHARE)));

/** What was measured, each beside its budget: for the operator's eyes, and for the rule below. */
export const pressuresOf = (vitals: Vitals): readonly Pressure[] =>
  (Object.keys(BUDGETS_MS) as Signal[]).flatMap((signal) => {
    const valueMs = vitals[signal];
    return valueMs === null ? [] : [{ signal, valueMs, budgetMs: BUDGETS_MS[signal] }];
  });

const worstOf = (vitals: Vitals): Pressure | null =>
  pressuresOf(vitals).reduce<Pressure | null>(
    (worst, one) =>
      worst === null || one.valueMs / one.budgetMs > worst.valueMs / worst.budgetMs ? one : worst,
    null,
  );

const whyOf = ({ signal, valueMs, budgetMs }: Pressure): LoopState['why'] => ({
  reason: REASONS[signal],
  parameters: { measuredMs: Math.round(valueMs), allowedMs: budgetMs },
});

/** A loop that has seen nothing yet: it trusts the operator until it knows better. */
export const firstLoop = (ceilingPerMinute: number): LoopState => ({
  ratePerMinute: ceilingPerMinute,
  mode: 'open',
  threshold: ceilingPerMinute,
  why: null,
  lookedAtMs: Number.NEGATIVE_INFINITY,
  decreasedAtMs: Number.NEGATIVE_INFINITY,
  badLooks: 0,
  calling: true,
});

/** The broker is away: messages go through Postgres, which has enough to do. */
const ceilingNow = ({ ceilingPerMinute, vitals }: LoopInput): number =>
  vitals.brokerUp ? ceilingPerMinute : Math.ceil(ceilingPerMinute * DEGRADED_SHARE);

const stopped = (state: LoopState, why: LoopState['why'], input: LoopInput): LoopState => ({
  ...state,
  ratePerMinute: 0,
  mode: 'stopped',
  why,
  // What it can bear lies below what it had: doubling ends earlier next time.
  threshold: Math.max(leastOf(input.ceilingPerMinute), Math.floor(state.threshold * DECREASE)),
});

const decreased = (state: LoopState, worst: Pressure, input: LoopInput): LoopState => {
  const why = whyOf(worst);
  if (input.nowMs - state.decreasedAtMs < DECREASE_EVERY_MS) return { ...state, why };
  if (state.mode === 'stopped') return { ...state, why };
  const least = leastOf(input.ceilingPerMinute);
  const ratePerMinute = Math.max(least, Math.floor(state.ratePerMinute * DECREASE));
  const threshold = ratePerMinute;
  return { ...state, ratePerMinute, threshold, mode: 'decrease', why, decreasedAtMs: input.nowMs };
};

const blocked = (brokerUp: boolean): LoopState['why'] =>
  brokerUp ? null : { reason: 'messages_blocked', parameters: {} };

const increased = (state: LoopState, ceiling: number, brokerUp: boolean): LoopState => {
  const doubling = state.ratePerMinute < state.threshold;
  const step = Math.max(1, Math.floor(ceiling * INCREASE_SHARE));
  const wanted = doubling
    ? Math.min(state.threshold, Math.max(leastOf(ceiling), state.ratePerMinute * 2))
    : state.ratePerMinute + step;
  if (wanted >= ceiling) {
    return {
      ...state,
      ratePerMinute: ceiling,
      threshold: ceiling,
      mode: 'open',
      why: blocked(brokerUp),
    };
  }
  const reason = state.why?.reason === 'warming_up' ? 'warming_up' : 'recovering';
  return {
    ...state,
    ratePerMinute: wanted,
    mode: doubling ? 'slow_start' : 'increase',
    why: { reason, parameters: {} },
  };
};

/** The line has begun to call: a crowd that waited for this comes in at once, and nothing is warm. */
const begun = (state: LoopState, ceiling: number, planned: boolean): LoopState => {
  const start = planned ? ceiling : startOf(ceiling);
  if (start >= ceiling)
    return { ...state, ratePerMinute: ceiling, threshold: ceiling, mode: 'open', why: null };
  return {
    ...state,
    ratePerMinute: start,
    threshold: ceiling,
    mode: 'slow_start',
    why: { reason: 'warming_up', parameters: {} },
  };
};

const judged = (state: LoopState, input: LoopInput): LoopState => {
  const { vitals } = input;
  if (!vitals.databaseUp) return stopped(state, { reason: 'degraded', parameters: {} }, input);
  const ceiling = ceilingNow(input);
  const worst = worstOf(vitals);
  const ratio = worst === null ? 0 : worst.valueMs / worst.budgetMs;
  const badLooks = ratio >= STOP ? state.badLooks + 1 : 0;
  const seen = { ...state, badLooks };
  if (worst !== null && badLooks >= STOP_LOOKS) return stopped(seen, whyOf(worst), input);
  if (worst !== null && ratio > 1) return decreased(seen, worst, input);
  if (ratio <= GOOD) return increased(seen, ceiling, vitals.brokerUp);
  return seen.mode === 'stopped' || seen.mode === 'open' ? seen : { ...seen, mode: 'hold' };
};

const within = (state: LoopState, ceiling: number, brokerUp: boolean): LoopState => {
  // An operator who turns the number up must see it in force within the second; if it was too much, the next looks say so.
  if (state.mode === 'open' && ceiling > state.ratePerMinute)
    return { ...state, ratePerMinute: ceiling, threshold: ceiling, why: blocked(brokerUp) };
  return {
    ...state,
    ratePerMinute: Math.min(state.ratePerMinute, ceiling),
    threshold: Math.min(state.threshold, ceiling),
    why: state.mode === 'open' ? blocked(brokerUp) : state.why,
  };
};

/** One look at the sale, at most once in `LOOK_MS`; a lower ceiling holds at once. Never above the ceiling. */
export const lookAtSale = (before: LoopState, input: LoopInput): LoopState => {
  const ceiling = ceilingNow(input);
  const { brokerUp } = input.vitals;
  const state = within(before, ceiling, brokerUp);
  if (!input.calling) return { ...state, calling: false };
  const opening = !before.calling;
  // A clock set back must not blind the loop.
  const sinceMs = Math.abs(input.nowMs - before.lookedAtMs);
  if (!opening && sinceMs < LOOK_MS) return state;
  const looked = { ...state, lookedAtMs: input.nowMs, calling: true };
  const next = opening ? begun(looked, ceiling, input.planned ?? false) : judged(looked, input);
  return within(next, ceiling, brokerUp);
};

/** What the loop asks of the line. Null: nothing, the operator's number is the limit. */
export const slowdownOfLoop = (state: LoopState, ceilingPerMinute: number): Slowdown | null =>
  state.ratePerMinute >= ceilingPerMinute || state.why === null
    ? null
    : { ratePerMinute: Math.floor(state.ratePerMinute), ...state.why };

/**
 * People who compete for the seats that are left: at one a seat nobody is held back, at three a seat hardly anybody is let
 * in, so that whoever comes in has a chance.
 */
export const slowdownOfStock = (input: {
  readonly ceilingPerMinute: number;
  readonly inside: number;
  readonly seatsLeft: number | null;
}): Slowdown | null => {
  const { ceilingPerMinute, inside, seatsLeft } = input;
  if (seatsLeft === null || seatsLeft <= 0) return null;
  const rivals = inside / seatsLeft;
  if (rivals <= RIVALS_FROM) return null;
  const share = 1 - (rivals - RIVALS_FROM) / (RIVALS_MOST - RIVALS_FROM);
  const ratePerMinute = Math.max(leastOf(ceilingPerMinute), Math.floor(ceilingPerMinute * share));
  if (ratePerMinute >= ceilingPerMinute) return null;
  return { ratePerMinute, reason: 'seats_scarce', parameters: { inside, seatsLeft } };
};

/**
 * Little's law: with the house full, people can come in as fast as others leave, inside = rate × stay. The rate is then no
 * higher than the stay allows, so that what the frame says is what happens. Null: the house is not full.
 */
export const slowdownOfCrowd = (input: {
  readonly ceilingPerMinute: number;
  readonly inside: number;
  readonly insideMax: number;
  /** Measured; null: not known yet. */
  readonly leavingPerMinute: number | null;
}): Slowdown | null => {
  const { ceilingPerMinute, inside, insideMax, leavingPerMinute } = input;
  if (leavingPerMinute === null || leavingPerMinute <= 0 || inside < insideMax * LITTLE_FROM) return null;
  const stayMinutes = inside / leavingPerMinute;
  const ratePerMinute = Math.max(
    leastOf(ceilingPerMinute),
    Math.ceil((insideMax / stayMinutes) * LITTLE_HEADROOM),
  );
  if (ratePerMinute >= ceilingPerMinute) return null;
  return {
    ratePerMinute,
    reason: 'inside',
    parameters: { inside, insideMax, staySeconds: Math.round(stayMinutes * 60) },
  };
};
