import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Clock, Ids, Random } from '../domain/ports/environment.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * For leases: never behind the time that has passed. A wall clock may be set back, and a lease judged by it would last for as much
 * longer; a monotonic one stands still while the machine is suspended. So whichever went further since the last look is believed.
 * Its value is no time of day.
 */
export const createLeaseClock = (
  clock: Clock = systemClock,
  steadyMs: () => number = () => performance.now(),
): Clock => {
  let [wall, steady] = [clock.nowMs(), steadyMs()];
  let passedMs = 0;
  return {
    nowMs() {
      const [wallNow, steadyNow] = [clock.nowMs(), steadyMs()];
      passedMs += Math.max(0, wallNow - wall, steadyNow - steady);
      [wall, steady] = [wallNow, steadyNow];
      return passedMs;
    },
    after: (delayMs, task) => clock.after(delayMs, task),
  };
};

/** Asking the system for 16 random bytes at a time cost 4 % of a hold; 8 KiB last for 512 ids. */
const pool = new Uint8Array(8_192);
let used = pool.length;
const pooledRandom = (): Uint8Array => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
};

export const systemIds: Ids = { next: () => uuidv7({ rng: pooledRandom }) };

export const systemRandom: Random = { next: () => Math.random() };
