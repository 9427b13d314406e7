import type { AdmissionKnobs } from './event.ts';
import type { BindingLimit } from './binding-limit.ts';
import type { PlaceNumber } from './ids.ts';
import { LANE_SPAN, numberIn, shareOut, type LaneQueue } from './lanes.ts';
import {
  addTo,
  BUCKET_MS,
  callKey,
  endBucket,
  hasJoined,
  isServing,
  laneAt,
  lanesOf,
  letIn,
  servingFor,
  takeBack,
  type Line,
} from './line-state.ts';
import type { RedeemOutcome, StepInput, StepResult } from './ports/line.ts';

/**
 * The rule of the line. `infra/redis/lua/line-*.lua` is the same rule in Lua; one conformance suite holds both. Functions
 * are deterministic and change the line in place: copying some thousand live passes would cost more than the step.
 */

/** One person costs this much credit; a rate per minute earns `rate` a millisecond. Whole numbers, so nothing is rounded. */
export const PERSON = 60_000;

/** How long a late-comer who was told "not yet" is kept a slot for before the line goes on. Longer than a poll. */
export const WANT_MS = 5_000;

/** A node that slows the line says so with each step, once a second at least; silent for this long, it is well or gone. */
export const SLOW_MS = 3_000;

/**
 * The most that may be let in at one moment: a second's worth, at least one person. More would let an idle line build up
 * a rush; less than a tick's worth would lose rate. A rate of zero lets nobody in, not even with credit saved up before.
 */
export const burstOf = (ratePerMinute: number): number =>
  ratePerMinute > 0 ? Math.max(1, Math.floor(ratePerMinute / 60)) : 0;

const giveBack = (line: Line, bucket: number): void => {
  for (let lane = 0; lane <= line.lanes.length; lane += 1) {
    const key = callKey(lane, bucket);
    line.called -= line.calls.get(key)?.outstanding ?? 0;
    line.calls.delete(key);
  }
  line.inside -= line.passEnds.get(bucket) ?? 0;
  line.passEnds.delete(bucket);
  line.wants -= line.wantEnds.get(bucket) ?? 0;
  line.wantEnds.delete(bucket);
};

/** After a long silence it is cheaper to look at what there is than at every bucket of the silence. */
const bucketsEnded = (line: Line, current: number): readonly number[] => {
  const span = current - line.cursor;
  if (span <= 1_000) return Array.from({ length: Math.max(0, span) }, (_, index) => line.cursor + 1 + index);
  const called = [...line.calls.keys()].map((key) => key % LANE_SPAN);
  const known = new Set([...called, ...line.passEnds.keys(), ...line.wantEnds.keys()]);
  return [...known].filter((bucket) => bucket <= current);
};

/** Until later than any could last: from before the clock was set back. */
const isSlowed = ({ slowdown, atMs }: Line): boolean =>
  slowdown.untilMs > atMs && slowdown.untilMs <= atMs + SLOW_MS;

/** People a minute at the time of the last step: the operator's ceiling, or what the sale can digest. */
const rateOf = (line: Line): number =>
  isSlowed(line) ? Math.min(line.knobs.ratePerMinute, line.slowdown.ratePerMinute) : line.knobs.ratePerMinute;

/**
 * The lowest wins as long as its node repeats it: another that is well must not set the pace. Only the node that said it may
 * raise it or take it back; whoever is slower than that says so with its own next step.
 */
const heed = (line: Line, { slowdown, node }: Pick<StepInput, 'slowdown' | 'node'>): void => {
  const own = node !== undefined && node === line.slowdown.node && isSlowed(line);
  if (slowdown === null || slowdown === undefined) {
    if (own) line.slowdown = { ...line.slowdown, untilMs: 0 };
    return;
  }
  if (!own && isSlowed(line) && slowdown.ratePerMinute > line.slowdown.ratePerMinute) return;
  line.slowdown = { ...slowdown, node, untilMs: line.atMs + SLOW_MS };
  line.credit = Math.min(line.credit, burstOf(rateOf(line)) * PERSON);
};

