import type { HoldId, SeatId } from './ids.ts';

/**
 * The life of a seat. Postgres' `seats` row is the only truth about it.
 *
 * - `free`    nobody has it
 * - `held`    a fan has it until `heldUntilMs` (Postgres' clock)
 * - `paying`  an order owns it; no time limit: only the gateway's word ends it
 * - `sold`    a live ticket exists
 *
 * Back to `free` only from `held`, or from `paying` once the gateway has said no.
 */
export type SeatStatus = 'free' | 'held' | 'paying' | 'sold';

const NEXT: Readonly<Record<SeatStatus, readonly SeatStatus[]>> = {
  free: ['held'],
  held: ['held', 'paying', 'free'],
  paying: ['sold', 'free'],
  sold: ['free'],
};

/** Whether the protocol knows this step. `sold → free` happens only with a refund that voids the ticket. */
export const mayBecome = (from: SeatStatus, to: SeatStatus): boolean => NEXT[from].includes(to);

/** A seat as read from the official map. */
export interface SeatRow {
  readonly seatId: SeatId;
  readonly row: string;
  readonly number: number;
  readonly status: SeatStatus;
  readonly holdId: HoldId | null;
  readonly heldUntilMs: number | null;
  /** Rises by one with each hold; a sale commits only if it still matches. */
  readonly fence: number;
  /** Rises by one with each change of any kind; a section's version is the sum over its seats. */
  readonly revision: number;
  /** Which transaction changed it last: later ones have greater numbers, in the order in which they began to write. */
  readonly changedIn: number;
}

/** What can become different about a seat: all that somebody who knows the section needs to hear. */
export type SeatNews = Pick<
  SeatRow,
  'seatId' | 'status' | 'holdId' | 'heldUntilMs' | 'revision' | 'changedIn'
>;

/** One look at the seats of a section. */
export interface SectionLook<Seat> {
  readonly seats: readonly Seat[];
  /** Whatever this look does not show was, or will be, changed by a transaction of this number or a later one. */
  readonly knownUntil: number;
}
