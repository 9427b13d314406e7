const WINDOW_MS = 2_000;

/** How often something has happened a second, over the last two to four seconds; two numbers, however much happens. */
export class SlidingRate {
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #current = 0;
  #previous = 0;

  count(nowMs: number): void {
    this.#turn(nowMs);
    this.#current += 1;
  }

  /** The window of before counts for as much as still overlaps the last `WINDOW_MS`. */
  perSecond(nowMs: number): number {
    this.#turn(nowMs);
    const share = 1 - (nowMs - this.#startedAtMs) / WINDOW_MS;
    return (this.#previous * share + this.#current) / (WINDOW_MS / 1_000);
  }

  #turn(nowMs: number): void {
    const passed = nowMs - this.#startedAtMs;
    if (passed < WINDOW_MS && passed >= 0) return;
    this.#previous = passed >= 0 && passed < 2 * WINDOW_MS ? this.#current : 0;
    this.#current = 0;
    this.#startedAtMs = passed < 2 * WINDOW_MS && passed >= 0 ? this.#startedAtMs + WINDOW_MS : nowMs;
  }
}
