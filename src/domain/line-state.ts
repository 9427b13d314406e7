import { BYPASS_LANE, LANE_SPAN, laneOf, numberIn } from './lanes.ts';
import type { AdmissionKnobs } from './event.ts';
import type { PlaceNumber } from './ids.ts';
import type { LaneCounters, LineSnapshot, Slowdown } from './ports/line.ts';

/**
 * What a line is made of. Everything that must end by itself (calls, passes, wants) is counted in buckets of `BUCKET_MS` by the
 * time it ends, so that a step looks only at the buckets that ended since the last one.
 */
export const BUCKET_MS = 250;

interface CallBucket {
  /** Numbers above `from` and up to `upTo` were called. */
  readonly from: number;
  upTo: number;
  /** Of those, how many have neither come nor lapsed. */
  outstanding: number;
}

interface Pass {
  readonly endsAtMs: number;
  readonly bucket: number;
}

/** A lane behind the first. */
interface Lane {
  joined: number;
  serving: number;
  lead: number;
}

export interface Line {
  epoch: number;
  /** Of the first lane, as `serving` and `lead`: all there is in a line without lanes. */
  joined: number;
  serving: number;
  lead: number;
  /** The lanes behind the first; empty: there are none. */
  readonly lanes: Lane[];
  admitted: number;
  inside: number;
  called: number;
  /** Late-comers who asked and found no slot; the step leaves that many for them. */
  wants: number;
  credit: number;
  atMs: number;
  /** The last bucket that has been given back. */
  cursor: number;
  /** Version -1: none seen yet. */
  knobs: AdmissionKnobs;
  /** The lowest that a node has asked for, which node, and until when. */
  slowdown: Slowdown & { readonly untilMs: number; readonly node?: string | undefined };
  /** Whether the first knobs seen bring a full burst. */
  fresh: boolean;
  /** By `callKey`. */
  readonly calls: Map<number, CallBucket>;
  readonly passEnds: Map<number, number>;
  readonly wantEnds: Map<number, number>;
  readonly passes: Map<PlaceNumber, Pass>;
  readonly wanted: Map<PlaceNumber, number>;
}

/** The counts of this lane; the first is the line itself. */
export const laneAt = (line: Line, lane: number): Lane => {
  if (lane === 0) return line;
  while (line.lanes.length < lane) line.lanes.push({ joined: 0, serving: 0, lead: 0 });
  const found = line.lanes[lane - 1];
  if (found === undefined) throw new RangeError(`there is no lane ${lane}`);
  return found;
};

export const hasJoined = (line: Line): number =>
  line.lanes.reduce((sum, lane) => sum + lane.joined, line.joined);

export const isServing = (line: Line): number =>
  line.lanes.reduce((sum, lane) => sum + lane.serving, line.serving);

/** By position within each lane; undefined: the line has none. */
export const lanesOf = (line: Line): readonly LaneCounters[] | undefined =>
  line.lanes.length === 0
    ? undefined
    : [line, ...line.lanes].map(({ joined, serving }) => ({ joined, serving }));

/** The highest number called of the lane that this one is in. */
export const servingFor = (line: Line, number: PlaceNumber): PlaceNumber => {
  const lane = laneOf(number);
  if (lane === 0) return line.serving;
  return lane >= BYPASS_LANE ? Number.POSITIVE_INFINITY : numberIn(lane, line.lanes[lane - 1]?.serving ?? 0);
};

/** Calls are counted by lane and bucket. A bucket is a far smaller number than a span. */
export const callKey = (lane: number, bucket: number): number => lane * LANE_SPAN + bucket;

export const endBucket = (line: Line, endsAtMs: number): number =>
  // Never behind the cursor, or a clock set back would leave a bucket that no step ever looks at.
  Math.max(Math.ceil(endsAtMs / BUCKET_MS), line.cursor + 1);

export const addTo = (buckets: Map<number, number>, bucket: number, change: number): void => {
  const count = (buckets.get(bucket) ?? 0) + change;
  if (count > 0) buckets.set(bucket, count);
  else buckets.delete(bucket);
};

/** A line as its snapshot describes it. Calls are forgotten: whoever was called and comes is a late-comer. */
export const restoreLine = (snapshot: LineSnapshot, nowMs: number): Line => {
  const line: Line = {
    epoch: snapshot.epoch,
    joined: 0,
    serving: 0,
    lead: 0,
    lanes: [],
    admitted: snapshot.admitted,
    inside: 0,
    called: 0,
    wants: 0,
    credit: 0,
    atMs: nowMs,
    cursor: Math.floor(nowMs / BUCKET_MS),
    knobs: { ratePerMinute: 0, insideMax: 0, paused: false, version: -1 },
    slowdown: { ratePerMinute: 0, reason: 'rate', untilMs: 0 },
    fresh: snapshot.firstUse,
    calls: new Map(),
    passEnds: new Map(),
    wantEnds: new Map(),
    passes: new Map(),
    wanted: new Map(),
  };
  raiseLine(line, snapshot);
  for (const pass of snapshot.passes) letIn(line, pass.number, pass.remainingMs, nowMs);
  return line;
};

/** Somebody restored it first: only what must never go back is raised. */
export const raiseLine = (line: Line, floor: Omit<LineSnapshot, 'firstUse' | 'passes'>): void => {
  line.epoch = Math.max(line.epoch, floor.epoch);
  const [first = floor, ...others] = floor.lanes ?? [];
  raiseLane(line, first);
  for (const [index, lane] of others.entries()) raiseLane(laneAt(line, index + 1), lane);
  line.admitted = Math.max(line.admitted, floor.admitted);
};

const raiseLane = (lane: Lane, floor: LaneCounters): void => {
  lane.serving = Math.max(lane.serving, floor.serving);
  lane.joined = Math.max(lane.joined, floor.joined, lane.serving);
};

export const letIn = (line: Line, number: PlaceNumber, ttlMs: number, nowMs: number): void => {
  const endsAtMs = nowMs + ttlMs;
  const bucket = endBucket(line, endsAtMs);
  line.passes.set(number, { endsAtMs, bucket });
  addTo(line.passEnds, bucket, 1);
  line.inside += 1;
};

/** What has been given back with its bucket is not given back again. */
export const takeBack = (line: Line, { bucket }: Pass): boolean => {
  if (bucket <= line.cursor) return false;
  addTo(line.passEnds, bucket, -1);
  line.inside -= 1;
  return true;
};
