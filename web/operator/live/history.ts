import type { LiveNumbers } from '../../shared/documents.ts';

/** The event at one moment: totals as they were, so that any rate can be had from two of them. */
export interface Sample {
  readonly atMs: number;
  readonly joined: number;
  readonly serving: number;
  readonly admitted: number;
  readonly inside: number;
  readonly held: number;
  readonly paying: number;
  readonly sold: number;
  readonly granted: number;
  readonly conflicts: number;
  /** What the operator allows a minute. */
  readonly ceiling: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export const KEPT_MS = 3_600_000;
/** An hour of these is 1,800 points, more than a chart has pixels. */
const EVERY_MS = 2_000;
/** A rate over less jumps about; over more it comes late. */
const RATE_OVER_MS = 20_000;

export const sampleOf = (numbers: LiveNumbers): Sample => ({
  atMs: Date.parse(numbers.at),
  joined: numbers.line.joined,
  serving: numbers.line.serving,
  admitted: numbers.line.admitted,
  inside: numbers.line.inside,
  held: numbers.seats.held,
  paying: numbers.seats.paying,
  sold: numbers.seats.sold,
  granted: numbers.holds.granted,
  conflicts: numbers.holds.conflicts,
  ceiling: numbers.admission.paused ? 0 : numbers.admission.ratePerMinute,
  p50Ms: numbers.holds.p50Ms,
  p99Ms: numbers.holds.p99Ms,
});

/** The history with one more moment: the newest is always there, older ones thinly, and nothing beyond an hour. */
export const withSample = (history: readonly Sample[], sample: Sample): readonly Sample[] => {
  const before = history.at(-2);
  const kept =
    before !== undefined && sample.atMs - before.atMs < EVERY_MS ? history.slice(0, -1) : [...history];
  kept.push(sample);
  const first = kept.findIndex(({ atMs }) => sample.atMs - atMs <= KEPT_MS);
  return first > 0 ? kept.slice(first) : kept;
};

/** How much a total rose a minute, up to the sample at `index`. Null: nothing to compare with, or it began anew. */
export const perMinute = (
  history: readonly Sample[],
  pick: (sample: Sample) => number,
  index = history.length - 1,
): number | null => {
  const now = history[index];
  if (now === undefined) return null;
  let start = index;
  while (start > 0 && now.atMs - (history[start]?.atMs ?? 0) < RATE_OVER_MS) start -= 1;
  const then = history[start];
  if (then === undefined || now.atMs - then.atMs < 900) return null;
  // A node that was started anew counts from nothing, and a page that slept knows nothing of the time between.
  const rose = pick(now) - pick(then);
  return rose < 0 ? null : (rose * 60_000) / (now.atMs - then.atMs);
};

export type Column = readonly (number | null)[];

export const column = (
  history: readonly Sample[],
  pick: (sample: Sample, index: number) => number | null,
): Column => history.map(pick);

const keyOf = (eventId: string): string => `catraca.hour.${eventId}`;

/** What this tab saw of the event before it was loaded anew. */
export const recall = (eventId: string, nowMs: number): readonly Sample[] => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(eventId)) ?? '[]') as Sample[];
    return Array.isArray(kept) ? kept.filter(({ atMs }) => nowMs - atMs <= KEPT_MS && atMs <= nowMs) : [];
  } catch {
    return [];
  }
};

export const remember = (eventId: string, history: readonly Sample[]): void => {
  try {
    sessionStorage.setItem(keyOf(eventId), JSON.stringify(history));
  } catch {
    // A browser without room: the charts begin anew after a reload, and that is all.
  }
};
