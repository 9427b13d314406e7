import type { Ids, Random } from '../domain/ports/environment.ts';
import { between, pick, seededRandom } from '../rush/seeded-random.ts';

/** Chance from one seed. Each name has a stream of its own, so that one part that asks more often does not change the others. */
export interface Chance {
  readonly random: Random;
  /** True in `share` of all cases. */
  happens(share: number): boolean;
  between(from: number, to: number): number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
}

const FNV_PRIME = 0x01000193;
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
};

export const chanceOf = (seed: number, name: string): Chance => {
  const random = seededRandom(hashOf(`${seed}/${name}`));
  return {
    random,
    happens: (share) => random.next() < share,
    between: (from, to) => between(random, from, to),
    whole: (from, to) => from + Math.floor(random.next() * (to - from + 1)),
    pick: (items) => pick(random, items),
  };
};

/**
 * UUIDs of version 7 form that rise, so that ids sort by the order in which they were made, as ours do. Makers of different
 * names never make the same one.
 */
export const seededIds = (chance: Chance, maker: string): Ids => {
  const mark = hashOf(maker).toString(16).padStart(8, '0');
  let count = 0;
  return {
    next() {
      count += 1;
      const order = count.toString(16).padStart(12, '0');
      const tail = Math.floor(chance.random.next() * 0x10000)
        .toString(16)
        .padStart(4, '0');
      return `${order.slice(0, 8)}-${order.slice(8)}-7${mark.slice(0, 3)}-8${mark.slice(3, 6)}-${mark}${tail}`;
    },
  };
};
