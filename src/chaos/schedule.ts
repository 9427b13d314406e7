import type { Random } from '../domain/ports/environment.ts';
import { between } from '../rush/seeded-random.ts';
import type { Nemesis } from './nemesis.ts';

export interface PlannedStrike {
  /** After the start of the run. */
  readonly atMs: number;
  readonly nemesis: Nemesis;
  /** How long it rages before it is healed. */
  readonly lastsMs: number;
  /** Makes the strike's own choices: which node, which section. */
  readonly seed: number;
}

export interface Timing {
  /** The first strike, after the start of the run. */
  readonly fromMs: number;
  /** By then everything should be whole again. */
  readonly untilMs: number;
  /** From one strike to the next, on average. */
  readonly everyMs: number;
}

const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const deck = [...items];
  for (let at = deck.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random.next() * (at + 1));
    [deck[at], deck[other]] = [deck[other] as T, deck[at] as T];
  }
  return deck;
};

/** What heals slowly goes before what heals at once: near the end it would not fit any more. */
const SLOW_MS = 10_000;
const dealt = (random: Random, kinds: readonly Nemesis[]): Nemesis[] => {
  const deck = shuffled(random, kinds);
  return [
    ...deck.filter((one) => one.healsInMs >= SLOW_MS),
    ...deck.filter((one) => one.healsInMs < SLOW_MS),
  ];
};

/**
 * When to strike with what: a function of its arguments, so that a seed replays. Every kind has its turn before any has a
 * second one, strikes of different parts overlap, and no part is struck while it is still struck or healing.
 */
export const planStrikes = (
  kinds: readonly Nemesis[],
  timing: Timing,
  random: Random,
): readonly PlannedStrike[] => {
  const plan: PlannedStrike[] = [];
  const wholeAtMs = new Map<Nemesis['part'], number>();
  const isWhole = (one: Nemesis, atMs: number): boolean => (wholeAtMs.get(one.part) ?? 0) <= atMs;
  const fits = (one: Nemesis, atMs: number): boolean =>
    atMs + one.lastsMs[1] + one.healsInMs <= timing.untilMs;
  let deck: Nemesis[] = [];
  for (let atMs = timing.fromMs; kinds.some((one) => fits(one, atMs));) {
    if (!deck.some((one) => fits(one, atMs))) deck = dealt(random, kinds);
    const next = deck.findIndex((one) => isWhole(one, atMs) && fits(one, atMs));
    if (next < 0) {
      atMs += timing.everyMs / 10;
      continue;
    }
    const [nemesis] = deck.splice(next, 1) as [Nemesis];
    const lastsMs = Math.round(between(random, ...nemesis.lastsMs));
    plan.push({ atMs: Math.round(atMs), nemesis, lastsMs, seed: Math.floor(random.next() * 4_294_967_296) });
    wholeAtMs.set(nemesis.part, atMs + lastsMs + nemesis.healsInMs);
    atMs += between(random, 0.5, 1.5) * timing.everyMs;
  }
  return plan;
};
