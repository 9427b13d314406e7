import { LRUCache } from 'lru-cache';
import { leafOf } from '../domain/draw.ts';
import { phaseAt } from '../domain/event.ts';
import { withPlace } from '../domain/frame.ts';
import type { EventId, FanId, PlaceNumber } from '../domain/ids.ts';
import {
  BYPASS_LANE,
  calledUpTo,
  laneIdOf,
  laneOf,
  numberIn,
  positionOf,
  toldNumber,
} from '../domain/lanes.ts';
import type { DrawReceipt } from '../domain/ports/draw-book.ts';
import type { PlaceReceipt, PlaceRecord } from '../domain/ports/line.ts';
import type { PlaceClaim } from '../domain/ports/recovery.ts';
import type { Joined } from '../domain/ports/joined.ts';
import { refuse, RefusalError, type Refusal } from '../domain/refusal.ts';
import type { Claims } from './claims.ts';
import type { EventLine } from './event-line.ts';
import type { LaneWish } from './lane-choice.ts';
import type { WaitingRoomParts } from './parts.ts';

/** Places kept in memory; a fan who asks again then costs Postgres nothing. */
const REMEMBERED_PLACES = 200_000;
/** A number is another's only just after counters were restored a moment behind; each try moves on by one. */
const NUMBER_TRIES = 50;

interface Remembered {
  readonly number: PlaceNumber;
  readonly claim: number;
  readonly receipt: PlaceReceipt | null;
}

export interface Placed extends Remembered {
  readonly created: boolean;
}

const placedBy = ({
  number,
  claim,
  receipt,
  created,
}: PlaceRecord & { readonly created: boolean }): Placed => ({
  number,
  claim,
  receipt,
  created,
});

const FIRST_LANE: LaneWish = { lane: 0, moves: false };

export interface Joining {
  /** `shown`: the place that the caller has; one that was handed over is given only to whoever shows it. */
  join(
    line: EventLine,
    fanId: FanId,
    entropy: string,
    shown: PlaceClaim | null,
    wish?: LaneWish,
  ): Promise<Joined | Refusal>;
  /** What a fan is told of a place. */
  tell(line: EventLine, fanId: FanId, placed: Placed): Promise<Joined>;
  /** Whether a join would find a place that this fan has. Rejects with a refusal where that cannot be known. */
  hasPlace(line: EventLine, fanId: FanId): Promise<boolean>;
}

