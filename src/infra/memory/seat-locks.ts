import type { EventId, SeatId } from '../../domain/ids.ts';
import { lockIsOf, lockValue } from '../../domain/lock-holder.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { LockOutcome, LockRequest, SeatLocks } from '../../domain/ports/seat-locks.ts';

interface Lock {
  readonly value: string;
  readonly untilMs: number;
}

/** Expired locks are dropped when they are met; this often all of them are looked through, so that none stays for ever. */
const SWEEP_EVERY = 10_000;

/** Seat locks in this process' memory: for one process without Redis, and for simulations. */
export const createMemorySeatLocks = (clock: Pick<Clock, 'nowMs'>): SeatLocks => {
  const locks = new Map<string, Lock>();
  let written = 0;
  const keyOf = (eventId: EventId, seatId: SeatId): string => `${eventId}:${seatId}`;

  const alive = (key: string): Lock | undefined => {
    const lock = locks.get(key);
    if (lock !== undefined && lock.untilMs <= clock.nowMs()) {
      locks.delete(key);
      return undefined;
    }
    return lock;
  };

  const write = (key: string, lock: Lock): void => {
    locks.set(key, lock);
    written += 1;
    if (written % SWEEP_EVERY === 0) for (const one of locks.keys()) alive(one);
  };

  const take = (request: LockRequest): LockOutcome => {
    const keys = request.seatIds.map((seatId) => keyOf(request.eventId, seatId));
    for (const [index, key] of keys.entries()) {
      const lock = alive(key);
      if (lock !== undefined && !lockIsOf(lock.value, request.holdId)) {
        return { kind: 'taken', seatId: request.seatIds[index] as SeatId, holder: lock.value };
      }
    }
    const value = lockValue(request.owner, request.holdId);
    for (const key of keys) write(key, { value, untilMs: clock.nowMs() + request.ttlMs });
    return { kind: 'acquired' };
  };

  return {
    acquire: (requests) => Promise.resolve(requests.map(take)),
    release(released) {
      for (const { eventId, seatIds, holdId } of released) {
        for (const key of seatIds.map((seatId) => keyOf(eventId, seatId))) {
          const lock = alive(key);
          if (lock !== undefined && lockIsOf(lock.value, holdId)) locks.delete(key);
        }
      }
      return Promise.resolve();
    },
    extend(extended, ttlMs) {
      for (const { eventId, seatIds, holdId } of extended) {
        for (const key of seatIds.map((seatId) => keyOf(eventId, seatId))) {
          const lock = alive(key);
          if (lock !== undefined && lockIsOf(lock.value, holdId)) {
            write(key, { value: lock.value, untilMs: clock.nowMs() + ttlMs });
          }
        }
      }
      return Promise.resolve();
    },
    holderOf: (eventId, seatId) => Promise.resolve(alive(keyOf(eventId, seatId))?.value ?? null),
    healthy: () => true,
  };
};
