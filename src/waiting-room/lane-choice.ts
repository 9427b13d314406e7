import type { SaleEvent } from '../domain/event.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import type { LaneWish } from './joining.ts';

/** In which lane somebody without a code comes to stand: the one they name, or the first that is open to everybody. */
export const openLane = (event: SaleEvent, laneId: string | undefined): LaneWish | Refusal => {
  const { lanes } = event;
  if (lanes === undefined) {
    return laneId === undefined ? { lane: 0, moves: false } : refuse('lane_unknown');
  }
  const lane = lanes.findIndex(({ id, access }) => access === 'open' && (laneId ?? id) === id);
  if (lane >= 0) return { lane, moves: laneId !== undefined };
  const closed = laneId === undefined || lanes.some(({ id }) => id === laneId);
  return refuse(closed ? 'code_required' : 'lane_unknown');
};
