import type { EventId, FanId, HoldId, SectionId } from '../ids.ts';
import type { Hold, HoldRequest, HoldResult } from '../hold.ts';
import type { Refusal } from '../refusal.ts';
import type { SeatNews, SeatRow, SectionLook } from '../seat.ts';

/**
 * Postgres as the decider about seats. Each method is one transaction. A rejected promise means: outcome not known.
 */
export interface SeatLedger {
  /**
   * Decides many holds in one statement, each all seats or none: the seats exist and are free (an expired hold on them is
   * expired first), the pass is alive and the fan's own, the sale is open, the fan's counters allow it.
   * One result per request, in order.
   */
  holdSeats(requests: readonly HoldRequest[]): Promise<readonly HoldResult[]>;
  findHold(holdId: HoldId): Promise<Hold | null>;
  /** Only the owner; releasing twice succeeds. Someone else's hold is `not_found`. */
  releaseHold(holdId: HoldId, fanId: FanId): Promise<Hold | Refusal>;
  /** Once per hold, from now by `ttlMs`. */
  extendHold(holdId: HoldId, fanId: FanId, ttlMs: number): Promise<Hold | Refusal>;
  /** Frees at most `limit` holds whose time is over by Postgres' clock, and returns them. Safe in many copies at once. */
  expireHolds(limit: number): Promise<readonly Hold[]>;
  /** The section as it stands, in map order. */
  readSection(eventId: EventId, sectionId: SectionId): Promise<SectionLook<SeatRow>>;
  /**
   * The seats of the section that were changed since an earlier look was `knownUntil`, in no order. Tells some of them twice, leaves none out.
   */
  readChanges(eventId: EventId, sectionId: SectionId, since: number): Promise<SectionLook<SeatNews>>;
}
