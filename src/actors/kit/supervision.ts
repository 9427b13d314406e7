import type { Clock, Random } from '../../domain/ports/environment.ts';

/** When a crashed actor comes back, and when it does not any more. */
export interface Supervision {
  /** More crashes than this within `withinMs` close the actor. */
  readonly maxRestarts: number;
  readonly withinMs: number;
  /** Doubles from `firstMs` with each crash of the window, up to `maxMs`; the wait is between half of it and all of it. */
  readonly backoff: { readonly firstMs: number; readonly maxMs: number };
}

/**
 * Pauses of at most 5, 10, 20, 40 and 80 ms: each restart of the budget is back within the 100 ms promised for a killed
 * actor. What lasts longer than that is no passing fault, and is for the parent to reopen when it sees fit.
 */
export const DEFAULT_SUPERVISION: Supervision = {
  maxRestarts: 5,
  withinMs: 30_000,
  backoff: { firstMs: 5, maxMs: 1_000 },
};

/** The restarts of one actor over all its incarnations: how many, how soon, and when it is enough. */
export class Restarts {
  readonly #supervision: Supervision;
  readonly #clock: Clock;
  readonly #random: Random;
  #crashesAtMs: number[] = [];
  #crashedAtMs = 0;
  #count = 0;
  #due: Promise<void> = Promise.resolve();
  #giveUp: () => void = () => undefined;

  constructor(supervision: Supervision, clock: Clock, random: Random) {
    this.#supervision = supervision;
    this.#clock = clock;
    this.#random = random;
  }

  get count(): number {
    return this.#count;
  }

  /** Milliseconds since the last crash. */
  get downMs(): number {
    return Math.max(0, this.#clock.nowMs() - this.#crashedAtMs);
  }

  /** Resolves when the restart is due, or given up. */
  get due(): Promise<void> {
    return this.#due;
  }

  /** Counts a crash and sets the time of the restart. Milliseconds until then, or null: the budget is spent. */
  plan(): number | null {
    const { maxRestarts, withinMs, backoff } = this.#supervision;
    const nowMs = this.#clock.nowMs();
    this.#crashedAtMs = nowMs;
    // A crash in the future is from before the wall clock was set back; it would count for as long as that was.
    this.#crashesAtMs = this.#crashesAtMs.filter((atMs) => atMs <= nowMs && nowMs - atMs < withinMs);
    if (this.#crashesAtMs.length >= maxRestarts) return null;
    const fullMs = Math.min(backoff.maxMs, backoff.firstMs * 2 ** this.#crashesAtMs.length);
    this.#crashesAtMs.push(nowMs);
    this.#count += 1;
    const delayMs = fullMs * (0.5 + this.#random.next() / 2);
    this.#due = new Promise((resolve) => {
      const cancel = this.#clock.after(delayMs, resolve);
      this.#giveUp = () => {
        cancel();
        resolve();
      };
    });
    return delayMs;
  }

  giveUp(): void {
    this.#giveUp();
  }
}
