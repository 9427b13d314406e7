import type { Random } from '../domain/ports/environment.ts';
import type { Persona } from './crowd.ts';
import type { HoldDocument, SeatDocument } from './documents.ts';
import { create } from './keyed.ts';
import { between, pick } from './seeded-random.ts';
import type { World } from './world.ts';

export interface Shopper {
  readonly world: World;
  readonly persona: Persona;
  readonly random: Random;
  readonly fanId: string;
  readonly token: string;
  readonly pass: string;
}

/** `refused`: what no patience can change, such as a pass that has ended. */
export type Shopped =
  | { readonly kind: 'held'; readonly hold: HoldDocument }
  | { readonly kind: 'sold_out' | 'gave_up' | 'refused' | 'stopped' };

type Wish =
  | { readonly sectionId: string; readonly seatIds: readonly string[] }
  | { readonly sectionId: string; readonly quantity: number };

/** No use trying again with these. */
const FINAL = new Set([
  'pass_expired',
  'pass_invalid',
  'pass_required',
  'fan_limit',
  'event_not_open',
  'unauthenticated',
  'forbidden',
  'invalid_request',
]);

/** Free seats beside each other in one row as far as there are; the front row first for those who want it. */
export const chooseSeats = (
  seats: readonly SeatDocument[],
  quantity: number,
  front: boolean,
  random: Random,
): readonly string[] => {
  const free = seats.filter((seat) => seat.status === 'free');
  const from = front ? 0 : Math.floor(random.next() * Math.max(1, free.length - quantity + 1));
  return free.slice(from, from + quantity).map((seat) => seat.seatId);
};

const wishOf = async ({ world, persona, random }: Shopper): Promise<Wish | null> => {
  const maps = await Promise.all(
    world.sectionIds.map(async (sectionId) => ({ sectionId, seats: await world.seatsOf(sectionId) })),
  );
  const open = maps
    .map((map) => ({ ...map, free: map.seats.filter((seat) => seat.status === 'free').length }))
    .filter((map) => map.free > 0);
  if (open.length === 0) return null;
  const enough = open.filter((map) => map.free >= persona.quantity);
  // Nobody goes home because there are only two left for three.
  const from = enough.length > 0 ? enough : open;
  const chosen = persona.wantsFrontRow ? from[0] : pick(random, from);
  if (chosen === undefined) return null;
  const quantity = Math.min(persona.quantity, chosen.free);
  const { sectionId, seats } = chosen;
  if (!persona.namesSeats) return { sectionId, quantity };
  return { sectionId, seatIds: chooseSeats(seats, quantity, persona.wantsFrontRow, random) };
};

/** What is wrong with a hold as answer to a wish; null: nothing. */
export const holdProblem = (wish: Wish, hold: HoldDocument): string | null => {
  if (hold.sectionId !== wish.sectionId) return `hold ${hold.holdId} is in another section`;
  if (new Set(hold.seats).size !== hold.seats.length) return `hold ${hold.holdId} names a seat twice`;
  if ('quantity' in wish) {
    return hold.seats.length === wish.quantity
      ? null
      : `hold ${hold.holdId} has ${hold.seats.length} seats of ${wish.quantity}`;
  }
  const same = [...hold.seats].sort().join() === [...wish.seatIds].sort().join();
  return same ? null : `hold ${hold.holdId} is for other seats than asked for`;
};

/** Looks and asks until seats are held, patience ends or nothing is left. */
export const shop = async (shopper: Shopper): Promise<Shopped> => {
  const { world, persona, random, fanId, token, pass } = shopper;
  const untilMs = world.now() + persona.shopPatienceMs;
  while (world.now() < untilMs) {
    if (world.stopped()) return { kind: 'stopped' };
    if (world.soldOut()) return { kind: 'sold_out' };
    const wish = await wishOf(shopper);
    if (wish === null) {
      await world.sleep(between(random, 700, 1_500));
      continue;
    }
    const { sectionId: wished } = wish;
    const named = 'seatIds' in wish ? wish.seatIds : null;
    const answer = await create(
      shopper,
      { what: 'hold', sectionId: wished, seatIds: named },
      {
        step: 'hold',
        method: 'POST',
        to: `/v1/events/${world.eventId}/holds`,
        token,
        headers: { 'catraca-pass': pass },
        body: wish,
      },
    );
    if (answer.kind === 'ok') {
      const hold = answer.body as HoldDocument;
      const { holdId, sectionId, seats, expiresAt } = hold;
      world.tally.count('holds');
      world.memory.compared(holdProblem(wish, hold));
      world.memory.hold({
        fanId,
        holdId,
        sectionId,
        seatIds: seats,
        expiresAtMs: Date.parse(expiresAt),
        releasedAtMs: null,
      });
      return { kind: 'held', hold };
    }
    if (answer.kind === 'refused' && FINAL.has(answer.code)) return { kind: 'refused' };
    await world.sleep(between(random, 150, 700));
  }
  return { kind: world.soldOut() ? 'sold_out' : 'gave_up' };
};
