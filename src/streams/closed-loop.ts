import { map, scan } from 'rxjs';
import {
  firstLoop,
  lookAtSale,
  slowdownOfCrowd,
  slowdownOfLoop,
  slowdownOfStock,
  type LoopState,
  type Vitals,
} from '../domain/closed-loop.ts';
import type { Slowdown } from '../domain/ports/line.ts';
import { slower } from '../domain/slowdown.ts';
import type { AdmissionWish, EffectiveKnobs } from './admissions.ts';

/** Who is inside, as the line counted at its last step. */
export interface Crowd {
  /** Passes alive and places called. */
  readonly inside: number;
  /** Measured over the last minute; null: too early to say. */
  readonly leavingPerMinute: number | null;
}

export interface ClosedLoopOptions {
  /** How the sale feels on this node, from memory. */
  readonly vitals: () => Vitals;
  /** Null: the line has not been counted yet. */
  readonly crowd: () => Crowd | null;
  readonly nowMs: () => number;
  /** Told after each wish what the loop thinks; `null` while the operator has switched it off. */
  readonly onLook: (state: LoopState | null) => void;
}

interface Turn {
  readonly state: LoopState | null;
  readonly wish: AdmissionWish | null;
}

const ceilingOf = ({ input }: AdmissionWish): number =>
  Math.min(input.knobs.ratePerMinute, input.slowdown?.ratePerMinute ?? Number.POSITIVE_INFINITY);

const crowding = (wish: AdmissionWish, crowd: Crowd | null, ceilingPerMinute: number): Slowdown | null => {
  if (crowd === null) return null;
  const { knobs, roomLeft } = wish.input;
  return slower(
    slowdownOfStock({ ceilingPerMinute, inside: crowd.inside, seatsLeft: roomLeft }),
    slowdownOfCrowd({ ceilingPerMinute, insideMax: knobs.insideMax, ...crowd }),
  );
};

/**
 * Closes the loop: what goes in as the operator's wish comes out as what the sale can digest as well, never more. Each node
 * runs one for each event and says what it finds with its steps; the line keeps to the lowest that is fresh.
 */
export const closedLoop =
  ({ vitals, crowd, nowMs, onLook }: ClosedLoopOptions): EffectiveKnobs =>
  (wish$) =>
    wish$.pipe(
      scan<AdmissionWish, Turn>(
        ({ state }, wish) => {
          if (wish.input.knobs.closedLoop === false) return { state: null, wish };
          const ceilingPerMinute = ceilingOf(wish);
          const calling = wish.input.open && !wish.input.knobs.paused;
          const before = state ?? firstLoop(ceilingPerMinute);
          const planned = wish.event.launch?.active === true;
          const input = { ceilingPerMinute, calling, planned, vitals: vitals(), nowMs: nowMs() };
          const next = lookAtSale(before, input);
          const slowdown = slower(
            wish.input.slowdown,
            slower(slowdownOfLoop(next, ceilingPerMinute), crowding(wish, crowd(), ceilingPerMinute)),
          );
          return { state: next, wish: { ...wish, input: { ...wish.input, slowdown } } };
        },
        { state: null, wish: null },
      ),
      map(({ state, wish }) => {
        onLook(state);
        return wish as AdmissionWish;
      }),
    );
