import { laneDrawId } from '../domain/draw.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { PlaceNumber } from '../domain/ids.ts';
import { BYPASS_LANE, laneOf, numberIn, positionOf } from '../domain/lanes.ts';
import type { DrawRecord } from '../domain/ports/draw-book.ts';
import { openLineDraw, type LineDraw } from './line-draw.ts';
import type { WaitingRoomParts } from './parts.ts';

/** The draws of a line, one for each lane: who stands in a lane is drawn among those who stand in it. */
export interface LaneDraws {
  of(lane: number): LineDraw;
  /** Every lane's draw, as `LineDraw.keepUp`. */
  keepUp(event: SaleEvent): Promise<readonly DrawRecord[]>;
  /** Where this place stands in the order of calling of its lane; null: not drawn yet, or nothing is known of that draw. */
  turnOf(number: PlaceNumber): PlaceNumber | null;
}

export const openLaneDraws = (
  first: SaleEvent,
  parts: Pick<WaitingRoomParts, 'draws' | 'hashes' | 'clock'>,
): LaneDraws => {
  const { eventId } = first;
  const draws = new Map<number, LineDraw>();
  let event = first;

  const of = (lane: number): LineDraw => {
    const known = draws.get(lane);
    if (known !== undefined) return known;
    const drawId = laneDrawId(parts.hashes, eventId, lane);
    const draw = openLineDraw(event, parts, { drawId, eventId, lane });
    draws.set(lane, draw);
    return draw;
  };

  return {
    of,
    async keepUp(now) {
      event = now;
      // The first before the others: it must be there before anybody has a place in any of them.
      const all = [await of(0).keepUp(now)];
      for (let lane = 1; lane < (now.lanes?.length ?? 1); lane += 1) all.push(await of(lane).keepUp(now));
      return all;
    },
    turnOf(number) {
      const lane = laneOf(number);
      if (lane >= BYPASS_LANE) return number;
      const turn = of(lane).turnOf(positionOf(number));
      return turn === null ? null : numberIn(lane, turn);
    },
  };
};