export const createJoining = (parts: WaitingRoomParts, claims: Pick<Claims, 'isGone'>): Joining => {
  const { store, journal, draws, hashes, passes, clock, ids, log } = parts;
  const remembered = new LRUCache<string, Remembered>({
    max: parts.rememberedPlaces ?? REMEMBERED_PLACES,
  });
  const underWay = new Map<string, Promise<Placed | Refusal>>();

  /** Before the opening. Null: it has opened, also where this node did not know it yet. */
  const enterDraw = async (
    line: EventLine,
    fanId: FanId,
    entropy: string,
    lane: number,
  ): Promise<Placed | null> => {
    const draw = line.draws.of(lane);
    if ((await draw.current()).sealedAtMs !== null) return null;
    const leaf = leafOf(hashes, { eventId: draw.of.drawId, fanId, entropy });
    const entered = await draws.enter(draw.of, fanId, leaf);
    if (entered !== null && !entered.ended) return placedBy(entered);
    await draw.look();
    return null;
  };

  /** A place that is always called needs no count of its own, only a number that nobody else has. */
  const nextNumber = async (line: EventLine, eventId: EventId, lane: number): Promise<PlaceNumber> => {
    if (lane >= BYPASS_LANE) return numberIn(lane, 1 + Number.parseInt(ids.next().slice(-8), 16));
    const { entrants } = await line.draws.of(lane).current();
    return (await line.ask(() => store.nextNumber(eventId, entrants, lane))).number;
  };

  /** Behind all who joined before the opening, and behind whoever came since. */
  const newPlace = async (
    line: EventLine,
    eventId: EventId,
    fanId: FanId,
    lane: number,
  ): Promise<Placed | Refusal> => {
    for (let attempt = 0; attempt < NUMBER_TRIES; attempt += 1) {
      let number: PlaceNumber;
      try {
        number = await nextNumber(line, eventId, lane);
      } catch (error) {
        log.warn({ eventId, err: error }, 'a place could not be given: the line store is away');
        return refuse('unavailable');
      }
      // A failure from here on is thrown: the place may stand. Joining again finds it.
      const recorded = await journal.recordPlace(eventId, fanId, number);
      if (recorded !== null) return placedBy(recorded);
    }
    return refuse('overloaded');
  };

  const lookUp = async (eventId: EventId, fanId: FanId): Promise<PlaceRecord | null> => {
    try {
      return await journal.findPlace(eventId, fanId);
    } catch (error) {
      if (error instanceof RefusalError) throw error;
      log.warn({ eventId, err: error }, 'a place could not be looked up');
      throw new RefusalError(refuse('unavailable'));
    }
  };

  /** Looking first costs a read that many share; not looking would cost a hole in the line for each repeat. */
  const findOrCreate = async (
    line: EventLine,
    fanId: FanId,
    entropy: string,
    wish: LaneWish,
    shown: PlaceClaim | null,
  ): Promise<Placed | Refusal> => {
    const { eventId } = line.event();
    if (wish.moves) await giveUpOther(eventId, fanId, wish.lane, shown);
    const entered = wish.lane < BYPASS_LANE ? await enterDraw(line, fanId, entropy, wish.lane) : null;
    if (entered !== null) return entered;
    const place = await lookUp(eventId, fanId);
    if (place !== null && !place.ended) return placedBy({ ...place, created: false });
    // The place has had its turn. Whoever joins again does so at the end, as everybody else.
    if (place !== null) await journal.spendPlace(eventId, fanId, place.number);
    return newPlace(line, eventId, fanId, wish.lane);
  };

  /** Died in between: the fan has no place, and gets the one that was wanted when they ask again. */
  const giveUpOther = async (
    eventId: EventId,
    fanId: FanId,
    lane: number,
    shown: PlaceClaim | null,
  ): Promise<void> => {
    const place = await lookUp(eventId, fanId);
    if (place === null || laneOf(place.number) === lane || !isShown(place, shown)) return;
    await journal.giveUpPlace(eventId, fanId, place.number);
  };

  /** One at a time for a fan on this node, so that two hundred joins at once burn one number and not two hundred. */
  const once = (
    line: EventLine,
    key: string,
    fanId: FanId,
    entropy: string,
    wish: LaneWish,
    shown: PlaceClaim | null,
  ): Promise<Placed | Refusal> => {
    const running = underWay.get(key);
    if (running !== undefined) {
      return running.then((placed) => ('kind' in placed ? placed : { ...placed, created: false }));
    }
    const mine = findOrCreate(line, fanId, entropy, wish, shown).finally(() => underWay.delete(key));
    underWay.set(key, mine);
    return mine;
  };

  const place = async (
    line: EventLine,
    fanId: FanId,
    entropy: string,
    wish: LaneWish,
    shown: PlaceClaim | null,
  ): Promise<Placed | Refusal> => {
    const key = `${line.event().eventId} ${fanId}`;
    const known = remembered.get(key);
    const stays = known !== undefined && (!wish.moves || laneOf(known.number) === wish.lane);
    // A place that was not called cannot have ended; any other must be looked at.
    if (stays && isWaiting(line, known.number) && !(await isGone(line, fanId, known)))
      return { ...known, created: false };
    return once(line, `${key} ${wish.moves ? wish.lane : ''}`, fanId, entropy, wish, shown);
  };

  const isGone = (line: EventLine, fanId: FanId, { number, claim }: Remembered): Promise<boolean> =>
    claims.isGone({ eventId: line.event().eventId, fanId, number, claim });

  /** A token alone proves no more who has a place that went to another device: the one before has the same. */
  const isShown = (
    { number, claim }: Pick<Remembered, 'number' | 'claim'>,
    shown: PlaceClaim | null,
  ): boolean => claim === 0 || (shown !== null && shown.number === number && (shown.claim ?? 0) === claim);

  const isWaiting = (line: EventLine, number: PlaceNumber): boolean => {
    const frame = line.latest();
    const turn = line.draws.turnOf(number) ?? Number.POSITIVE_INFINITY;
    return frame !== null && turn > calledUpTo(frame, number);
  };

  const receiptOf = (fanId: FanId, { number, receipt }: Remembered, commitment: string): DrawReceipt | null =>
    receipt === null ? null : { index: positionOf(number), fanId, ...receipt, commitment };

  const tell = async (line: EventLine, fanId: FanId, placed: Placed): Promise<Joined> => {
    const { number, claim, receipt, created } = placed;
    const { eventId } = line.event();
    remembered.set(`${eventId} ${fanId}`, { number, claim, receipt });
    const lane = laneOf(number);
    const draw = lane < BYPASS_LANE ? await line.draws.of(lane).current() : null;
    const place = { eventId, fanId, number, claim };
    return {
      created,
      place: passes.issuePlace(place),
      number: toldNumber(line.draws.turnOf(number) ?? number),
      lane: laneIdOf(line.event(), number),
      recoveryCode: passes.recoveryCode(place),
      receipt: draw === null ? null : receiptOf(fanId, placed, draw.commitment),
      frame: withPlace(await line.frame(), number),
    };
  };

  return {
    tell,

    async hasPlace(line, fanId) {
      const { eventId } = line.event();
      if (remembered.has(`${eventId} ${fanId}`)) return true;
      const place = await lookUp(eventId, fanId);
      return place !== null && !place.ended;
    },

    async join(line, fanId, entropy, shown, wish = FIRST_LANE) {
      if (phaseAt(line.event(), clock.nowMs()) === 'closed') return refuse('line_closed');
      try {
        const placed = await place(line, fanId, entropy, wish, shown);
        if ('kind' in placed) return placed;
        return isShown(placed, shown) ? await tell(line, fanId, placed) : refuse('place_handed_over');
      } catch (error) {
        if (error instanceof RefusalError) return error.refusal;
        throw error;
      }
    },
  };
};
