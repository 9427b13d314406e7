import type { Clock } from '../../domain/ports/environment.ts';
import type { LineStore } from '../../domain/ports/line.ts';
import type { SeatLocks } from '../../domain/ports/seat-locks.ts';
import { createMemoryLineStore } from '../../infra/memory/line-store.ts';
import { createMemorySeatLocks } from '../../infra/memory/seat-locks.ts';

export interface RedisModel {
  readonly locks: SeatLocks;
  /** The lines under the keys of that term. */
  lineOf(term: number): LineStore;
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
  let lines = new Map<number, LineStore>();
  const inTerm = (term: number): LineStore => {
    const line = lines.get(term) ?? createMemoryLineStore({ clock, callTtlMs });
    lines.set(term, line);
    return line;
  };
  return {
    flush() {
      locks = createMemorySeatLocks(clock);
      lines = new Map();
    },
    locks: {
      acquire: (requests) => locks.acquire(requests),
      release: (released) => locks.release(released),
      extend: (extended, ttlMs) => locks.extend(extended, ttlMs),
      holderOf: (eventId, seatId) => locks.holderOf(eventId, seatId),
      healthy: () => true,
    },
    // Looked up with each command: what was held before a flush is not there after it.
    lineOf: (term) => ({
      nextNumber: (...question) => inTerm(term).nextNumber(...question),
      step: (eventId, input) => inTerm(term).step(eventId, input),
      redeem: (...question) => inTerm(term).redeem(...question),
      assure: (...pass) => inTerm(term).assure(...pass),
      leave: (eventId, place) => inTerm(term).leave(eventId, place),
      restore: (eventId, snapshot) => inTerm(term).restore(eventId, snapshot),
      healthy: () => true,
    }),
  };
};
