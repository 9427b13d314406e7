import type { EventId, FanId, PlaceNumber } from '../ids.ts';
import type { AdmissionKnobs } from '../event.ts';
import type { BindingLimit } from '../frame.ts';

/** The counters of one event's line. All rise for ever except `inside` and `called`. */
export interface LineCounters {
  /** Rises when the counters had to be restored after the loss of their store. */
  readonly epoch: number;
  /** The highest number given out. */
  readonly joined: number;
  /** The highest number called. */
  readonly serving: number;
  /** Places called in all: what the rate limits. */
  readonly admitted: number;
  /** Live passes. */
  readonly inside: number;
  /** Places called whose time to come has not run out. */
  readonly called: number;
}

export interface StepInput {
  readonly knobs: AdmissionKnobs;
  /** False before the opening and when the sale is paused or closed: nobody is called. */
  readonly open: boolean;
  /** Upper bound on people that may still be let in (stock left and the like); null: none. */
  readonly roomLeft: number | null;
}

export type StepResult = LineCounters & {
  readonly binding: BindingLimit;
  readonly effectiveRatePerMinute: number;
};

export type RedeemOutcome =
  | { readonly kind: 'admitted'; readonly expiresAtMs: number }
  | { readonly kind: 'not_called' }
  | { readonly kind: 'paused' };

/**
 * The counters of the lines: Redis (one Lua script a step, so that any node may run it) or this process' memory. Time is
 * the store's own. Every method fails with a rejection if the store is away; nothing is half done.
 * `lost: true` means the store has forgotten this event (first use, FLUSHALL): restore, then repeat.
 */
export interface LineStore {
  /** The next number. The store only counts; that a fan has one place is decided in Postgres. */
  nextNumber(eventId: EventId): Promise<{ readonly number: PlaceNumber } | { readonly lost: true }>;
  /** Token bucket, cap on people inside, lapsed calls and expired passes given back: one atomic step. */
  step(eventId: EventId, input: StepInput): Promise<StepResult | { readonly lost: true }>;
  /** Turns a called place into a person inside until `passTtlMs` from now. */
  redeem(
    eventId: EventId,
    place: PlaceNumber,
    passTtlMs: number,
    knobs: AdmissionKnobs,
  ): Promise<RedeemOutcome | { readonly lost: true }>;
  /** A pass ended before its time: gives its slot back, once. */
  leave(eventId: EventId, place: PlaceNumber, expiresAtMs: number): Promise<void>;
  /** Sets the counters from the journal unless they are there already; never lowers one. */
  restore(eventId: EventId, counters: Omit<LineCounters, 'called'>): Promise<void>;
  healthy(): boolean;
}

/** A place as Postgres knows it. */
export interface PlaceRecord {
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  readonly joinedAtMs: number;
}

/** An admission as Postgres knows it: what a hold is checked against. */
export interface AdmissionRecord {
  readonly passId: string;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  readonly expiresAtMs: number;
  readonly leftAtMs: number | null;
}

/** The line's durable side. One place per fan and event, one admission per place, both by unique keys. */
export interface LineJournal {
  /** Records the number, unless the fan has a place: then that one is returned and `number` stays a hole in the line. */
  recordPlace(
    eventId: EventId,
    fanId: FanId,
    number: PlaceNumber,
  ): Promise<PlaceRecord & { readonly created: boolean }>;
  findPlace(eventId: EventId, fanId: FanId): Promise<PlaceRecord | null>;
  /** The live admission of this place, or a new one. `created: false`: this is the one from before. */
  recordAdmission(
    admission: Omit<AdmissionRecord, 'leftAtMs'>,
  ): Promise<AdmissionRecord & { readonly created: boolean }>;
  findAdmission(eventId: EventId, fanId: FanId): Promise<AdmissionRecord | null>;
  /** Ends the admission now. Null: there was none alive. */
  endAdmission(eventId: EventId, fanId: FanId): Promise<AdmissionRecord | null>;
  /** Keeps the greater of each counter. */
  saveCounters(eventId: EventId, counters: LineCounters): Promise<void>;
  /** From the saved counters and the places and admissions themselves, whichever is further; `epoch` already raised. */
  loadCounters(eventId: EventId): Promise<Omit<LineCounters, 'called'>>;
}
