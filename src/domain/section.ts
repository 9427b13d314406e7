import type { Hold } from './hold.ts';
import type { HoldId, SeatId } from './ids.ts';
import { pickSeats } from './pick-seats.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { SeatNews, SeatRow, SeatStatus, SectionLook } from './seat.ts';

/**
 * What one section actor believes about its seats, and the rules by which it settles contention before Redis or Postgres
 * hear of it. It may say "taken" from this belief; it never says "yours": that word is Postgres' alone.
 *
 * The belief is owned by one actor and changed in place: copying some thousand seats for each request would cost more
 * than the request.
 */
export interface SeatBelief {
  readonly seatId: SeatId;
  readonly row: string;
  readonly number: number;
  /** `deciding`: a request for it is on its way to Postgres. */
  status: SeatStatus | 'deciding';
  holdId: HoldId | null;
  heldUntilMs: number | null;
  revision: number;
  /** The turn in which we last learned something about it ourselves. */
  touched: number;
  /** A hold of unknown outcome that may have it. */
  maybe: HoldId | null;
}

export interface Section {
  readonly seats: Map<SeatId, SeatBelief>;
  /** In map order, front row first. */
  readonly inOrder: SeatBelief[];
  /** Counts everything that happens here: tells what a snapshot that was asked for earlier cannot know. */
  turn: number;
  /** What earlier transactions than this one changed has been taken over. */
  knownUntil: number;
}

export type SeatWish = { readonly seatIds: readonly SeatId[] } | { readonly quantity: number };

/** Ask Postgres about these seats. They are marked until `settle`. */
export interface AskLedger {
  readonly kind: 'ask';
  readonly seatIds: readonly SeatId[];
}

export const sectionFrom = ({ seats, knownUntil }: SectionLook<SeatRow>): Section => {
  const section: Section = { seats: new Map(), inOrder: [], turn: 0, knownUntil };
  for (const row of seats) {
    const belief: SeatBelief = {
      seatId: row.seatId,
      row: row.row,
      number: row.number,
      status: row.status,
      holdId: row.holdId,
      heldUntilMs: row.heldUntilMs,
      revision: row.revision,
      touched: 0,
      maybe: null,
    };
    section.seats.set(row.seatId, belief);
    section.inOrder.push(belief);
  }
  return section;
};

/** Worth asking Postgres for: free, or a hold whose time is over by our clock (Postgres judges by its own). */
export const mayBeFree = (seat: SeatBelief, nowMs: number): boolean =>
  seat.status === 'free' ||
  (seat.status === 'held' && seat.heldUntilMs !== null && seat.heldUntilMs <= nowMs);

/**
 * Takes up a request, or refuses it at once. `startAt` (0 ≤ startAt < 1) says where in a capacity area to begin to look,
 * so that several nodes do not all reach for the same place.
 */
export const claim = (
  section: Section,
  wish: SeatWish,
  holdId: HoldId,
  nowMs: number,
  startAt: number,
): AskLedger | Refusal => {
  section.turn += 1;
  // A repeat of a hold that has its seats, or is being decided: "taken" would be a lie, and other seats a second pair.
  // Postgres knows the hold and answers as the first time.
  const own = ownSeats(section, wish, holdId);
  if (own.length > 0) return { kind: 'ask', seatIds: own };

  if ('quantity' in wish) {
    const picked = pickSeats(section.inOrder, wish.quantity, (seat) => mayBeFree(seat, nowMs), startAt);
    if (picked === null) return refuse('section_sold_out');
    return mark(section, picked, holdId);
  }

  const seats: SeatBelief[] = [];
  const taken: SeatId[] = [];
  for (const seatId of wish.seatIds) {
    const seat = section.seats.get(seatId);
    if (seat === undefined) return refuse('seat_unknown', { seatIds: [seatId] });
    if (mayBeFree(seat, nowMs)) seats.push(seat);
    else taken.push(seatId);
  }
  return taken.length > 0 ? refuse('seat_taken', { seatIds: taken }) : mark(section, seats, holdId);
};

const ownSeats = (section: Section, wish: SeatWish, holdId: HoldId): readonly SeatId[] => {
  if ('quantity' in wish) {
    return section.inOrder.filter((seat) => mayBeOf(seat, holdId)).map((seat) => seat.seatId);
  }
  const seats = wish.seatIds.map((seatId) => section.seats.get(seatId));
  return seats.some((seat) => seat !== undefined && mayBeOf(seat, holdId)) ? wish.seatIds : [];
};

