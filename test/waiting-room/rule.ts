import test, { type ExecutionContext } from 'ava';
import { memoryWorld, redisWorld, type World } from './room.ts';

/** One rule of the line, on both stores that count one. Serial: each has a database and a pool of its own, and a server has only so many connections. */
export const rule = (title: string, body: (t: ExecutionContext, world: World) => Promise<void>): void => {
  for (const [name, open] of [
    ['memory', memoryWorld],
    ['Redis', redisWorld],
  ] as const) {
    test.serial(`${name}: ${title}`, async (t) => {
      const world = await open(t);
      if (world !== null) await body(t, world);
    });
  }
};
