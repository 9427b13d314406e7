import type { EventId, FanId, PassId, PlaceNumber } from '../ids.ts';
import type { Refusal } from '../refusal.ts';
import type { Joined } from './joined.ts';
import type { PlaceRecord } from './line.ts';

/** A place in the hand of one device. */
export interface PlaceClaim {
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly number: PlaceNumber;
  /** How often the place was handed over before: only the newest claim stands. Absent: never. */
  readonly claim?: number;
}

/** A code that leads back to a place, for a fan who has nothing but a note. Derived, so nothing of it is stored. */
export interface RecoveryCodes {
  recoveryCode(place: PlaceClaim): string;
  /** Which place a typed code speaks of; null: it is no code. Says nothing about whether it is genuine. */
  codedNumber(code: string): PlaceNumber | null;
  /** The claim that this code was given out with, up to that of `place`; null: it is none of this place's. */
  codedClaim(code: string, place: Required<PlaceClaim>): number | null;
}

/** A place that went from one device to another. */
export interface HandOver {
  readonly number: PlaceNumber;
  /** The claim that stands since. */
  readonly claim: number;
  /** By the clock of Postgres. */
  readonly atMs: number;
}

/** Who has which place, where it counts. */
export interface HandOverBook {
  /** The place of this number, spent or not. */
  findPlace(
    eventId: EventId,
    number: PlaceNumber,
  ): Promise<(PlaceRecord & { readonly spent: boolean }) | null>;
  /**
   * Gives the place to the next claimant, and a live admission of it another pass, so that the old one opens nothing any more.
   * The same request again: the claim it got. Null: somebody else has the place by now, or it is spent.
   */
  handOver(order: {
    readonly eventId: EventId;
    readonly number: PlaceNumber;
    readonly claim: number;
    readonly requestId: string;
    readonly passId: PassId;
  }): Promise<number | null>;
  /** All hand-overs of a line from this time on, by the clock of Postgres. */
  since(eventId: EventId, sinceMs: number): Promise<readonly HandOver[]>;
}

/** The fan again, on another device. */
export interface Recovered extends Joined {
  readonly fanId: FanId;
}

export interface RecoveryRequest {
  readonly code: string;
  /** Who is signed in where the code was typed; null: nobody. */
  readonly callerId: FanId | null;
  /** The same for a repeat of the same request. */
  readonly requestId: string;
  /** Where guesses are counted; null: not known. */
  readonly address: string | null;
}

/** What the waiting room offers of recovery codes to the edge. */
export interface RecoveryService {
  /** Makes whoever has the code the one claimant of its place; the device that had it is told so from then on. */
  recover(eventId: EventId, request: RecoveryRequest): Promise<Recovered | Refusal>;
  /** Calls back once, within some seconds, when this place is handed over to another device; at once if it was. */
  watchHandOver(eventId: EventId, fanId: FanId, place: string, onGone: () => void): () => void;
}
