import { laneIndex, numberIn } from '../domain/lanes.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import type { JoinWish } from '../domain/ports/waiting-room.ts';
import { MADE_UP_CODE, type KnownCode } from '../rush/known-codes.ts';
import type { Asked } from './fleet.ts';
import { asks, insists, waits, type Person } from './person.ts';

/** What a fan has of the line. `laneId` null: it has no lanes, or this place is past them all. */
export interface Place {
  readonly place: string;
  readonly code: string;
  readonly laneId: string | null;
}

/** Asking again would not help. */
const FINAL: ReadonlySet<string> = new Set([
  'code_required',
  'code_invalid',
  'code_used',
  'code_expired',
  'code_revoked',
  'code_attempts',
]);

const joins = async (person: Person, wish: JoinWish): Promise<Place | Refusal | null> => {
  const { eventId, fanId, memory, show } = person;
  const joined = await insists(
    person,
    'join',
    (node) => node.room.join(eventId, fanId, undefined, wish),
    (answer) => !isRefusal(answer) || FINAL.has(answer.code),
  );
  if (joined === null || isRefusal(joined)) return joined;
  const { lane, receipt, number } = joined;
  // Past the line there is no order, and so no number to hold against anything; it stands in no lane, as all do where there are none.
  const past = lane === null && (show.lanes !== undefined || memory.hasBroughtCode(fanId));
  if (!past) memory.place(fanId, numberIn(laneIndex(show, lane ?? undefined), receipt?.index ?? number));
  memory.frame(joined.frame);
  return { place: joined.place, code: joined.recoveryCode, laneId: lane };
};

const joinsLane = async (person: Person, laneId: string | null): Promise<Place | null> => {
  const joined = await joins(person, laneId === null ? {} : { laneId });
  return joined === null || isRefusal(joined) ? null : joined;
};

/** By a code that is going round; null: it was refused, or nothing was heard. */
const joinsByCode = async (person: Person, known: KnownCode): Promise<Place | null> => {
  const { memory, fanId } = person;
  memory.bringsCode(fanId);
  const joined = await joins(person, { code: known.text });
  if (joined === null || isRefusal(joined)) return null;
  memory.opened(fanId, known.laneId);
  return joined;
};

/** What no code opens for them: a lane that asks for one, and a code that nobody made. Whoever is on the list is let in. */
const triesWithout = async (person: Person, laneId: string): Promise<Place | null> => {
  const { codes, memory, fanId, chance } = person;
  const made = chance.happens(0.5);
  const wish = made ? { code: MADE_UP_CODE } : { laneId };
  const joined = await joins(person, wish);
  if (joined === null) return null;
  const letIn = !isRefusal(joined);
  memory.compared(
    !letIn || (!made && codes.invited.has(fanId)),
    `${fanId} stands in ${laneId} without a code`,
  );
  return letIn ? joined : null;
};

/** Somewhere in the line, where it has lanes in one of them. Some think better of it and go over to another lane. */
const findsOpenPlace = async (person: Person): Promise<Place | null> => {
  const { chance, show } = person;
  const lanes = (show.lanes ?? []).filter(({ access }) => access === 'open').map(({ id }) => id);
  const first = await joinsLane(person, chance.pick([null, ...lanes]));
  if (first === null || lanes.length === 0 || !chance.happens(0.2)) return first;
  await waits(person, 0, 1_000);
  const second = await joinsLane(person, chance.pick(lanes));
  if (second === null || second.laneId === first.laneId) return second ?? first;
  person.memory.wentOver();
  void redeemsInVain(person, first);
  return second;
};

/** With a code where they have heard of one, and otherwise, or when it does not open, like everybody else. */
export const findsPlace = async (person: Person): Promise<Place | null> => {
  const { codes, show, chance, memory, fanId } = person;
  const closed = (show.lanes ?? []).find(({ access }) => access === 'code');
  // Whoever has redeemed a code is let in by it from then on, also without bringing it again.
  if (closed !== undefined && !memory.hasBroughtCode(fanId) && chance.happens(0.5)) {
    const placed = await triesWithout(person, closed.id);
    if (placed !== null) return placed;
  }
  for (let tries = 0; tries < 2 && codes.about.length > 0 && chance.happens(0.6); tries += 1) {
    const placed = await joinsByCode(person, chance.pick(codes.about));
    if (placed !== null) return placed;
  }
  return findsOpenPlace(person);
};

/** The device before has not heard of it and asks on; whoever has the place now is in no way bothered by that. */
export const asksInVain = async (person: Person, ask: () => Promise<Asked<unknown>>): Promise<void> => {
  const { memory, chance, fanId } = person;
  for (let attempt = chance.whole(1, 3); attempt > 0 && !person.isClosing(); attempt -= 1) {
    await waits(person, 0, 2_500);
    const asked = await ask();
    if (asked.kind === 'answer')
      memory.compared(isRefusal(asked.value), `${fanId} was served with what was no longer theirs`);
  }
};

export const redeemsInVain = (person: Person, { place }: Place): Promise<void> =>
  asksInVain(person, () =>
    asks(person, 'redeem with the old place', (node) =>
      node.room.redeem(person.eventId, person.fanId, place),
    ),
  );
