import type { EventId, HoldId, SeatId } from '../ids.ts';

export interface LockRequest {
  readonly eventId: EventId;
  readonly seatIds: readonly SeatId[];
  readonly holdId: HoldId;
  /** The taker: an actor's incarnation. The key's value is `owner:holdId`. */
  readonly owner: string;
  readonly ttlMs: number;
}

/**
 * `taken`: another hold has one of the seats; nothing of this request is locked. `unavailable`: the lock service gave no
 * answer that can be relied on, also not when asked again; Postgres alone decides.
 */
export type LockOutcome =
  | { readonly kind: 'acquired' }
  | { readonly kind: 'taken'; readonly seatId: SeatId; readonly holder: string }
  | { readonly kind: 'unavailable' };

export interface LockedSeats {
  readonly eventId: EventId;
  readonly seatIds: readonly SeatId[];
  readonly holdId: HoldId;
}

/**
 * The temporary lock: one key per seat. It makes contention cheap and is never the truth. No method rejects.
 */
export interface SeatLocks {
  /** One outcome per request, in order; each request all seats or none. Taking again for the same hold succeeds. */
  acquire(requests: readonly LockRequest[]): Promise<readonly LockOutcome[]>;
  /** Removes the keys that still belong to the hold named, and no others. Best effort: the TTL is the backstop. */
  release(locks: readonly LockedSeats[]): Promise<void>;
  /** Prolongs the keys that still belong to the hold. Best effort. */
  extend(locks: readonly LockedSeats[], ttlMs: number): Promise<void>;
  /** `owner:holdId`, or null when the seat is not locked. Rejects if the service is away: for diagnosis and tests. */
  holderOf(eventId: EventId, seatId: SeatId): Promise<string | null>;
  /** Whether the last exchange with the lock service worked. */
  healthy(): boolean;
}
