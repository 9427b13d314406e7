import type { RequestOutcome, SeatRequest } from '../audit/history.ts';
import type { Hold, HoldResult } from '../domain/hold.ts';
import type { EventDefinition } from '../domain/event.ts';
import { seatsOf } from '../domain/event.ts';
import type { EventId, FanId, PassId } from '../domain/ids.ts';
import type { HoldCommand } from '../domain/ports/services.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import { deriveId } from '../http/request-key.ts';
import type { Chance } from './chance.ts';
import type { Asked, Fleet } from './fleet.ts';
import type { GatewaySite } from './gateway-site.ts';
import type { MemoryOfFans } from './memory-of-fans.ts';
import type { Node } from './node.ts';
import { passes } from './node.ts';
import type { World } from './world.ts';

/** What a fan lives in. */
export interface Surroundings {
  readonly world: World;
  readonly fleet: Fleet;
  readonly site: GatewaySite;
  readonly memory: MemoryOfFans;
  readonly chance: Chance;
  readonly eventId: EventId;
  readonly show: EventDefinition;
  /** Nobody begins anything new any more. */
  isClosing(): boolean;
}

export interface Person extends Surroundings {
  readonly name: string;
  readonly fanId: FanId;
}

export const waits = (person: Person, fromMs: number, toMs: number): Promise<void> =>
  new Promise((resolve) => {
    person.world.plan(person.name, person.chance.between(fromMs, toMs), 'timer', resolve);
  });

export const asks = <T>(
  person: Person,
  what: string,
  use: (node: Node) => Promise<T | Refusal>,
): Promise<Asked<T | Refusal>> =>
  person.fleet.ask(person.name, what, use).then((asked) => {
    if (asked.kind === 'answer' && isRefusal(asked.value)) person.memory.refused(asked.value.code);
    return asked;
  });

const TRIES = 12;

/** Asks until there is an answer that counts, with pauses; null: given up. A fan may press twice although all is well. */
const insists = async <T>(
  person: Person,
  what: string,
  use: (node: Node) => Promise<T | Refusal>,
  isFinal: (answer: T | Refusal) => boolean,
): Promise<T | Refusal | null> => {
  for (let attempt = 0; attempt < TRIES && !person.isClosing(); attempt += 1) {
    const asked = await asks(person, what, use);
    if (asked.kind === 'answer' && isFinal(asked.value)) return asked.value;
    await waits(person, 200, 2_000);
  }
  return null;
};

const joins = async (person: Person): Promise<string | null> => {
  const { eventId, fanId, memory } = person;
  const joined = await insists(
    person,
    'join',
    (node) => node.room.join(eventId, fanId),
    (answer) => !isRefusal(answer),
  );
  if (joined === null || isRefusal(joined)) return null;
  memory.place(fanId, joined.receipt?.index ?? joined.number);
  memory.frame(joined.frame);
  return joined.place;
};

/** Nobody waits for it: a node that has no frame yet has one sooner or later, or cannot tell, or dies. */
const looks = async ({ eventId, memory }: Person, node: Node): Promise<void> => {
  const frame = await node.room.frame(eventId).catch(() => null);
  if (frame !== null) memory.frame(frame);
};

const comesIn = async (person: Person, place: string): Promise<PassId | null> => {
  const { eventId, fanId, memory } = person;
  const redeemed = await insists(
    person,
    'redeem',
    (node) => {
      void looks(person, node);
      return node.room.redeem(eventId, fanId, place);
    },
    (answer) => !isRefusal(answer) || ['pass_expired', 'place_invalid', 'line_closed'].includes(answer.code),
  );
  if (redeemed === null || isRefusal(redeemed)) return null;
  memory.admission(fanId);
  return passes.readPass(redeemed.pass)?.passId ?? null;
};

