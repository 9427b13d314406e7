/** A sale that overshoots and recovers has a rhythm of minutes: less would take one beat for the pace. */
const WINDOW_MS = 300_000;
const LEAST_MS = 5_000;
const BLOCK_MS = 10_000;

export interface Reading {
  /** Calls a minute while somebody waited. */
  readonly perMinute: number;
  /** How many calls that rests on: few are much chance. */
  readonly count: number;
  /** How much ten seconds differ from the mean, as a share of it (the deviation). */
  readonly unevenness: number;
}

export interface Pace {
  /** `waiting`: there was somebody to call. A line that was empty says nothing about how fast it is. */
  note(atMs: number, count: number, waiting?: boolean): void;
  /** Null until five seconds have been seen. */
  read(): Reading | null;
  perMinute(): number | null;
  /** What was before says nothing any more: the operator has turned a knob. */
  restart(): void;
}

interface Stretch {
  readonly endMs: number;
  readonly lastedMs: number;
  readonly count: number;
}

/** How fast something that is counted really moved within the last five minutes. */
export const createPace = (): Pace => {
  let stretches: Stretch[] = [];
  let last: { readonly atMs: number; readonly count: number; waiting: boolean } | null = null;

  const unevennessAround = (perMs: number): number => {
    const blocks: { lastedMs: number; count: number }[] = [];
    for (const { lastedMs, count } of stretches) {
      const block = blocks.at(-1);
      if (block === undefined || block.lastedMs >= BLOCK_MS) blocks.push({ lastedMs, count });
      else {
        block.lastedMs += lastedMs;
        block.count += count;
      }
    }
    const whole = blocks.filter(({ lastedMs }) => lastedMs >= BLOCK_MS);
    if (whole.length < 2 || perMs === 0) return 0;
    const squares = whole.map(({ lastedMs, count }) => (count / lastedMs / perMs - 1) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / (whole.length - 1));
  };

  const read = (): Reading | null => {
    const lastedMs = stretches.reduce((sum, stretch) => sum + stretch.lastedMs, 0);
    if (lastedMs < LEAST_MS) return null;
    const count = stretches.reduce((sum, stretch) => sum + stretch.count, 0);
    return { perMinute: (count * 60_000) / lastedMs, count, unevenness: unevennessAround(count / lastedMs) };
  };

  return {
    note(atMs, count, waiting = true) {
      if (last === null || atMs < last.atMs) {
        last = { atMs, count, waiting };
        return;
      }
      // One stretch a second is enough, and bounds the memory. It counts only if somebody waited all the while.
      last.waiting &&= waiting;
      if (atMs - last.atMs < 1_000) return;
      if (last.waiting)
        stretches.push({ endMs: atMs, lastedMs: atMs - last.atMs, count: Math.max(0, count - last.count) });
      while (stretches[0] !== undefined && atMs - stretches[0].endMs > WINDOW_MS) stretches.shift();
      last = { atMs, count, waiting };
    },
    read,
    perMinute: () => read()?.perMinute ?? null,
    restart() {
      stretches = [];
      last = null;
    },
  };
};
