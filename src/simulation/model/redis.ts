import type { Clock } from '../../domain/ports/environment.ts';
import type { LineStore } from '../../domain/ports/line.ts';
import type { SeatLocks } from '../../domain/ports/seat-locks.ts';
import { createMemoryLineStore } from '../../infra/memory/line-store.ts';
import { createMemorySeatLocks } from '../../infra/memory/seat-locks.ts';

export interface RedisModel {
  readonly locks: SeatLocks;
  readonly line: LineStore;
  /** Forgets every key, as FLUSHALL and a restart without persistence do. */
  flush(): void;
}

/** Redis as the nodes share it: the in-process adapters, which pass the same conformance suite as those over Redis. */
export const createRedisModel = (options: {
  readonly clock: Clock;
  readonly callTtlMs: number;
}): RedisModel => {
  const { clock, callTtlMs } = options;
  let locks = createMemorySeatLocks(clock);
  let line = createMemoryLineStore({ clock, callTtlMs });
  return {
    flush() {
      locks = createMemorySeatLocks(clock);
      line = createMemoryLineStore({ clock, callTtlMs });
    },
    locks: {
      acquire: (requests) => locks.acquire(requests),
      release: (released) => locks.release(released),
      extend: (extended, ttlMs) => locks.extend(extended, ttlMs),
      holderOf: (eventId, seatId) => locks.holderOf(eventId, seatId),
      healthy: () => true,
    },
    line: {
      nextNumber: (...question) => line.nextNumber(...question),
      step: (eventId, input) => line.step(eventId, input),
      redeem: (...question) => line.redeem(...question),
      assure: (...pass) => line.assure(...pass),
      leave: (eventId, place) => line.leave(eventId, place),
      restore: (eventId, snapshot) => line.restore(eventId, snapshot),
      healthy: () => true,
    },
  };
};
