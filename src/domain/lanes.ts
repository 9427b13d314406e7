import type { PlaceNumber } from './ids.ts';
import { refuse, type Refusal } from './refusal.ts';

/**
 * Lanes (docs/LANES.md): one line whose places lie in lanes, each of them first come, first served, which share the calls.
 * A place's number says its lane, wherever the number goes: in a signed place, in a key of Redis, in the journal.
 */
export const LANE_SPAN = 1_000_000_000_000;

/** Each may cost a step a hundred comparisons. */
export const MOST_LANES = 16;

/** Behind all others: its places count as called from the first moment on, and take the next slot that is free. */
export const BYPASS_LANE = 1_000;

/** 0: the first lane, and the only one of a line that has none. */
export const laneOf = (number: PlaceNumber): number => Math.floor(number / LANE_SPAN);

/** Counts from 1 within the lane. */
export const positionOf = (number: PlaceNumber): number => number % LANE_SPAN;

/** What a fan is told as their number; a bypass stands in no order. */
export const toldNumber = (number: PlaceNumber): number =>
  laneOf(number) >= BYPASS_LANE ? 1 : positionOf(number);

export const numberIn = (lane: number, position: number): PlaceNumber => lane * LANE_SPAN + position;

/** Who may join a lane: anybody, or only who brings a code for it or is on its list. */
export type LaneAccess = 'open' | 'code';

export interface LaneDefinition {
  /** Lower-case letters, digits and dashes. */
  readonly id: string;
  readonly name: string;
  /** Of the admissions, in percent; what one lane does not use flows to the others. */
  readonly sharePercent: number;
  readonly access: LaneAccess;
}

/** The lane of this place, as it is called in the event; null: the event has none, or it is a bypass. */
export const laneIdOf = (
  event: { readonly lanes?: readonly LaneDefinition[] | undefined },
  number: PlaceNumber,
): string | null => event.lanes?.[laneOf(number)]?.id ?? null;

/** -1: there is no such lane. Without an id the first. */
export const laneIndex = (
  event: { readonly lanes?: readonly LaneDefinition[] | undefined },
  laneId: string | undefined,
): number => (laneId === undefined ? 0 : (event.lanes ?? []).findIndex(({ id }) => id === laneId));

/** What the store of the line has to know of the lanes, for the knobs. */
export const sharesOf = (
  lanes: readonly LaneDefinition[] | undefined,
): { readonly shares?: readonly number[] } =>
  lanes === undefined ? {} : { shares: lanes.map(({ sharePercent }) => sharePercent) };

/**
 * The lanes that are wanted, if they may be: places say by number in which lane they stand, so lanes are added at the end,
 * and none goes or changes its place in the order. Whoever stands in a line without lanes stands in the first.
 */
export const changedLanes = (
  present: readonly LaneDefinition[] | undefined,
  wanted: readonly LaneDefinition[],
): readonly LaneDefinition[] | Refusal => {
  const isKept = (present ?? []).every(({ id }, index) => wanted[index]?.id === id);
  if (!isKept) return refuse('lanes_fixed');
  if (present === undefined && wanted[0]?.access !== 'open') {
    return refuse('lanes_fixed', {
      detail: 'People may stand in this line already: its first lane must be open to everybody.',
    });
  }
  return wanted;
};

interface LaneCounts {
  readonly joined: number;
  readonly serving: number;
}

/** With lanes the counts of a line are the sums over them. */
export const withLanes = <T extends LaneCounts>(
  counts: T,
  lanes: readonly LaneCounts[] | undefined,
): T & { readonly lanes?: readonly LaneCounts[] } =>
  lanes === undefined
    ? counts
    : {
        ...counts,
        joined: lanes.reduce((sum, lane) => sum + lane.joined, 0),
        serving: lanes.reduce((sum, lane) => sum + lane.serving, 0),
        lanes,
      };

/** Without lanes the line is its first lane. */
export const eachLane = (
  counts: LaneCounts & { readonly lanes?: readonly LaneCounts[] | undefined },
): readonly LaneCounts[] => counts.lanes ?? [{ joined: counts.joined, serving: counts.serving }];

/** For each lane the further of both; undefined: neither has lanes. */
export const furthestLanes = (
  a: readonly LaneCounts[] | undefined,
  b: readonly LaneCounts[] | undefined,
): readonly LaneCounts[] | undefined =>
  a === undefined && b === undefined
    ? undefined
    : Array.from({ length: Math.max(a?.length ?? 0, b?.length ?? 0) }, (_, lane) => ({
        joined: Math.max(a?.[lane]?.joined ?? 0, b?.[lane]?.joined ?? 0),
        serving: Math.max(a?.[lane]?.serving ?? 0, b?.[lane]?.serving ?? 0),
      }));

