const WINDOW_MS = 60_000;
const LEAST_MS = 5_000;

export interface Pace {
  note(atMs: number, serving: number): void;
  /** Null until five seconds have been seen. */
  perMinute(): number | null;
}

/** How fast a line really moved within the last minute. */
export const createPace = (): Pace => {
  let marks: { readonly atMs: number; readonly serving: number }[] = [];
  return {
    note(atMs, serving) {
      const last = marks.at(-1);
      // One mark a second is enough, and bounds the memory.
      if (last !== undefined && atMs - last.atMs < 1_000) return;
      marks = [...marks.filter((mark) => atMs - mark.atMs <= WINDOW_MS), { atMs, serving }];
    },
    perMinute() {
      const [first, last] = [marks[0], marks.at(-1)];
      if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_MS) return null;
      return ((last.serving - first.serving) * WINDOW_MS) / (last.atMs - first.atMs);
    },
  };
};
