import type { Random } from '../domain/ports/environment.ts';
import { between, pick, seededRandom } from './seeded-random.ts';

/**
 * How somebody ends who has seats:
 * - `pays`            with a good card
 * - `declined_first`  with one or two cards that are declined, then a good one
 * - `releases`        gives the hold back
 * - `cancels`         orders and then cancels
 * - `vanishes`        goes away without a word, with a hold or an unpaid order
 */
export type Ending = 'pays' | 'declined_first' | 'releases' | 'cancels' | 'vanishes';

/**
 * How somebody means to get into a line with lanes; whoever is refused there tries as everybody does:
 * - `any`           names nothing
 * - `open_lane`     names a lane that is open to everybody
 * - `code`          brings a code that goes round, which may be used up, over, or lead past the line
 * - `made_up_code`  brings a code that nobody made
 * - `coded_lane`    names a lane that asks for a code, and has none
 */
export type WayIn = 'any' | 'open_lane' | 'code' | 'made_up_code' | 'coded_lane';

/** Who a fan is: everything about them that chance decides, decided before the run begins. */
export interface Persona {
  readonly index: number;
  /** After the start; never moved by what the server does: that is what makes the run open-loop. */
  readonly arrivesAtMs: number;
  readonly wantsFrontRow: boolean;
  /** Names the seats; else lets the section choose. */
  readonly namesSeats: boolean;
  readonly quantity: number;
  /** How long they stand in line; Infinity: as long as it takes. */
  readonly linePatienceMs: number;
  /** How late they come when called; Infinity: never. */
  readonly lateMs: number;
  /** How long they look for seats once inside. */
  readonly shopPatienceMs: number;
  readonly thinkMs: number;
  readonly ending: Ending;
  readonly wayIn: WayIn;
  /** Takes the place along to another device. */
  readonly takesAlong: boolean;
  /** Gives a paid order back, where the event takes it. */
  readonly regrets: boolean;
  /** Sends the same request twice at once. */
  readonly doubleClicks: boolean;
  /** Gives up waiting for an answer after so long and sends the request again; null: waits. */
  readonly hangsUpAfterMs: number | null;
  /** Watches the line over a stream of their own. */
  readonly streams: boolean;
  /** Makes this fan's own choices during the run. */
  readonly seed: number;
}

export interface CrowdPlan {
  readonly fans: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly seatsPerFan: number;
}

/** No more streams than this: one process stands for many browsers, and each stream is a socket of its own. */
const STREAMS_MAX = 50;

const ENDINGS: readonly (readonly [Ending, number])[] = [
  ['pays', 0.7],
  ['declined_first', 0.12],
  ['releases', 0.06],
  ['cancels', 0.07],
  ['vanishes', 0.05],
];

const WAYS_IN: readonly (readonly [WayIn, number])[] = [
  ['any', 0.35],
  ['open_lane', 0.25],
  ['code', 0.3],
  ['made_up_code', 0.05],
  ['coded_lane', 0.05],
];

/** One of `shares`, which add up to one. */
const oneOf = <T>(random: Random, shares: readonly (readonly [T, number])[], otherwise: T): T => {
  let left = random.next();
  for (const [one, share] of shares) {
    left -= share;
    if (left < 0) return one;
  }
  return otherwise;
};

const chance = (random: Random, share: number): boolean => random.next() < share;

/** Poisson arrivals: given how many come in all, their times are uniform and independent. */
const arrivals = (random: Random, plan: CrowdPlan): readonly number[] =>
  Array.from({ length: plan.fans }, () => random.next() * plan.durationMs).sort((a, b) => a - b);

/** The whole crowd in the order of its arrival; a function of the plan alone. */
export const crowdOf = (plan: CrowdPlan): readonly Persona[] => {
  const random = seededRandom(plan.seed);
  // Of its own, so that the crowd of a seed is the same with lanes and without.
  const laneRandom = seededRandom(plan.seed ^ 0x1a9e);
  let streams = 0;
  return arrivals(random, plan).map((arrivesAtMs, index) => {
    const wantsFrontRow = chance(random, 0.3);
    const absent = chance(random, 0.03);
    const late = chance(random, 0.06);
    const impatient = chance(random, 0.08);
    const streaming = chance(random, 0.03) && streams < STREAMS_MAX;
    if (streaming) streams += 1;
    return {
      index,
      arrivesAtMs,
      wantsFrontRow,
      namesSeats: wantsFrontRow || chance(random, 0.5),
      quantity: Math.min(plan.seatsPerFan, pick(random, [1, 2, 2, 2, 3, 4])),
      linePatienceMs: impatient ? between(random, 1_000, plan.durationMs) : Number.POSITIVE_INFINITY,
      lateMs: absent ? Number.POSITIVE_INFINITY : late ? between(random, 2_000, 8_000) : 0,
      shopPatienceMs: between(random, 15_000, 45_000),
      thinkMs: between(random, 100, 1_500),
      ending: oneOf(random, ENDINGS, 'pays'),
      wayIn: oneOf(laneRandom, WAYS_IN, 'any'),
      takesAlong: chance(random, 0.05),
      regrets: chance(random, 0.1),
      doubleClicks: chance(random, 0.08),
      hangsUpAfterMs: chance(random, 0.04) ? between(random, 1, 25) : null,
      streams: streaming,
      seed: Math.floor(random.next() * 4_294_967_296),
    };
  });
};