/** Brings the line to `nowMs`: credit earned since, and everything that ended meanwhile given back. */
const advance = (line: Line, nowMs: number): void => {
  // A clock set back earns nothing, and does not stop the line until it has caught up.
  const elapsedMs = Math.max(0, nowMs - line.atMs);
  const ratePerMinute = rateOf(line);
  line.credit = Math.min(burstOf(ratePerMinute) * PERSON, line.credit + ratePerMinute * elapsedMs);
  line.atMs = nowMs;
  const current = Math.floor(nowMs / BUCKET_MS);
  for (const bucket of bucketsEnded(line, current)) giveBack(line, bucket);
  line.cursor = Math.max(line.cursor, current);
};

const adopt = (line: Line, knobs: AdmissionKnobs): void => {
  if (knobs.version <= line.knobs.version) return;
  line.knobs = knobs;
  for (let lane = 1; lane < (knobs.shares?.length ?? 0); lane += 1) laneAt(line, lane);
  const cap = burstOf(knobs.ratePerMinute) * PERSON;
  line.credit = line.fresh && knobs.ratePerMinute > 0 ? cap : Math.min(line.credit, cap);
  if (knobs.ratePerMinute > 0) line.fresh = false;
};

interface Room {
  readonly credit: number;
  readonly inside: number;
  readonly stock: number;
}

const roomOf = (line: Line, roomLeft: number | null): Room => ({
  credit: Math.floor(line.credit / PERSON),
  inside: line.knobs.insideMax - line.inside - line.called,
  stock: roomLeft === null ? Number.POSITIVE_INFINITY : roomLeft - line.called,
});

const limitOf = (line: Line, input: StepInput): Pick<StepResult, 'binding' | 'parameters'> => {
  const binding = bindingOf(line, input);
  const said = binding === line.slowdown.reason && isSlowed(line) ? line.slowdown.parameters : undefined;
  return said === undefined ? { binding } : { binding, parameters: said };
};

const bindingOf = (line: Line, input: StepInput): BindingLimit => {
  if (!input.open) return 'closed';
  if (line.knobs.paused) return 'paused';
  if (isServing(line) >= hasJoined(line)) return 'nobody_waiting';
  const room = roomOf(line, input.roomLeft);
  if (room.stock <= 0) return 'stock';
  if (room.inside - line.wants <= 0) return 'inside';
  return rateOf(line) < line.knobs.ratePerMinute ? line.slowdown.reason : 'rate';
};

/** Calls as many as every limit allows. Who runs it, and how often, makes no difference to the sum. */
export const stepLine = (line: Line, input: StepInput, callTtlMs: number, nowMs: number): StepResult => {
  advance(line, nowMs);
  adopt(line, input.knobs);
  heed(line, input);
  for (const [lane, joined] of (input.joinedAtLeast ?? []).entries()) {
    const counts = laneAt(line, lane);
    counts.joined = Math.max(counts.joined, joined);
  }
  const calling = input.open && !line.knobs.paused;
  if (calling) {
    const room = roomOf(line, input.roomLeft);
    const slots = Math.min(room.credit, room.inside) - line.wants;
    const count = Math.max(0, Math.min(hasJoined(line) - isServing(line), slots, room.stock));
    if (count > 0) callShared(line, count, endBucket(line, nowMs + callTtlMs));
  }
  const { epoch, admitted, inside, called } = line;
  const lanes = lanesOf(line);
  return {
    epoch,
    joined: hasJoined(line),
    serving: isServing(line),
    ...(lanes === undefined ? {} : { lanes }),
    admitted,
    inside,
    called,
    ...limitOf(line, input),
    effectiveRatePerMinute: calling ? rateOf(line) : 0,
    countedAtMs: nowMs,
  };
};

const callShared = (line: Line, count: number, bucket: number): void => {
  if (line.lanes.length === 0) {
    call(line, 0, count, bucket);
    return;
  }
  const queues = [line, ...line.lanes].map(({ joined, serving, lead }, lane): LaneQueue => ({
    waiting: joined - serving,
    share: line.knobs.shares?.[lane] ?? 1,
    lead,
    called: 0,
  }));
  shareOut(queues, count);
  for (const [lane, { called, lead }] of queues.entries()) {
    laneAt(line, lane).lead = lead;
    if (called > 0) call(line, lane, called, bucket);
  }
};

