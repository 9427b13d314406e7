/** Requests for seats that come close together are answered one after the other, as fast as the nodes can. */
export class HoldDesk {
  readonly #perSecond: number;
  /** By the second: requests that are answered in it. */
  readonly #taken = new Map<number, number>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /**
   * When a request that comes at `atMs` is answered. Requests are told of in any order of time, so each second is filled by
   * itself, and what does not fit moves on to the next.
   */
  ask(atMs: number): number {
    const most = Math.max(1, Math.floor(this.#perSecond));
    let second = Math.floor(atMs / 1_000);
    while ((this.#taken.get(second) ?? 0) >= most) second += 1;
    const before = this.#taken.get(second) ?? 0;
    this.#taken.set(second, before + 1);
    const eachMs = 1_000 / this.#perSecond;
    return Math.max(atMs, second * 1_000 + before * eachMs) + eachMs;
  }
}
