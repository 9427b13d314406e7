import type { RequestOutcome, SeatRequest } from '../audit/history.ts';
import type { Hold, HoldResult } from '../domain/hold.ts';
import { seatsOf } from '../domain/event.ts';
import type { PassId } from '../domain/ids.ts';
import type { HoldCommand } from '../domain/ports/services.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import { deriveId } from '../http/request-key.ts';
import type { Node } from './node.ts';
import { passes } from './node.ts';
import { asks, insists, waits, type Person } from './person.ts';
import { asksInVain, findsPlace, redeemsInVain, type Place } from './finding-a-place.ts';

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

/** Asking again would not help. */
const CODE_REFUSED: ReadonlySet<string> = new Set([
  'recovery_code_used',
  'recovery_code_expired',
  'recovery_code_invalid',
]);

/** Types the recovery code into another device; null: it had its time, or nothing was heard. */
const takesAlong = async (person: Person, { code }: Place): Promise<Place | null> => {
  const { eventId, fanId, memory, chance } = person;
  const requestId = deriveId(fanId, 'hand over', `${code} ${chance.whole(0, 1_000_000)}`);
  const request = { code, callerId: null, requestId, address: null };
  const taken = await insists(
    person,
    'hand over',
    (node) => node.room.recover(eventId, request),
    (answer) => !isRefusal(answer) || CODE_REFUSED.has(answer.code),
  );
  if (taken === null || isRefusal(taken)) return null;
  memory.handedOver(taken.fanId === fanId);
  return { place: taken.place, code: taken.recoveryCode, laneId: taken.lane };
};

const holdsInVain = (person: Person, passId: PassId): Promise<void> => {
  const { eventId, fanId, memory, chance, world } = person;
  const wish = wishOf(person);
  const holdId = deriveId(fanId, 'holds', `in vain ${chance.whole(0, 1_000_000)}`);
  const command: HoldCommand = { ...wish, holdId, eventId, fanId, passId, fingerprint: JSON.stringify(wish) };
  return asksInVain(person, async () => {
    const invokedAtMs = world.nowMs;
    const asked = await asks(person, 'hold with the old pass', (node) => node.sale.tickets.hold(command));
    // Until it is refused it has a hand on its seats, and others may be refused them for that.
    memory.request({
      what: 'hold',
      fanId,
      sectionId: wish.sectionId,
      seatIds: 'seatIds' in wish.wish ? wish.wish.seatIds : null,
      invokedAtMs,
      answeredAtMs: world.nowMs,
      outcome: outcomeOf(asked.kind === 'answer' && isRefusal(asked.value) ? asked.value : null),
    });
    return asked;
  });
};

/** From the line to the pass; null: it did not come to that. Some take their place along to another device on the way. */
export const enters = async (person: Person): Promise<PassId | null> => {
  const { chance } = person;
  const joined = await findsPlace(person);
  if (joined === null) return null;
  const device = chance.happens(0.1) ? await takesAlong(person, joined) : null;
  const place = device ?? joined;
  const [passId] = await Promise.all([
    comesIn(person, place.place),
    device === null ? undefined : redeemsInVain(person, joined),
  ]);
  if (passId === null || !chance.happens(0.05)) return passId;
  const inside = await takesAlong(person, place);
  if (inside === null) return passId;
  const [newPassId] = await Promise.all([comesIn(person, inside.place), holdsInVain(person, passId)]);
  return newPassId;
};