const call = (line: Line, lane: number, count: number, bucket: number): void => {
  const counts = laneAt(line, lane);
  const from = numberIn(lane, counts.serving);
  counts.serving += count;
  line.admitted += count;
  line.called += count;
  line.credit -= count * PERSON;
  const key = callKey(lane, bucket);
  const upTo = numberIn(lane, counts.serving);
  const present = line.calls.get(key);
  if (present === undefined) {
    line.calls.set(key, { from, upTo, outstanding: count });
  } else {
    present.upTo = upTo;
    present.outstanding += count;
  }
};

const takeReserved = (line: Line, number: PlaceNumber): boolean => {
  for (const bucket of line.calls.values()) {
    if (number > bucket.from && number <= bucket.upTo && bucket.outstanding > 0) {
      bucket.outstanding -= 1;
      line.called -= 1;
      return true;
    }
  }
  return false;
};

const dropWant = (line: Line, number: PlaceNumber): void => {
  const bucket = line.wanted.get(number);
  line.wanted.delete(number);
  if (bucket === undefined || bucket <= line.cursor) return;
  addTo(line.wantEnds, bucket, -1);
  line.wants -= 1;
};

const want = (line: Line, number: PlaceNumber, nowMs: number): void => {
  dropWant(line, number);
  const bucket = endBucket(line, nowMs + WANT_MS);
  line.wanted.set(number, bucket);
  addTo(line.wantEnds, bucket, 1);
  line.wants += 1;
};

/** The next free slot for somebody who was called and came late. It costs what a call costs. */
const takeFree = (line: Line, number: PlaceNumber, nowMs: number): boolean => {
  const room = roomOf(line, null);
  if (room.credit < 1 || room.inside < 1) {
    // Without this every tick would call new people into each slot, and a late-comer would get in by luck only.
    want(line, number, nowMs);
    return false;
  }
  dropWant(line, number);
  line.credit -= PERSON;
  line.admitted += 1;
  return true;
};

/** The slot reserved by the call; late: the next free one; had already: the same. */
export const redeemPlace = (
  line: Line,
  number: PlaceNumber,
  passTtlMs: number,
  knobs: AdmissionKnobs,
  nowMs: number,
): RedeemOutcome => {
  advance(line, nowMs);
  adopt(line, knobs);
  const pass = line.passes.get(number);
  if (pass !== undefined && pass.endsAtMs > nowMs) {
    return { kind: 'admitted', remainingMs: pass.endsAtMs - nowMs, again: true, epoch: line.epoch };
  }
  if (number > servingFor(line, number)) return { kind: 'not_called' };
  if (line.knobs.paused) return { kind: 'paused' };
  if (!takeReserved(line, number) && !takeFree(line, number, nowMs)) return { kind: 'not_called' };
  letIn(line, number, passTtlMs, nowMs);
  return { kind: 'admitted', remainingMs: passTtlMs, again: false, epoch: line.epoch };
};

/**
 * A pass that stands in the journal is counted until it ends: also when the line was restored while it was being written, or
 * writing took long and it ends after the slot. True: it was not counted before.
 */
export const assurePass = (line: Line, number: PlaceNumber, remainingMs: number, nowMs: number): boolean => {
  advance(line, nowMs);
  const pass = line.passes.get(number);
  const stands = pass !== undefined && pass.endsAtMs > nowMs;
  if (stands && pass.endsAtMs >= nowMs + remainingMs) return false;
  if (stands) takeBack(line, pass);
  letIn(line, number, remainingMs, nowMs);
  return !stands;
};

/** The next number of a lane, behind `behind` of its positions. */
export const nextInLane = (line: Line, lane: number, behind: number): PlaceNumber => {
  const counts = laneAt(line, lane);
  counts.joined = Math.max(counts.joined, behind) + 1;
  return numberIn(lane, counts.joined);
};

/** Gives the slot of a live pass back. False: it had none (any more). */
export const leaveLine = (line: Line, number: PlaceNumber, nowMs: number): boolean => {
  advance(line, nowMs);
  const pass = line.passes.get(number);
  line.passes.delete(number);
  return pass !== undefined && takeBack(line, pass);
};

/** Forgets places whose pass or want is over; they count nowhere any more. For stores without keys that expire. */
export const forgetEnded = (line: Line): void => {
  for (const [number, pass] of line.passes) if (pass.bucket <= line.cursor) line.passes.delete(number);
  for (const [number, bucket] of line.wanted) if (bucket <= line.cursor) line.wanted.delete(number);
};
