/** One operation on a register of any kind: some moment between `invokedAtMs` and `completedAtMs` is when it happened. */
export interface Step<State> {
  readonly name: string;
  readonly invokedAtMs: number;
  readonly completedAtMs: number;
  /** It did happen. False: it may have, at any time after `invokedAtMs`, or never. */
  readonly must: boolean;
  /** False: it only looks, so it never leads anywhere but where it came from. */
  readonly changes: boolean;
  /** The state after it; null: not possible from here with the answer that was given. */
  readonly apply: (state: State) => State | null;
}

export interface Register<State> {
  readonly start: State;
  /** Equal names: equal states. */
  readonly nameOf: (state: State) => string;
}

export type Found =
  | { readonly kind: 'linearizable'; readonly looks: number }
  /** No order explains all answers; `stuckAt` is the one nothing explained on the way that led farthest. */
  | { readonly kind: 'broken'; readonly looks: number; readonly stuckAt: string }
  /** Neither found nor excluded within the budget. */
  | { readonly kind: 'gave_up'; readonly looks: number };

/** A point of the search: which steps are behind us, and where the register is. */
interface Point<State> {
  /** Bit i: step i has happened. */
  readonly done: bigint;
  /** All steps before this one have. */
  readonly first: number;
  readonly state: State;
  /** How many of those that must happen have not. */
  readonly left: number;
}

/**
 * Looks for an order of the steps that fits their times and the register (Wing and Gong's search with Lowe's memory of
 * points already seen): depth first, at each point whatever was invoked before the earliest end of what is still to come.
 * Ends when it has looked at `budget` steps. Equal times count as overlapping: a clock of milliseconds cannot tell.
 */
export const linearize = <State>(
  steps: readonly Step<State>[],
  register: Register<State>,
  budget: number,
): Found => {
  // A step that may have happened is tried after one that did: most histories are right, and found so without it.
  const sorted = [...steps].sort((a, b) => a.invokedAtMs - b.invokedAtMs || Number(b.must) - Number(a.must));
  const stack: Point<State>[] = [
    { done: 0n, first: 0, state: register.start, left: steps.filter((step) => step.must).length },
  ];
  const seen = new Set<string>();
  let looks = 0;
  let closest: { readonly left: number; readonly stuckAt: string } | null = null;
  for (let from = stack.pop(); from !== undefined; from = stack.pop()) {
    if (looks >= budget) return { kind: 'gave_up', looks };
    const { point, open } = lookedAround(sorted, from);
    looks += 1 + open.length;
    if (point.left === 0) return { kind: 'linearizable', looks };
    const name = `${point.done.toString(36)} ${register.nameOf(point.state)}`;
    if (seen.has(name)) continue;
    seen.add(name);
    if (closest === null || point.left < closest.left)
      closest = { left: point.left, stuckAt: firstToEnd(sorted, open) };
    stack.push(...successors(sorted, point, open));
  }
  return { kind: 'broken', looks, stuckAt: closest?.stuckAt ?? '' };
};

const isDone = (done: bigint, index: number): boolean => ((done >> BigInt(index)) & 1n) === 1n;

/** The steps that may come next: invoked before the earliest end of those that must come. No step ends before it begins. */
const openAt = <State>(sorted: readonly Step<State>[], done: bigint, first: number): readonly number[] => {
  const open: number[] = [];
  let endsAtMs = Number.POSITIVE_INFINITY;
  for (let index = first; index < sorted.length; index += 1) {
    const step = sorted[index];
    if (step === undefined || step.invokedAtMs > endsAtMs) break;
    if (isDone(done, index)) continue;
    open.push(index);
    if (step.must && step.completedAtMs < endsAtMs) endsAtMs = step.completedAtMs;
  }
  return open;
};

const after = <State>(sorted: readonly Step<State>[], point: Point<State>, index: number, state: State) => {
  const done = point.done | (1n << BigInt(index));
  let { first } = point;
  while (first < sorted.length && isDone(done, first)) first += 1;
  return { done, first, state, left: point.left - (sorted[index]?.must === true ? 1 : 0) };
};

/**
 * Everything that only looks and sees here what it was told is taken at once: wherever else it could stand, it can stand
 * here. A thousand refusals of one seat then cost a thousand steps, not their permutations.
 */
const lookedAround = <State>(sorted: readonly Step<State>[], from: Point<State>) => {
  let point = from;
  for (;;) {
    const open = openAt(sorted, point.done, point.first);
    const fitting = open.filter((index) => {
      const step = sorted[index];
      return step !== undefined && !step.changes && step.apply(point.state) !== null;
    });
    if (fitting.length === 0) return { point, open };
    for (const index of fitting) point = after(sorted, point, index, point.state);
  }
};

/** The last is looked at first: what must happen, the earliest invoked before the others. */
const successors = <State>(
  sorted: readonly Step<State>[],
  point: Point<State>,
  open: readonly number[],
): readonly Point<State>[] => {
  const may: Point<State>[] = [];
  const must: Point<State>[] = [];
  for (const index of open) {
    const step = sorted[index];
    const state = step?.changes === true ? step.apply(point.state) : null;
    if (step === undefined || state === null) continue;
    (step.must ? must : may).push(after(sorted, point, index, state));
  }
  return [...may.reverse(), ...must.reverse()];
};

const firstToEnd = <State>(sorted: readonly Step<State>[], open: readonly number[]): string =>
  open
    .flatMap((index) => sorted[index] ?? [])
    .filter((step) => step.must)
    .reduce<Step<State> | null>(
      (least, step) => (least === null || step.completedAtMs < least.completedAtMs ? step : least),
      null,
    )?.name ?? '';
