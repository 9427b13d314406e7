import { randomUUID } from 'node:crypto';
import { numberIn } from '../domain/lanes.ts';
import type { Random } from '../domain/ports/environment.ts';
import type { Answer, Ask } from './client.ts';
import type { WayIn } from './crowd.ts';
import type { Joined, SignedIn } from './documents.ts';
import { MADE_UP_CODE, type KnownCode } from './known-codes.ts';
import type { Lanes } from './lanes.ts';
import { pick } from './seeded-random.ts';
import { insist, type World } from './world.ts';

/** What a fan asks for with the join. */
interface Wish {
  readonly body: object | undefined;
  readonly code: KnownCode | null;
  /** Nobody who asks for this may be let in. */
  readonly isVain: boolean;
}

const AS_EVERYBODY: Wish = { body: undefined, code: null, isVain: false };

/** What comes of a way in where there are these lanes. */
const wishOf = (wayIn: WayIn, lanes: Lanes | null, random: Random): Wish => {
  if (lanes === null) return AS_EVERYBODY;
  const { open, coded, codes } = lanes;
  if (wayIn === 'code' && codes.length > 0) {
    const code = pick(random, codes);
    return { body: { code: code.text }, code, isVain: false };
  }
  if (wayIn === 'made_up_code') return { body: { code: MADE_UP_CODE }, code: null, isVain: true };
  if (wayIn === 'coded_lane' && coded.length > 0)
    return { body: { lane: pick(random, coded) }, code: null, isVain: true };
  if (wayIn === 'open_lane' && open.length > 0)
    return { body: { lane: pick(random, open) }, code: null, isVain: false };
  return AS_EVERYBODY;
};

const asksToJoin = async (world: World, fan: SignedIn, { body }: Wish, random: Random): Promise<Answer> => {
  const to = `/v1/events/${world.eventId}/line`;
  const ask: Ask = { step: 'join', method: 'POST', to, token: fan.token, key: randomUUID(), body };
  return (await insist(world, ask, random)).answer;
};

/** The number by which Postgres knows the place; null: past the line there is no order, and so no number. */
const knownNumber = ({ lanes }: World, { lane, receipt, number }: Joined): number | null => {
  const position = receipt?.index ?? number;
  if (lanes === null) return position;
  return lane === null || lane === undefined ? null : numberIn(lanes.ids.indexOf(lane), position);
};

/** Takes a place in the line; where it has lanes, in one of them, and whoever is refused there tries as everybody does. Null: no place. */
export const join = async (
  world: World,
  fan: SignedIn,
  wayIn: WayIn,
  random: Random,
): Promise<Joined | null> => {
  const { lanes, memory, tally } = world;
  const wish = wishOf(wayIn, lanes, random);
  let answer = await asksToJoin(world, fan, wish, random);
  if (wish.isVain && answer.kind !== 'unknown') {
    memory.compared(answer.kind === 'ok' ? `fan ${fan.fanId} was let in without a code (${wayIn})` : null);
  }
  if (answer.kind === 'ok' && wish.code !== null) {
    memory.opened(fan.fanId, wish.code.laneId);
    tally.count('codes_redeemed');
  }
  if (answer.kind === 'refused' && wish !== AS_EVERYBODY) {
    answer = await asksToJoin(world, fan, AS_EVERYBODY, random);
  }
  if (answer.kind !== 'ok') return null;
  const joined = answer.body as Joined;
  tally.count('joined');
  const number = knownNumber(world, joined);
  if (number === null) tally.count('past_the_line');
  else memory.place(fan.fanId, number);
  return joined;
};
