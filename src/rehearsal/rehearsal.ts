import type { EventDefinition } from '../domain/event.ts';
import { seatCountOf } from '../domain/event.ts';
import type { RecordedSale } from '../domain/recorded-sale.ts';
import { seededRandom } from '../rush/seeded-random.ts';
import { advise, crowdsOf, ratesFor, type Advice, type Aims } from './advice.ts';
import type { CrowdShape, Visitor } from './crowd.ts';
import type { House } from './play.ts';
import { recordedCrowd } from './recorded.ts';

/** What to rehearse; see `REHEARSE_USAGE`. */
export interface RehearsalWish {
  readonly house: House;
  readonly shape: CrowdShape;
  readonly aims: Aims;
  /** Empty: rates for this house and crowd. */
  readonly rates: readonly number[];
  readonly seeds: readonly number[];
}

const SECOND = 1_000;
const MINUTE = 60_000;

export const DEFAULT_HOUSE: House = {
  seats: 20_000,
  insideMax: 2_000,
  callTtlMs: 30 * SECOND,
  passTtlMs: 10 * MINUTE,
  holdTtlMs: 5 * MINUTE,
  holdsPerSecond: 500,
  closedLoop: true,
};

export const DEFAULT_SHAPE: CrowdShape = {
  fans: 50_000,
  arrivalsMs: 30 * MINUTE,
  early: 0.6,
  absent: 0.15,
  bots: 0.05,
  neverPay: 0.1,
  choosingMs: 40 * SECOND,
  payingMs: 90 * SECOND,
  patienceMs: 60 * MINUTE,
  seatsPerFan: 4,
};

/** House and crowd as an event's definition has them. */
export const ofDefinition = (wish: RehearsalWish, definition: EventDefinition): RehearsalWish => ({
  ...wish,
  house: {
    ...wish.house,
    seats: definition.sections.reduce((sum, section) => sum + seatCountOf(section), 0),
    insideMax: definition.admission.insideMax,
  },
  shape: { ...wish.shape, seatsPerFan: definition.limits.seatsPerFan },
});

/** Rehearses with crowds of the wished shape. */
export const rehearse = (wish: RehearsalWish, played?: (done: number, of: number) => void): Advice => {
  const rates = wish.rates.length > 0 ? wish.rates : ratesFor(wish.house.seats, wish.shape.fans);
  return advise(wish.house, crowdsOf(wish.shape, wish.seeds, seededRandom), rates, wish.aims, played);
};

/** Lets the crowd of a recorded sale in at other rates, its own among them. */
export const replay = (
  wish: RehearsalWish,
  sale: RecordedSale,
  played?: (done: number, of: number) => void,
): Advice => {
  const house: House = { ...wish.house, seats: sale.seats, insideMax: sale.insideMax };
  const crowds: readonly (readonly Visitor[])[] = wish.seeds.map((seed) =>
    recordedCrowd(sale, seededRandom(seed)),
  );
  const wanted = wish.rates.length > 0 ? wish.rates : ratesFor(sale.seats, sale.fans.length);
  const rates = [...new Set([...wanted, sale.ratePerMinute])].sort((one, other) => one - other);
  return advise(house, crowds, rates, wish.aims, played);
};
