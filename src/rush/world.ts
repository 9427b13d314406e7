import type { Answer, Ask, Client } from './client.ts';
import type { LineBoard } from './line-board.ts';
import type { Lanes } from './lanes.ts';
import type { Memory } from './memory.ts';
import type { SeatDocument } from './documents.ts';
import type { Random } from '../domain/ports/environment.ts';
import { between } from './seeded-random.ts';
import type { Tally } from './tally.ts';

/** What all fans share. */
export interface World {
  readonly eventId: string;
  readonly sectionIds: readonly string[];
  /** Null: one line for all. */
  readonly lanes: Lanes | null;
  readonly client: Client;
  readonly board: LineBoard;
  readonly memory: Memory;
  readonly tally: Tally;
  /** Seats that nobody returns keep the run open; a fan vanishes only with seats that come back within this. */
  readonly waitForSeatsMs: number;
  /** The event takes paid orders back. */
  readonly takesBack: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Ends early when the run stops. */
  sleep(ms: number): Promise<void>;
  stopped(): boolean;
  soldOut(): boolean;
  seatsOf(sectionId: string): Promise<readonly SeatDocument[]>;
}

/** Refusals that go away by themselves. */
const PASSING = new Set([
  'overloaded',
  'unavailable',
  'rate_limited',
  'idempotency_in_progress',
  'section_closed',
]);
const TRIES_MAX = 30;
const BACK_OFF_FIRST_MS = 200;
const BACK_OFF_MAX_MS = 3_000;

/** What the server asks for, never less; jittered, so that a crowd that was refused together does not return together. */
export const backOffMs = (answer: Answer, tries: number, random: Random): number => {
  const own = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(tries, 10));
  const asked = answer.kind === 'refused' ? (answer.retryAfterMs ?? 0) : 0;
  return asked + own * between(random, 0.5, 1);
};

export const isPassing = (answer: Answer): boolean =>
  answer.kind === 'unknown' || (answer.kind === 'refused' && PASSING.has(answer.code));

export interface Insisted {
  readonly answer: Answer;
  /** Some try before the last one had an unknown outcome. */
  readonly wasUnknown: boolean;
}

/** Repeats a request, with the same key, until its outcome is known and is no passing refusal; or the run stops. */
export const insist = async (world: World, what: Ask, random: Random): Promise<Insisted> => {
  let wasUnknown = false;
  for (let tries = 0; ; tries += 1) {
    // Only the first try is late by its schedule; a repeat is meant to be sent when it is.
    const answer = await world.client.ask(tries === 0 ? what : { ...what, sinceMs: undefined });
    if (!isPassing(answer) || tries >= TRIES_MAX || world.stopped()) return { answer, wasUnknown };
    if (answer.kind === 'unknown') wasUnknown = true;
    await world.sleep(backOffMs(answer, tries, random));
  }
};

const SEATS_FRESH_MS = 500;

/** The seats of each section, at most half a second old for everybody: what an edge cache would serve. */
export const createSeatBoard = (client: Client, eventId: string) => {
  const known = new Map<
    string,
    { readonly atMs: number; readonly seats: Promise<readonly SeatDocument[]> }
  >();
  const fetchSeats = async (sectionId: string): Promise<readonly SeatDocument[]> => {
    const to = `/v1/events/${eventId}/sections/${sectionId}/seats`;
    const answer = await client.ask({ step: 'look', method: 'GET', to });
    return answer.kind === 'ok' ? (answer.body as { readonly seats: readonly SeatDocument[] }).seats : [];
  };
  return (sectionId: string): Promise<readonly SeatDocument[]> => {
    const nowMs = performance.now();
    const last = known.get(sectionId);
    if (last !== undefined && nowMs - last.atMs < SEATS_FRESH_MS) return last.seats;
    const seats = fetchSeats(sectionId);
    known.set(sectionId, { atMs: nowMs, seats });
    return seats;
  };
};
