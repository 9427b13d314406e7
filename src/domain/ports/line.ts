import type { EventId, FanId, PassId, PlaceNumber } from '../ids.ts';
import type { AdmissionKnobs } from '../event.ts';
import type { BindingLimit } from '../binding-limit.ts';
import type { LimitParameters } from '../binding-limit.ts';

/** One lane of a line that has several, by position within the lane. */
export interface LaneCounters {
  readonly joined: number;
  readonly serving: number;
}

/** The counters of one event's line. All rise for ever except `inside` and `called`. */
export interface LineCounters {
  /** Rises when the counters had to be restored after the loss of their store. */
  readonly epoch: number;
  /** The highest number given out; with lanes: the sum over them. */
  readonly joined: number;
  /** The highest number called; with lanes: the sum over them. */
  readonly serving: number;
  /** All lanes in their order; absent: the line has none. */
  readonly lanes?: readonly LaneCounters[] | undefined;
  /** Calls in all, those of late-comers included: what the rate limits. */
  readonly admitted: number;
  /** Live passes. */
  readonly inside: number;
  /** Places called whose time to come has not run out. */
  readonly called: number;
}

/** What the sale can digest is less than what the operator allows. */
export interface Slowdown {
  /** People a minute, whole; 0: nobody. */
  readonly ratePerMinute: number;
  readonly reason: BindingLimit;
  /** The figures it rests on. */
  readonly parameters?: LimitParameters | undefined;
}

export interface StepInput {
  /** The store keeps the newest version it has seen and ignores an older one: a node that lags must not set the pace. */
  readonly knobs: AdmissionKnobs;
  /** False before the opening and when the sale is paused or closed: nobody is called. */
  readonly open: boolean;
  /** Upper bound on people that may still be let in, the called ones included (stock left and the like); null: none. */
  readonly roomLeft: number | null;
  /**
   * What the node that steps knows of the sale's health; null: all is well here. The store obeys the lowest that any node has
   * said within the last seconds: any of them may make the next step.
   */
  readonly slowdown?: Slowdown | null;
  /**
   * The node that steps. What a node says takes the place of what it said before, higher or not; absent: it may only lower, and
   * what it said stands until its time is over.
   */
  readonly node?: string | undefined;
  /** Places given out elsewhere (entrants of the draw), by lane: `joined` is raised to it. */
  readonly joinedAtLeast?: readonly number[];
}

export type StepResult = LineCounters & {
  readonly binding: BindingLimit;
  /** Figures that go with `binding`, when a node has given some. */
  readonly parameters?: LimitParameters | undefined;
  readonly effectiveRatePerMinute: number;
  /** When the step was taken, by the clock of the store. */
  readonly countedAtMs: number;
  /** Set by the waiting room, not by a store: the order is fixed, and those who joined early have their turns. */
  readonly drawn?: boolean;
};

/** A line as its journal has it: all that may be told to people, because nothing that is lost can be behind it. */
export type JournalledLine = Pick<LineCounters, 'epoch' | 'joined' | 'serving' | 'lanes'> & {
  /** When `serving` was first seen, by the clock of the store that counted; never falls while the epoch stays. */
  readonly countedAtMs: number;
};

/** `remainingMs`, not a time: only durations travel between the store's clock and that of Postgres. */
export type RedeemOutcome =
  | {
      readonly kind: 'admitted';
      readonly remainingMs: number;
      /** The place had its slot already; no other was taken. */
      readonly again: boolean;
      /** Of the line that the slot is counted in. */
      readonly epoch: number;
    }
  | { readonly kind: 'not_called' }
  | { readonly kind: 'paused' };

export interface Assured {
  /** It had no slot, and has one now. */
  readonly counted: boolean;
}

export interface Lost {
  readonly lost: true;
}

/** What is left of a line when its store has forgotten it. */
export interface LineSnapshot {
  readonly epoch: number;
  readonly joined: number;
  readonly serving: number;
  /** As in `LineCounters`. */
  readonly lanes?: readonly LaneCounters[] | undefined;
  readonly admitted: number;
  /** The line was never in use: only then may it start with a full burst. */
  readonly firstUse: boolean;
  /** `number` is the turn. */
  readonly passes: readonly { readonly number: PlaceNumber; readonly remainingMs: number }[];
}

/**
 * The counters of the lines, which know places by their turn only: Redis (one Lua script a step, so that any node may run it) or this process' memory. Time is
 * the store's own. Every method fails with a rejection if the store is away; nothing is half done, and every method may be
 * repeated. `lost: true` means the store has forgotten this event (first use, FLUSHALL): restore, then repeat.
 */