const mayBeOf = (seat: SeatBelief, holdId: HoldId): boolean =>
  seat.holdId === holdId || seat.maybe === holdId;

const mark = (section: Section, seats: readonly SeatBelief[], holdId: HoldId): AskLedger => {
  for (const seat of seats) {
    seat.status = 'deciding';
    seat.holdId = holdId;
    seat.heldUntilMs = null;
    seat.touched = section.turn;
  }
  return { kind: 'ask', seatIds: seats.map((seat) => seat.seatId) };
};

/** Postgres granted the hold. */
export const settleHeld = (section: Section, asked: readonly SeatId[], hold: Hold): void => {
  section.turn += 1;
  const granted = hold.state === 'active' ? hold.seatIds : [];
  for (const seatId of asked) {
    const seat = section.seats.get(seatId);
    if (seat === undefined || seat.status !== 'deciding' || seat.holdId !== hold.holdId) continue;
    seat.touched = section.turn;
    seat.maybe = null;
    if (granted.includes(seatId)) {
      seat.status = 'held';
      seat.heldUntilMs = hold.expiresAtMs;
      seat.revision += 1;
    } else {
      forget(seat);
    }
  }
};

/**
 * Nobody knows whether the hold was granted. The seats are worth asking for, and whatever others are told of them meanwhile, a
 * repeat of this hold is never refused from memory.
 */
export const settleUnknown = (section: Section, asked: readonly SeatId[], holdId: HoldId): void => {
  section.turn += 1;
  for (const seatId of asked) {
    const seat = section.seats.get(seatId);
    if (seat === undefined || seat.status !== 'deciding' || seat.holdId !== holdId) continue;
    seat.touched = section.turn;
    forget(seat);
    seat.maybe = holdId;
  }
};

/**
 * Postgres (or the lock) refused. Seats named as standing in the way are believed taken until
 * `believeUntilMs`, by when a fresh snapshot has the truth; the others are worth asking for again. `named`: the request named its
 * seats. Then an earlier try of the same hold, on another node, may be what stands in the way: its repeat asks again.
 */
export const settleRefused = (
  section: Section,
  asked: readonly SeatId[],
  holdId: HoldId,
  inTheWay: readonly SeatId[],
  believeUntilMs: number,
  named: boolean,
): void => {
  section.turn += 1;
  for (const seatId of asked) {
    const seat = section.seats.get(seatId);
    if (seat?.maybe === holdId) seat.maybe = null;
    if (seat === undefined || seat.status !== 'deciding' || seat.holdId !== holdId) continue;
    seat.touched = section.turn;
    forget(seat);
    if (inTheWay.includes(seatId)) {
      seat.status = 'held';
      seat.heldUntilMs = believeUntilMs;
      if (named) seat.holdId = holdId;
    }
  }
};

const forget = (seat: SeatBelief): void => {
  seat.status = 'free';
  seat.holdId = null;
  seat.heldUntilMs = null;
};

/**
 * Takes over what Postgres said in a look that was begun in turn `askedInTurn`. Seats that are being decided, or about
 * which we learned something since, keep what we know: the look may be older than that. News that was left out that way
 * holds `knownUntil` back, so that the next look at changes tells it again.
 */
export const learn = (section: Section, look: SectionLook<SeatNews>, askedInTurn: number): void => {
  section.knownUntil = look.knownUntil;
  for (const row of look.seats) {
    const seat = section.seats.get(row.seatId);
    if (seat === undefined) continue;
    if (seat.status === 'deciding' || seat.touched > askedInTurn) {
      if (row.revision > seat.revision) section.knownUntil = Math.min(section.knownUntil, row.changedIn);
      continue;
    }
    seat.status = row.status;
    seat.holdId = row.holdId;
    seat.heldUntilMs = row.heldUntilMs;
    // A free seat may still become the hold's whose outcome is not known: its statement may be on its way.
    if (row.status !== 'free') seat.maybe = null;
    seat.revision = row.revision;
  }
};

/** Rises with every change in Postgres; what is being decided does not count yet. */
export const versionOf = (section: Section): number => {
  let version = 0;
  for (const seat of section.inOrder) version += seat.revision;
  return version;
};