/** A lane as everybody sees it. */
export interface LaneView extends LaneDefinition, LaneCounts {}

/** The lanes as defined, with how far each is; null: the event has none. */
export const laneViews = (
  definitions: readonly LaneDefinition[] | undefined,
  counts: LaneCounts & { readonly lanes?: readonly LaneCounts[] | undefined },
): readonly LaneView[] | undefined =>
  definitions?.map((lane, index) => {
    const { joined, serving } = counts.lanes?.[index] ?? (index === 0 ? counts : { joined: 0, serving: 0 });
    return { ...lane, joined, serving };
  });

/** The highest position called of the lane with this id; null: of the line. */
export const servingIn = (
  frame: LaneCounts & { readonly lanes?: readonly (LaneCounts & { readonly id: string })[] | undefined },
  laneId: string | null,
): number => (frame.lanes?.find(({ id }) => id === laneId) ?? frame).serving;

/** The highest number called of the lane that this one is in. */
export const calledUpTo = (
  counts: LaneCounts & { readonly lanes?: readonly LaneCounts[] | undefined },
  number: PlaceNumber,
): PlaceNumber => {
  const lane = laneOf(number);
  if (lane >= BYPASS_LANE) return Number.POSITIVE_INFINITY;
  return numberIn(lane, (counts.lanes?.[lane] ?? (lane === 0 ? counts : { serving: 0 })).serving);
};

/**
 * How many will have been called from the whole line before this position of a lane is: its own people in front, and what the
 * other lanes get meanwhile. To a call for each lane.
 */
export const aheadInLine = (lanes: readonly LaneView[], lane: number, ahead: number): number => {
  const mine = lanes[lane];
  if (mine === undefined) return ahead;
  const others = lanes
    .filter((one) => one !== mine)
    .map((one) => ({ share: one.sharePercent, rounds: (one.joined - one.serving) / one.sharePercent }));
  const rounds = (ahead + 1) / mine.sharePercent;
  const meanwhile = others.reduce(
    (sum, one) => sum + one.share * Math.min(rounds, Math.max(0, one.rounds)),
    0,
  );
  return ahead + Math.floor(meanwhile);
};

/** Virtual time in which a lane is due its whole share in percent. Whole numbers, so that every store computes the same. */
const ROUND = 1_000_000_000;

/** One lane, as far as sharing out is concerned. */
export interface LaneQueue {
  waiting: number;
  readonly share: number;
  /** How far the lane is ahead of its share, in virtual time; below 0: it is owed. */
  lead: number;
  /** Calls that fell to it. */
  called: number;
}

const take = (lane: LaneQueue, count: number): void => {
  lane.waiting -= count;
  lane.called += count;
};

/** One call, and the virtual time that it takes. */
const callOne = (lanes: readonly LaneQueue[], waiting: readonly LaneQueue[], total: number): void => {
  // Where all are ahead time jumps: nobody has to wait for the share of those who are not there.
  const now = Math.max(0, Math.min(...waiting.map(({ lead }) => lead)));
  let next: LaneQueue | undefined;
  const endOf = ({ lead, share }: LaneQueue): number => lead + Math.floor(ROUND / share);
  for (const lane of waiting) {
    if (lane.lead <= now && (next === undefined || endOf(lane) < endOf(next))) next = lane;
  }
  if (next === undefined) return;
  next.lead = endOf(next);
  take(next, 1);
  const later = now + Math.floor(ROUND / total);
  // A lane in which nobody waits saves nothing up, and what it had too much stays until its time has passed.
  for (const lane of lanes) lane.lead = (lane.waiting > 0 ? lane.lead : Math.max(lane.lead, later)) - later;
};

/**
 * Shares `count` calls among the lanes in which somebody waits: whole rounds first, in which each gets exactly its share, then
 * one by one (worst-case fair weighted fair queueing, WF2Q+, of Bennett and Zhang, a call for a packet). So no lane is ever
 * more than about a call away from its share, whatever comes and goes in the others. `line-step.lua` is the same rule.
 */
export const shareOut = (lanes: readonly LaneQueue[], count: number): void => {
  let left = count;
  while (left > 0) {
    const waiting = lanes.filter((lane) => lane.waiting > 0);
    const total = waiting.reduce((sum, lane) => sum + lane.share, 0);
    if (total === 0) return;
    const rounds = Math.min(
      Math.floor(left / total),
      ...waiting.map((lane) => Math.floor(lane.waiting / lane.share)),
    );
    if (rounds > 0) {
      for (const lane of waiting) take(lane, rounds * lane.share);
      left -= rounds * total;
    } else {
      callOne(lanes, waiting, total);
      left -= 1;
    }
  }
};
