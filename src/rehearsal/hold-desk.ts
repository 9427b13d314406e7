/** Requests for seats that arrive close together are answered one after the other, as fast as the nodes can. */
export class HoldDesk {
  readonly #eachMs: number;
  /** By the second: requests that arrived in it. */
  readonly #arrivals = new Map<number, number>();
  readonly #waits: number[] = [];
  readonly #recent: { readonly atMs: number; readonly waitMs: number }[] = [];

  constructor(perSecond: number) {
    this.#eachMs = 1_000 / perSecond;
  }

  /**
   * When a request that arrives at `atMs` is answered. Requests come in any order of time, so the second is filled first and
   * what does not fit moves on.
   */
  ask(atMs: number): number {
    let second = Math.floor(atMs / 1_000);
    const most = Math.max(1, Math.floor(1_000 / this.#eachMs));
    while ((this.#arrivals.get(second) ?? 0) >= most) second += 1;
    const before = this.#arrivals.get(second) ?? 0;
    this.#arrivals.set(second, before + 1);
    const startsAtMs = Math.max(atMs, second * 1_000 + before * this.#eachMs);
    const answeredAtMs = startsAtMs + this.#eachMs;
    this.#waits.push(answeredAtMs - atMs);
    this.#recent.push({ atMs: answeredAtMs, waitMs: answeredAtMs - atMs });
    return answeredAtMs;
  }

  /** Nine of ten of those answered within the last five seconds took less. Null: too few to say. */
  p90Ms(nowMs: number): number | null {
    const waits = this.#recent
      .filter((one) => one.atMs > nowMs - 5_000 && one.atMs <= nowMs)
      .map((one) => one.waitMs)
      .sort((one, other) => one - other);
    // What is long past is never looked at again.
    if (this.#recent.length > 20_000) {
      const kept = this.#recent.filter((one) => one.atMs > nowMs - 5_000);
      this.#recent.splice(0, this.#recent.length, ...kept);
    }
    return waits.length < 3 ? null : (waits[Math.floor(waits.length * 0.9)] ?? null);
  }

  waitMs(nowMs: number): number {
    return this.p90Ms(nowMs) ?? 0;
  }

  overallMs(quantile: number): number {
    const sorted = [...this.#waits].sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
  }
}
