import { PRIORITIES, type Priority } from './concurrency-limit.ts';

/**
 * Requests that found no place and whose refusal has to wait: saying no costs a sixth of a join, so at ten times its capacity
 * a node that answered everybody at once would do nothing else. A connection that waits for its answer asks nothing meanwhile,
 * which is what brings the crowd down to what can be answered; docs/decisions/0007-shedding.md has the figures.
 */
export interface WaitingRequestsOptions {
  /** Refusals that may be given at once; whoever finds none left waits. */
  readonly refusalsPerSecond: number;
  readonly burst: number;
  /** Nobody waits longer, whatever the refusal costs. */
  readonly patienceMs: number;
  /** What bounds memory: further ones are refused at once. */
  readonly most: number;
}

interface Waiting<T> {
  readonly one: T;
  readonly sinceMs: number;
  isGone: boolean;
}

/** Deterministic and without a clock: whoever uses it says what time it is, in milliseconds of any monotonic clock. */
export class WaitingRequests<T> {
  readonly #options: WaitingRequestsOptions;
  readonly #queues: ReadonlyMap<Priority, Waiting<T>[]> = new Map(
    PRIORITIES.map((priority) => [priority, []]),
  );
  #refusals: number;
  #refilledMs = 0;
  #size = 0;

  constructor(options: WaitingRequestsOptions) {
    this.#options = options;
    this.#refusals = options.burst;
  }

  get size(): number {
    return this.#size;
  }

  /** Null: refuse it at once. Otherwise it waits, and whoever left calls the function given. */
  arrive(priority: Priority, one: T, nowMs: number): (() => void) | null {
    const { burst, most, refusalsPerSecond } = this.#options;
    const earned = (Math.max(0, nowMs - this.#refilledMs) * refusalsPerSecond) / 1_000;
    this.#refusals = Math.min(burst, this.#refusals + earned);
    this.#refilledMs = nowMs;
    if (this.#size >= most) return null;
    if (this.#refusals >= 1) {
      this.#refusals -= 1;
      return null;
    }
    const waiting: Waiting<T> = { one, sinceMs: nowMs, isGone: false };
    this.#queues.get(priority)?.push(waiting);
    this.#size += 1;
    return () => {
      if (waiting.isGone) return;
      waiting.isGone = true;
      this.#size -= 1;
    };
  }

  /** Who is let in next: the dearest first, of these whoever has waited longest. Undefined: nobody who is admitted waits. */
  next(admits: (priority: Priority) => boolean): T | undefined {
    if (this.#size === 0) return undefined;
    for (const [priority, queue] of this.#queues) {
      // Who is refused here, everybody less dear is refused as well.
      if (!admits(priority)) return undefined;
      const one = this.#take(queue, Number.POSITIVE_INFINITY);
      if (one !== undefined) return one;
    }
    return undefined;
  }

  /** Those whose patience is over by now, to be refused; `Infinity`: all. They do not wait any more. */
  overdue(nowMs: number): readonly T[] {
    const found: T[] = [];
    for (const queue of this.#queues.values()) {
      for (;;) {
        const one = this.#take(queue, nowMs - this.#options.patienceMs);
        if (one === undefined) break;
        found.push(one);
      }
    }
    return found;
  }

  /** The longest waiting of a queue, if it came by then. */
  #take(queue: Waiting<T>[], cameByMs: number): T | undefined {
    for (;;) {
      const [first] = queue;
      if (first === undefined) return undefined;
      if (!first.isGone && first.sinceMs > cameByMs) return undefined;
      queue.shift();
      if (first.isGone) continue;
      first.isGone = true;
      this.#size -= 1;
      return first.one;
    }
  }
}
