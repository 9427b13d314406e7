import type { EventId, PlaceNumber } from './ids.ts';
import type { Phase } from './event.ts';
import {
  BYPASS_LANE,
  eachLane,
  furthestLanes,
  laneOf,
  laneViews,
  positionOf,
  type LaneDefinition,
  type LaneView,
} from './lanes.ts';
import type { LaneCounters } from './ports/line.ts';
import type { Sellout } from './outlook.ts';
import type { Tier } from './tiers.ts';
import { because, type Because, type BindingLimit, type LimitParameters } from './binding-limit.ts';

/** The one small document that everybody in a line reads; each client computes its own position from it. */
export interface Frame extends FrameExtras {
  readonly eventId: EventId;
  /** Rises when the counters of the line had to be restored. */
  readonly epoch: number;
  readonly phase: Phase;
  /**
   * When the line got to `serving`, by the clock of whoever counts it; ISO 8601 UTC, null before anything was counted. Nodes
   * keep frames of their own: of two, the newer is the one with the greater epoch, then `asOf`. In that order `serving` never
   * falls, whatever dies.
   */
  readonly asOf: string | null;
  /** The highest number called: places up to it may come in. With lanes: called in all. */
  readonly serving: number;
  /** The highest number given out. With lanes: joined in all. */
  readonly joined: number;
  /** How far each lane is, by position within the lane. Absent: the line has none. */
  readonly lanes?: readonly LaneView[] | undefined;
  readonly inside: number;
  /** People a minute that the line lets in at present: min(operator's ceiling, what the sale can digest). */
  readonly ratePerMinute: number;
  readonly reason: BindingLimit;
  /** `reason` with the figures it rests on, in words for fans. */
  readonly because: Because;
  /** The order is fixed: whoever joined before the opening has a drawn number now in place of the one told at joining. */
  readonly drawn: boolean;
  readonly opensAt: string;
  /** When this frame was made; ISO 8601 UTC. */
  readonly at: string;
}

/** What people who wait want to know beside where they stand. */
export interface FrameExtras {
  /** What the operator tells everybody; null: nothing. */
  readonly message?: { readonly text: string; readonly at: string } | null | undefined;
  /** Prices and what is left at each, at most a second old. Absent: not known yet. */
  readonly tiers?: readonly Tier[] | undefined;
  /** How far down the line the seats should reach. Absent: not known yet. */
  readonly sellout?: Sellout | undefined;
}

/** What a step of the line says about it. */
export interface LineReading {
  readonly epoch: number;
  readonly joined: number;
  readonly serving: number;
  readonly lanes?: readonly LaneCounters[] | undefined;
  readonly inside: number;
  readonly effectiveRatePerMinute: number;
  readonly binding: BindingLimit;
  readonly countedAtMs: number;
  /** Figures that go with `binding`. */
  readonly parameters?: LimitParameters | undefined;
  readonly drawn?: boolean;
}

const reasonOf = (phase: Phase, reading: LineReading | null): BindingLimit => {
  if (phase === 'closed' || phase === 'paused') return 'closed';
  if (reading === null) return 'degraded';
  return phase === 'pending' ? 'pending' : reading.binding;
};

const sayWhy = (phase: Phase, reading: LineReading | null): Pick<Frame, 'reason' | 'because'> => {
  const reason = reasonOf(phase, reading);
  return { reason, because: because(reason, reason === reading?.binding ? reading.parameters : {}) };
};

/**
 * The frame after `previous`. `joined` and `serving` never fall, whatever the store says: a fan who was told "you are
 * called" must not be told otherwise. Without a reading the numbers of before stand, and nobody is let in.
 */
export const nextFrame = (
  previous: Frame | null,
  event: {
    readonly eventId: EventId;
    readonly opensAtMs: number;
    readonly phase: Phase;
    readonly lanes?: readonly LaneDefinition[] | undefined;
  },
  reading: LineReading | null,
  nowMs: number,
): Frame => {
  const counts = {
    serving: Math.max(previous?.serving ?? 0, reading?.serving ?? 0),
    joined: Math.max(previous?.joined ?? 0, reading?.joined ?? 0),
    lanes: furthestLanes(
      previous === null ? undefined : eachLane(previous),
      reading === null ? undefined : eachLane(reading),
    ),
  };
  const lanes = laneViews(event.lanes, counts);
  return {
    eventId: event.eventId,
    epoch: Math.max(previous?.epoch ?? 0, reading?.epoch ?? 0),
    phase: event.phase,
    asOf: reading === null ? (previous?.asOf ?? null) : new Date(reading.countedAtMs).toISOString(),
    serving: counts.serving,
    joined: counts.joined,
    ...(lanes === undefined ? {} : { lanes }),
    inside: reading?.inside ?? previous?.inside ?? 0,
    ratePerMinute: reading?.effectiveRatePerMinute ?? 0,
    ...sayWhy(event.phase, reading),
    drawn: (previous?.drawn ?? false) || (reading?.drawn ?? false),
    opensAt: new Date(event.opensAtMs).toISOString(),
    at: new Date(nowMs).toISOString(),
  };
};

/** The frame is up to a tick old; it would not count the one who reads it. */
export const withPlace = (frame: Frame, number: PlaceNumber): Frame => {
  const [lane, position] = [laneOf(number), positionOf(number)];
  if (lane >= BYPASS_LANE) return frame;
  if (frame.lanes === undefined) return { ...frame, joined: Math.max(frame.joined, position) };
  const lanes = frame.lanes.map((one, index) =>
    index === lane ? { ...one, joined: Math.max(one.joined, position) } : one,
  );
  return { ...frame, joined: lanes.reduce((sum, one) => sum + one.joined, 0), lanes };
};