const wishOf = ({ chance, show }: Person): Pick<HoldCommand, 'sectionId' | 'wish'> => {
  const section = chance.pick(show.sections);
  const seats = seatsOf(section).map((seat) => seat.seatId);
  const many = chance.whole(1, Math.min(3, seats.length));
  if (chance.happens(0.3)) return { sectionId: section.id, wish: { quantity: many } };
  const from = chance.whole(0, seats.length - many);
  return { sectionId: section.id, wish: { seatIds: seats.slice(from, from + many) } };
};

const LEFT_OPEN: ReadonlySet<string> = new Set(['outcome_unknown', 'internal', 'command_set_aside']);
/** Nothing was done, and nothing is said of the seats. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'overloaded', 'section_closed']);

/** What was asked of seats, without the when and the answer. */
export type SeatAsked =
  | Pick<Extract<SeatRequest, { what: 'hold' }>, 'what' | 'sectionId' | 'seatIds'>
  | Pick<Extract<SeatRequest, { what: 'order' | 'release' }>, 'what' | 'holdIds'>;

/** `value` null: no answer came that counts. */
export const outcomeOf = (
  value: { readonly id: string } | Refusal | null,
  triedBefore = false,
): RequestOutcome => {
  if (value === null) return { kind: 'unknown' };
  if (!isRefusal(value)) return { kind: 'ok', id: value.id, triedBefore };
  if (LEFT_OPEN.has(value.code) || PASSING.has(value.code)) return { kind: 'unknown' };
  return { kind: 'refused', code: value.code, seatIds: value.seatIds ?? [] };
};

/**
 * One wish under one key: repeated while its outcome is not known, and now and then for no reason. The definite answer, or
 * null when none came.
 */
export const repeats = async <T>(
  person: Person,
  wish: SeatAsked & { readonly what: 'hold' | 'order' },
  key: string,
  use: (node: Node) => Promise<T | Refusal>,
  idOf: (value: T) => string,
): Promise<T | Refusal | null> => {
  const { memory, chance, fanId, world } = person;
  const { what } = wish;
  const invokedAtMs = world.nowMs;
  const most = chance.whole(1, 5);
  let open = false;
  let granted: T | null = null;
  let refusal: Refusal | null = null;
  for (let attempt = 0; attempt < most; attempt += 1) {
    memory.asked(fanId, what, key);
    const asked = await asks(person, what, use);
    if (
      asked.kind === 'unknown' ||
      (asked.kind === 'answer' && isRefusal(asked.value) && LEFT_OPEN.has(asked.value.code))
    ) {
      open = true;
    } else if (asked.kind === 'answer') {
      if (isRefusal(asked.value)) refusal = asked.value;
      else {
        granted = asked.value;
        memory.got(fanId, what, key, idOf(granted));
      }
      if (!chance.happens(0.15)) break;
    }
    await waits(person, 20, 3_000);
  }
  const known = open ? null : refusal;
  memory.request({
    ...wish,
    fanId,
    invokedAtMs,
    answeredAtMs: world.nowMs,
    outcome: outcomeOf(granted === null ? known : { id: idOf(granted) }, open),
  });
  if (granted !== null) return granted;
  if (open) memory.unknown(fanId, what);
  return known;
};

export const holdsSeats = async (person: Person, passId: PassId, key: string): Promise<Hold | null> => {
  const { eventId, fanId, memory } = person;
  const wish = wishOf(person);
  const holdId = deriveId(fanId, 'holds', key);
  const command: HoldCommand = { ...wish, holdId, eventId, fanId, passId, fingerprint: JSON.stringify(wish) };
  const result = await repeats<Exclude<HoldResult, Refusal>>(
    person,
    { what: 'hold', sectionId: wish.sectionId, seatIds: 'seatIds' in wish.wish ? wish.wish.seatIds : null },
    key,
    (node) => node.sale.tickets.hold(command),
    (held) => held.hold.holdId,
  );
  if (result === null || isRefusal(result)) return null;
  memory.hold(result.hold);
  return result.hold;
};

/** From the line to the pass; null: it did not come to that. */
export const enters = async (person: Person): Promise<PassId | null> => {
  const place = await joins(person);
  return place === null ? null : comesIn(person, place);
};
