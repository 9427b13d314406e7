/** Samples older than this say nothing about now. */
const RECENT_MS = 5_000;
/** Enough for a tenth to be told from the rest; more would only cost memory. */
const KEPT = 512;
/** One slow hold is no slow sale. */
const LEAST = 3;

/** How long something took of late. Bounded: the newest `KEPT` samples of the last five seconds. */
export class RecentTimes {
  readonly #nowMs: () => number;
  readonly #samples: { readonly atMs: number; readonly tookMs: number }[] = [];
  #next = 0;

  /** Of any clock that only serves to tell old samples from new ones. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  record(tookMs: number): void {
    this.#samples[this.#next] = { atMs: this.#nowMs(), tookMs };
    this.#next = (this.#next + 1) % KEPT;
  }

  /** Nine of ten took less. Null: fewer than `least` were seen lately, which would be chance. */
  p90(least = LEAST): number | null {
    const nowMs = this.#nowMs();
    const recent = this.#samples
      .filter(({ atMs }) => Math.abs(nowMs - atMs) <= RECENT_MS)
      .map(({ tookMs }) => tookMs)
      .sort((a, b) => a - b);
    return recent.length < least ? null : (recent[Math.ceil(recent.length * 0.9) - 1] ?? null);
  }

  /** Records how long `work` takes, also when it fails; a result that says nothing can be left out. */
  async time<T>(work: () => Promise<T>, counts: (result: T) => boolean = () => true): Promise<T> {
    const fromMs = this.#nowMs();
    try {
      const result = await work();
      if (counts(result)) this.record(this.#nowMs() - fromMs);
      return result;
    } catch (error) {
      this.record(this.#nowMs() - fromMs);
      throw error;
    }
  }
}
