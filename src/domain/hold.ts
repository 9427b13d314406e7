import type { EventId, FanId, HoldId, PassId, SeatId, SectionId } from './ids.ts';
import type { Refusal } from './refusal.ts';

/** `active` until released, expired, or turned into an order; the other three are final. */
export type HoldState = 'active' | 'released' | 'expired' | 'ordered';

/** Seats of one section, reserved for one fan, all or nothing, until `expiresAtMs` by Postgres' clock. */
export interface Hold {
  readonly holdId: HoldId;
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly fanId: FanId;
  readonly seatIds: readonly SeatId[];
  /** One per seat, same order: the fence each seat had when it was held. */
  readonly fences: readonly number[];
  readonly amountMinor: number;
  readonly currency: string;
  readonly expiresAtMs: number;
  readonly extended: boolean;
  readonly state: HoldState;
}

/**
 * A hold to be decided by Postgres. `holdId` is derived from the fan's Idempotency-Key where one was sent, so a repeat
 * finds the first one; `fingerprint` tells a repeat from a key used for something else.
 */
export interface HoldRequest {
  readonly holdId: HoldId;
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly fanId: FanId;
  readonly passId: PassId;
  readonly seatIds: readonly SeatId[];
  readonly ttlMs: number;
  readonly fingerprint: string;
}

/** `replayed`: the same request had been granted before; this is that hold as it is now. */
export type HoldResult = { readonly kind: 'held'; readonly hold: Hold; readonly replayed: boolean } | Refusal;
