import type { Random } from '../domain/ports/environment.ts';

/** One fan's whole story, decided before the sale is played: so two rates are compared on the same people. */
export interface Visitor {
  readonly arrivesAtMs: number;
  /** Leaves the line unserved after waiting so long. */
  readonly patienceMs: number;
  /** From the call to the request for a pass. Null: is not there when called. */
  readonly reactionMs: number | null;
  /** An absent one comes back so long after the call; null: never. */
  readonly backAfterMs: number | null;
  readonly seatsWanted: number;
  /** For each attempt: looking at the map before asking for seats. */
  readonly choosingMs: number;
  /** From the hold to the payment's word; null: never pays, and does not say so. */
  readonly payingMs: number | null;
  readonly isBot: boolean;
}

export interface CrowdShape {
  readonly fans: number;
  /** Over so long people come after the opening; those before it are there at once. */
  readonly arrivalsMs: number;
  /** Part of the fans that waits for the opening already. */
  readonly early: number;
  /** Part that is not there when called; half of them come back. */
  readonly absent: number;
  /** Part of the fans that is a program: there at once, takes as much as it may, seldom pays. */
  readonly bots: number;
  /** Part of the people that holds seats and never pays. */
  readonly neverPay: number;
  /** Medians of people; one in ten takes more than twice as long. */
  readonly choosingMs: number;
  readonly payingMs: number;
  /** Median patience in the line. */
  readonly patienceMs: number;
  readonly seatsPerFan: number;
}

const BOT_PAYS = 0.2;
const BOT_MS = 400;
const COMES_BACK = 0.5;
/** Of the logarithm: one in ten above twice the median. */
const SPREAD = 0.55;

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Log-normal: how long people take at anything is skewed, with a long tail. */
const around = (random: Random, medianMs: number): number =>
  Math.round(medianMs * Math.exp(SPREAD * normal(random)));

const seatsOf = (random: Random, most: number): number => {
  const drawn = random.next();
  // Tickets are bought in pairs first of all.
  const wanted = drawn < 0.2 ? 1 : drawn < 0.7 ? 2 : drawn < 0.8 ? 3 : 4;
  return Math.min(most, wanted);
};

const person = (random: Random, shape: CrowdShape, arrivesAtMs: number): Visitor => {
  const isThere = random.next() >= shape.absent;
  return {
    arrivesAtMs,
    patienceMs: around(random, shape.patienceMs),
    reactionMs: isThere ? around(random, 3_000) : null,
    backAfterMs: !isThere && random.next() < COMES_BACK ? around(random, 120_000) : null,
    seatsWanted: seatsOf(random, shape.seatsPerFan),
    choosingMs: around(random, shape.choosingMs),
    payingMs: random.next() < shape.neverPay ? null : around(random, shape.payingMs),
    isBot: false,
  };
};

const bot = (random: Random, shape: CrowdShape, arrivesAtMs: number): Visitor => ({
  arrivesAtMs,
  patienceMs: Number.POSITIVE_INFINITY,
  reactionMs: BOT_MS,
  backAfterMs: null,
  seatsWanted: shape.seatsPerFan,
  choosingMs: BOT_MS,
  payingMs: random.next() < BOT_PAYS ? around(random, shape.payingMs) : null,
  isBot: true,
});

/** The same seed, the same crowd, in the order of arrival. The opening is at 0. */
export const crowdOf = (shape: CrowdShape, random: Random): readonly Visitor[] =>
  Array.from({ length: shape.fans }, () => {
    const isEarly = random.next() < shape.early;
    // Most of the others come soon after the opening.
    const arrivesAtMs = isEarly ? 0 : Math.round(shape.arrivalsMs * random.next() ** 2);
    return random.next() < shape.bots ? bot(random, shape, arrivesAtMs) : person(random, shape, arrivesAtMs);
  }).sort((one, other) => one.arrivesAtMs - other.arrivesAtMs);
