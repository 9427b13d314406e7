import type { Redis } from 'ioredis';
import type { PlaceNumber } from '../../src/domain/ids.ts';
import { createPermutation, drawKeyOf } from '../../src/domain/draw.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';

/** What a bare operation takes, and what ours takes beside it in the same run, one after the other. */
export interface Beside {
  readonly bareMicros: number;
  readonly oursMicros: number;
}

export const microsEach = async (times: number, work: () => unknown): Promise<number> => {
  const startedMs = performance.now();
  for (let index = 0; index < times; index += 1) await work();
  return ((performance.now() - startedMs) * 1_000) / times;
};

/** Looking one turn up among so many entrants, beside one bare HMAC-SHA256. */
export const turnCost = (entrants: number, times: number): Beside => {
  const [secret, head] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(9)];
  const key = drawKeyOf(nodeHashes, { secret, head, entrants, beacon: null });
  const turnOf = createPermutation(nodeHashes, key, entrants);
  const time = (work: (index: number) => unknown): number => {
    const startedMs = performance.now();
    for (let index = 0; index < times; index += 1) work(index);
    return ((performance.now() - startedMs) * 1_000) / times;
  };
  const block = new Uint8Array(16);
  const bareMicros = time(() => nodeHashes.hmacSha256(secret, block));
  const spread = (index: number): PlaceNumber => 1 + ((index * 7_919) % entrants);
  return { bareMicros, oursMicros: time((index) => turnOf(spread(index))) };
};

/** What the lines of one prefix take of Redis. */
export const redisUse = async (
  redis: Redis,
  prefix: string,
): Promise<{ readonly keys: number; readonly bytes: number }> => {
  let [keys, bytes] = [0, 0];
  for await (const found of redis.scanStream({ match: `${prefix}*`, count: 5_000 })) {
    for (const key of found as string[]) {
      keys += 1;
      bytes += Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
    }
  }
  return { keys, bytes };
};
