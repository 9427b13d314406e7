import type { Because } from '../binding-limit.ts';
import type { LoopMode, Pressure } from '../closed-loop.ts';
import type { Frame } from '../frame.ts';
import type { EventId, FanId, PassId } from '../ids.ts';
import type { Outlook } from '../outlook.ts';
import type { Refusal } from '../refusal.ts';
import type { DrawService } from './draw-book.ts';
import type { Arrival } from './join-proofs.ts';
import type { Joined } from './joined.ts';
import type { LineCounters } from './line.ts';
import type { Readiness } from './readiness.ts';
import type { PlaceClaim, RecoveryService } from './recovery.ts';

/** What the waiting room offers to the edge, in the manner of `services.ts`. */

type Unwatch = () => void;

export type StandingState = 'waiting' | 'called' | 'admitted' | 'left' | 'expired';

/** One in ten waits less than the first, half less than the second, nine in ten less than the third. */
export interface Eta {
  readonly p10Seconds: number;
  readonly p50Seconds: number;
  readonly p90Seconds: number;
}

export interface Standing {
  readonly state: StandingState;
  /** By the order of calling; before the draw, which then says `drawn: false`, that of joining. */
  readonly number: number;
  /** As in `Joined`; `number` and `ahead` count within it. */
  readonly lane: string | null;
  readonly drawn: boolean;
  /** People in front who have not been called. Before the draw: everybody else who may come to be in front. */
  readonly ahead: number;
  /** Null when nothing can honestly be said (nobody is being called). */
  readonly eta: Eta | null;
  /** Whether there will be seats when the turn comes; null: it has come, or nothing is known of the seats. */
  readonly outlook: Outlook | null;
  /** Why the line moves as it does now; what changed when the time changes. */
  readonly because: Because;
}

/** The closed loop of one node, for the operator's eyes. */
export interface LoopView {
  readonly mode: LoopMode;
  /** What this node finds the sale can digest. */
  readonly ratePerMinute: number;
  /** Null while nothing is held back. */
  readonly because: Because | null;
  readonly signals: readonly Pressure[];
}

/** Who was let in, and until when. */
export interface PassHolder {
  readonly fanId: FanId;
  readonly expiresAtMs: number;
}

/** What a fan asks for at the join. */
export interface JoinWish {
  /** Goes into the draw's chain if the fan has no place yet and the draw is open. */
  readonly entropy?: string | undefined;
  /** A lane that is open to everybody. Absent: the first of those; a place that the fan has stays where it is. */
  readonly laneId?: string | undefined;
  /** An access code: it is redeemed for this fan, and tells the lane. */
  readonly code?: string | undefined;
  /** For the audit of those who go past the line. */
  readonly requestId?: string | undefined;
  /** The signed place that the caller has; one that was handed over is given to nobody else. */
  readonly place?: string | undefined;
}

export interface WaitingRoomService extends DrawService, RecoveryService {
  /** `arrival`: how they came; absent: nothing is asked of them at the door. */
  join(eventId: EventId, fanId: FanId, arrival?: Arrival, wish?: JoinWish): Promise<Joined | Refusal>;
  /** What a join would meet now. A code that is brought is redeemed, and so reserved for this fan; one that is refused: why. */
  ready(
    eventId: EventId,
    fanId: FanId,
    arrival?: Arrival,
    wish?: Pick<JoinWish, 'laneId' | 'code'>,
  ): Promise<Readiness | Refusal>;
  /** From this node's memory, at most a tick old. Null: no such event. */
  frame(eventId: EventId): Promise<Frame | null>;
  watchFrame(eventId: EventId, onFrame: (frame: Frame) => void): Unwatch;
  standing(eventId: EventId, fanId: FanId, place: string): Promise<Standing | Refusal>;
  /** Redeems a called place for a pass; again for the same place: the same pass. */
  redeem(
    eventId: EventId,
    fanId: FanId,
    place: string,
  ): Promise<{ readonly created: boolean; readonly pass: string; readonly expiresAtMs: number } | Refusal>;
  /** Whether this pass opens the event now. Rejects when nobody can say. */
  checkPass(eventId: EventId, pass: string): Promise<PassHolder | Refusal>;
  /** Gives the slot back. Doing it twice is fine. */
  leave(eventId: EventId, fanId: FanId): Promise<void>;
  counters(eventId: EventId): Promise<LineCounters | null>;
  /** What the launch curve has for this moment, people a minute. Null: none is in force. */
  plannedRate(eventId: EventId): Promise<number | null>;
  /** What the closed loop of this node thinks. Null: it is switched off, or there is no such event. */
  loop(eventId: EventId): Promise<LoopView | null>;
}

/** Places and passes: our own compact signed tickets (see docs/TOKENS.md). Reading never throws. */
export interface LinePasses {
  issuePlace(place: PlaceClaim): string;
  readPlace(text: string): PlaceClaim | null;
  issuePass(pass: {
    readonly passId: PassId;
    readonly eventId: EventId;
    readonly fanId: FanId;
    readonly expiresAtMs: number;
  }): string;
  /** Signature only: the caller compares event, fan and time. */
  readPass(text: string): {
    readonly passId: PassId;
    readonly eventId: EventId;
    readonly fanId: FanId;
    readonly expiresAtMs: number;
  } | null;
}
