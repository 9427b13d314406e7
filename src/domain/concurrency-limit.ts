/**
 * How many requests may be under way at once, found out by watching how long they take. The idea is that of TCP and of
 * Netflix' concurrency-limits (the gradient of latency against a floor, room for a queue of the square root) and Envoy's
 * adaptive concurrency (the floor is learned again at the least concurrency); docs/decisions/0007-shedding.md has the reasons.
 */

/**
 * Requests by what the loss of one costs, the dearest first. Under overload the last are refused first.
 *
 * - `vital`    machines and operators: never refused, or a full house would look like a dead one
 * - `commit`   money that has been received
 * - `pay`      orders, their payment, their tickets
 * - `hold`     seats for somebody who has been let in, and letting in who was called
 * - `release`  seats given back: they are wanted by others, and come back by themselves as well
 * - `map`      what there is to buy
 * - `join`     a place in the line, and signing in
 * - `poll`     looking again; an answer a second later is as good
 */
export const PRIORITIES = ['vital', 'commit', 'pay', 'hold', 'release', 'map', 'join', 'poll'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Of the limit, what requests of a priority may fill together with all others. Steps, so that the next one still has room. */
const SHARES: Readonly<Record<Priority, number>> = {
  vital: Number.POSITIVE_INFINITY,
  commit: 1,
  pay: 0.95,
  hold: 0.9,
  release: 0.85,
  map: 0.75,
  join: 0.65,
  poll: 0.5,
};

/**
 * What a request of a priority may take on average before there are too many. Null: its time says nothing about this process
 * (it may wait for the payment gateway, or for an operator's question about everything).
 */
const BUDGETS_MS: Readonly<Record<Priority, number | null>> = {
  vital: null,
  commit: null,
  pay: null,
  hold: 400,
  release: 400,
  map: 250,
  join: 400,
  poll: 250,
};
/** How late timers may be on average. Requests that wait to be parsed are in no other figure. */
const LAG_BUDGET_MS = 150;

/** Where even a few requests at a time take longer than their budget, they may take this many times that. */
const TOLERANCE = 2;
/** Fewer samples than this are chance; they are kept for the next window, up to `WINDOWS_KEPT`. */
const SAMPLES_MIN = 10;
const WINDOWS_KEPT = 8;
/** So long at the least limit and still slow: it is not the concurrency. */
const WINDOWS_AT_LEAST = 40;
/** One bad window takes away at most this part of the distance: a stalled disk is no overload. */
const SMOOTHING = 0.5;
const GRADIENT_MIN = 0.5;

export interface ConcurrencyLimitOptions {
  /** It never falls below this, or nothing could be learned any more. */
  readonly least: number;
  /** Where it starts, and what bounds memory. */
  readonly most: number;
}

interface Timing {
  count: number;
  sumMs: number;
  windows: number;
  /** The best mean of a window: what a request takes when nothing is in its way. */
  floorMs: number;
}

/**
 * The limit of one process. Deterministic and without a clock: whoever uses it says how long things took and when a
 * window of `WINDOW_MS` is over.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #timings = new Map<Priority, Timing>();
  #limit: number;
  #inFlight = 0;
  #lagSumMs = 0;
  #lagCount = 0;
  #windowsAtLeast = 0;

  constructor(options: ConcurrencyLimitOptions) {
    if (!(options.least >= 1 && options.most >= options.least))
      throw new RangeError('a limit below one request');
    this.#options = options;
    this.#limit = options.most;
  }

  /** Requests that may be under way at once; the lower priorities stop short of it. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether one more request of this priority may start. Who is refused here, everybody less dear is refused as well. */
  admits(priority: Priority): boolean {
    return this.#inFlight < Math.max(1, this.#limit * SHARES[priority]);
  }

  enter(): void {
    this.#inFlight += 1;
  }

  /** It is over. `tookMs` null: what it took says nothing. */
  leave(priority: Priority, tookMs: number | null): void {
    this.#inFlight -= 1;
    if (tookMs === null || BUDGETS_MS[priority] === null) return;
    const timing = this.#timings.get(priority);
    if (timing === undefined) {
      this.#timings.set(priority, { count: 1, sumMs: tookMs, windows: 0, floorMs: Number.POSITIVE_INFINITY });
      return;
    }
    timing.count += 1;
    timing.sumMs += tookMs;
  }

  /** A timer of this process was so late. */
  lagged(lagMs: number): void {
    this.#lagSumMs += lagMs;
    this.#lagCount += 1;
  }

  /** A window is over: the limit follows what was seen in it. */
  adapt(): void {
    const { least, most } = this.#options;
    this.#windowsAtLeast = this.#limit <= least ? this.#windowsAtLeast + 1 : 0;
    const gradient = Math.max(GRADIENT_MIN, Math.min(1, this.#lagGradient(), ...this.#gradients()));
    // Room for a short queue: without it the limit could never find out that there is more to be had.
    const room = Math.sqrt(this.#limit);
    const wanted = this.#limit * gradient + room;
    const next = gradient < 1 ? this.#limit + (wanted - this.#limit) * SMOOTHING : wanted;
    this.#limit = Math.min(most, Math.max(least, next));
  }

  #lagGradient(): number {
    const meanMs = this.#lagCount === 0 ? 0 : this.#lagSumMs / this.#lagCount;
    this.#lagSumMs = 0;
    this.#lagCount = 0;
    return meanMs > LAG_BUDGET_MS ? LAG_BUDGET_MS / meanMs : 1;
  }

  #gradients(): readonly number[] {
    return [...this.#timings].map(([priority, timing]) =>
      this.#gradientOf(timing, BUDGETS_MS[priority] ?? 0),
    );
  }

  #gradientOf(timing: Timing, budgetMs: number): number {
    timing.windows += 1;
    if (timing.count < SAMPLES_MIN && timing.windows < WINDOWS_KEPT) return 1;
    const meanMs = timing.count === 0 ? null : timing.sumMs / timing.count;
    timing.count = 0;
    timing.sumMs = 0;
    timing.windows = 0;
    if (meanMs === null) return 1;
    // The floor only rises where fewer requests at a time are not to be had: learned from a crowd, the crowd would be normal.
    if (meanMs < timing.floorMs || this.#windowsAtLeast >= WINDOWS_AT_LEAST) timing.floorMs = meanMs;
    const allowedMs = Math.max(budgetMs, timing.floorMs * TOLERANCE);
    return meanMs > allowedMs ? allowedMs / meanMs : 1;
  }
}

/** Long enough for some samples, short enough to be ahead of a crowd. */
export const WINDOW_MS = 250;