export interface LineStore {
  /** The next number of the lane behind its position `behind`. The store only counts; that a fan has one place is decided in Postgres. */
  nextNumber(
    eventId: EventId,
    behind?: number,
    lane?: number,
  ): Promise<{ readonly number: PlaceNumber } | Lost>;
  /** Token bucket, cap on people inside, lapsed calls and expired passes given back: one atomic step. */
  step(eventId: EventId, input: StepInput): Promise<StepResult | Lost>;
  /** Turns a called place into a person inside for `passTtlMs`. The same place again: the slot it has. */
  redeem(
    eventId: EventId,
    place: PlaceNumber,
    passTtlMs: number,
    knobs: AdmissionKnobs,
  ): Promise<RedeemOutcome | Lost>;
  /** The place has a recorded pass: gives it a slot for as long as that lasts, limits or not; a longer one stays as it is. */
  assure(eventId: EventId, place: PlaceNumber, remainingMs: number): Promise<Assured | Lost>;
  /** A pass ended before its time: gives its slot back, once, however often it is called. */
  leave(eventId: EventId, place: PlaceNumber): Promise<void>;
  /** Sets the line unless it is there already; then it only raises `joined`, `serving` and `admitted`. */
  restore(eventId: EventId, snapshot: LineSnapshot): Promise<void>;
  /** Whether the last exchange with the store worked. */
  healthy(): boolean;
}

/** What a fan put into the chain of the draw and the link that came out, in lower-case hexadecimal. */
export interface PlaceReceipt {
  readonly leaf: string;
  readonly head: string;
}

/** A place as Postgres knows it. */
export interface PlaceRecord {
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  readonly joinedAtMs: number;
  /** Its admission is over (expired or left): the place has had its turn and may be spent for a new one. */
  readonly ended: boolean;
  /** How often it was handed over to another device. */
  readonly claim: number;
  /** Null: joined after the opening. */
  readonly receipt: PlaceReceipt | null;
}

export type AdmissionState = 'live' | 'expired' | 'left';

/** An admission as Postgres knows it, times and `state` by its clock: what a hold is checked against. */
export interface AdmissionRecord {
  readonly passId: PassId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  /** Where the place stood in the order of calling. */
  readonly turn: PlaceNumber;
  readonly expiresAtMs: number;
  /** Of its life, when it was read; whole milliseconds, 0 when it is over. */
  readonly remainingMs: number;
  readonly state: AdmissionState;
  /** Of the place, when it was read: whoever shows an older one has no part in this any more. */
  readonly claim: number;
}

export interface NewAdmission {
  readonly passId: PassId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  readonly turn: PlaceNumber;
  readonly ttlMs: number;
  /** Of the line that gave the slot. */
  readonly epoch: number;
  /** Of whoever redeems. Absent: the place was never handed over. */
  readonly claim?: number | undefined;
}

/** The line's durable side. One unspent place per fan and event, one admission per place, both by unique keys. */
export interface LineJournal {
  /**
   * Records the number, unless the fan has a place: then that one is returned and `number` stays a hole in the line.
   * Null: the number is another fan's (counters restored a moment behind): take the next.
   */
  recordPlace(
    eventId: EventId,
    fanId: FanId,
    number: PlaceNumber,
  ): Promise<(PlaceRecord & { readonly created: boolean }) | null>;
  /** The fan's place that is not spent. */
  findPlace(eventId: EventId, fanId: FanId): Promise<PlaceRecord | null>;
  /** Sets an ended place aside, so that the fan may join again at the end. Nothing happens to one that has not ended. */
  spendPlace(eventId: EventId, fanId: FanId, number: PlaceNumber): Promise<void>;
  /** Sets a place aside that has never been admitted: its fan wants one in another lane. False: it was admitted, or is not theirs. */
  giveUpPlace(eventId: EventId, fanId: FanId, number: PlaceNumber): Promise<boolean>;
  /**
   * The admission of this place, or a new one. Null: the fan has no such place, or another device has it by now.
   * `superseded`: the line was loaded since by somebody who could not see the slot, so it may be counted nowhere; nothing was written.
   */
  recordAdmission(
    admission: NewAdmission,
  ): Promise<(AdmissionRecord & { readonly created: boolean }) | 'superseded' | null>;
  /** The admission that this pass names. Null: there is none. */
  findPass(passId: PassId): Promise<AdmissionRecord | null>;
  findAdmission(eventId: EventId, number: PlaceNumber): Promise<AdmissionRecord | null>;
  /** Ends the fan's admission if it is alive, and returns the newest one however it ended. Null: there never was one. */
  endAdmission(eventId: EventId, fanId: FanId): Promise<AdmissionRecord | null>;
  /** Keeps the greater of each counter, and returns what stands then: what any node has saved before is in it. */
  saveCounters(
    eventId: EventId,
    counters: LineCounters & Pick<StepResult, 'countedAtMs'>,
  ): Promise<JournalledLine>;
  /** From the saved counters and the places and admissions themselves, whichever is further; raises the epoch. */
  loadSnapshot(eventId: EventId): Promise<LineSnapshot>;
}
