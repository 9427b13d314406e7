/** What is to happen when, in ticks of one length; in a tick in the order in which it was noted. */
export class Agenda<Entry> {
  readonly #tickMs: number;
  readonly #entries = new Map<number, Entry[]>();
  #left = 0;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  get left(): number {
    return this.#left;
  }

  /** Not before the tick after `nowMs`: what follows from something never happens before it. */
  note(nowMs: number, atMs: number, entry: Entry): void {
    const tick = Math.max(Math.ceil(atMs / this.#tickMs), Math.floor(nowMs / this.#tickMs) + 1);
    const known = this.#entries.get(tick);
    this.#left += 1;
    if (known === undefined) this.#entries.set(tick, [entry]);
    else known.push(entry);
  }

  /** What is due in the tick that begins at `nowMs`. */
  take(nowMs: number): readonly Entry[] {
    const tick = Math.floor(nowMs / this.#tickMs);
    const due = this.#entries.get(tick) ?? [];
    this.#entries.delete(tick);
    this.#left -= due.length;
    return due;
  }
}
