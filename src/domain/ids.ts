/**
 * The names of things. All ids are opaque to callers; ours are UUIDv7 so that Postgres indexes grow at one end.
 * Seat and section ids come from the operator's definition and are only unique within an event.
 */
export type EventId = string;
export type SectionId = string;
/** `<section>-<row>-<number>`, in a capacity area `<section>-<number>`; unique within an event. */
export type SeatId = string;
export type FanId = string;
export type HoldId = string;
export type OrderId = string;
/** One try at taking the money of one order. It is also the gateway's idempotency key for that try. */
export type AttemptId = string;
export type TicketId = string;
export type PassId = string;
/**
 * Which place of a line: counts from 1 in the order of joining; never reused, never renumbered. After a draw its turn, the
 * position in the order of calling, is another number for all who joined before the opening.
 */
export type PlaceNumber = number;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ACCOUNT = /^[0-9a-f]{8}-[0-9a-f]{4}-5/;
const NAME = /^[A-Za-z0-9_]{1,24}$/;
const SEAT = /^[A-Za-z0-9_]{1,24}(-[A-Za-z0-9_]{1,24})?-[0-9]{1,6}$/;

/** True for the shape of every id that Catraca itself gives out. A wrong shape is "not found", never a query. */
export const isUuid = (text: string): boolean => UUID.test(text);

/** A fan whom an identity provider knows (their ids are version 5 UUIDs of issuer and subject), not a guest. */
export const isAccount = (fanId: FanId): boolean => ACCOUNT.test(fanId);

/** Section and row names: short, and safe in a URL, a Redis key and an actor's name (nact allows few characters). */
export const isSectionId = (text: string): boolean => NAME.test(text);

export const isSeatId = (text: string): boolean => SEAT.test(text);

/** Seat id in a row of a seated section. `number` counts from 1. */
export const seatIdInRow = (section: SectionId, row: string, number: number): SeatId =>
  `${section}-${row}-${number}`;

/** Seat id in a capacity area. `number` counts from 1. */
export const seatIdInArea = (section: SectionId, number: number): SeatId => `${section}-${number}`;
