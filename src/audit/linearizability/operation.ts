import type { FanId, HoldId } from '../../domain/ids.ts';

/**
 * One thing that somebody asked of one seat and what they were told, by one clock for all. What concerns several seats is one
 * operation a seat: the register of each seat is judged by itself, and a history is linearizable exactly when each of its
 * registers is.
 *
 * - `hold` ok: from now on the seat is `holdId`'s until it is released, ordered or `expiresAtMs` is past. Refused with
 *   `seat_taken`: at some moment between question and answer the seat was not free.
 * - `release` ok: the hold has ended; if it still had the seat, by this.
 * - `order` ok: a hold that had the seat then became an order, which may end without a sale at any later time. Refused with a
 *   code that says the hold is lost: it did not have the seat at some moment in between.
 * - `sell` ok: the seat is that hold's until it is given back. `late`: the order had ended, and its money came after that; the seat
 *   may also have been free when it was sold.
 *
 * - `give_back` ok: the seat that was sold to that hold is free.
 *
 * A refusal with any other code says nothing about the seat. An unknown outcome: it may have taken effect at any time after
 * `invokedAtMs`, also later than anybody waited, or never.
 */
export interface SeatOperation {
  /** Who asked, for people to read. */
  readonly process: string;
  readonly kind: 'hold' | 'release' | 'order' | 'sell' | 'give_back';
  readonly seatKey: string;
  /** A name of its own for each hold; for one that was refused or is not known, any that nobody else uses. */
  readonly holdId: HoldId;
  readonly fanId: FanId;
  readonly invokedAtMs: number;
  /** Null: nobody knows by when it was done. */
  readonly completedAtMs: number | null;
  readonly outcome: SeatOutcome;
  readonly late?: boolean;
}

export type SeatOutcome =
  /** `expiresAtMs`: for a hold, from when on it may end by itself. */
  | { readonly kind: 'ok'; readonly expiresAtMs?: number }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown' };

/** The refusals that mean: what was yours is not yours any more. */
export const LOST: ReadonlySet<string> = new Set([
  'hold_expired',
  'hold_not_active',
  'not_found',
  'seat_taken',
]);
