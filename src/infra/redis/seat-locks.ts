import type { Result } from 'ioredis';
import type { EventId, SeatId } from '../../domain/ids.ts';
import { lockIsOf, lockValue } from '../../domain/lock-holder.ts';
import type { LockedSeats, LockOutcome, LockRequest, SeatLocks } from '../../domain/ports/seat-locks.ts';
import type { Logger } from '../log.ts';
import { defineScript, type RedisClient } from './client.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lockAcquire(
      numberOfKeys: number,
      ...keysAndArguments: (string | number)[]
    ): Result<(0 | [number, string])[], Context>;
    lockRelease(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
  }
}

export interface RedisSeatLocksOptions {
  /** A client of `createRedis`: at most once, no offline queue, every command timed. */
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly log: Logger;
  /** Where it says false nobody waits for an answer that will not come: `unavailable` at once. */
  readonly reachable?: () => boolean;
}

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): readonly T[][] => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
};

/** Seat locks in Redis: one key per seat, one script call per event, time to live and batch. */
export const createRedisSeatLocks = ({
  redis,
  prefix,
  log,
  reachable = () => true,
}: RedisSeatLocksOptions): SeatLocks => {
  defineScript(redis, 'lockAcquire', 'lock-acquire', null);
  defineScript(redis, 'lockRelease', 'lock-release', null);
  let lastWorked = true;

  const keyOf = (eventId: EventId, seatId: SeatId): string => `${prefix}{${eventId}}:seat:${seatId}`;

  const noted = (worked: boolean, error?: unknown): void => {
    if (lastWorked && !worked) log.warn({ err: error }, 'seat locks are unavailable: Postgres alone decides');
    if (!lastWorked && worked) log.info('seat locks are back');
    lastWorked = worked;
  };

  /** After an error nobody knows whether the script ran: look at the keys and compare. */
  const whatHappened = async (requests: readonly LockRequest[]): Promise<readonly LockOutcome[]> => {
    const keys = requests.flatMap((one) => one.seatIds.map((seatId) => keyOf(one.eventId, seatId)));
    const values = await redis.mget(...keys);
    let at = 0;
    return requests.map((one) => {
      const mine = values.slice(at, at + one.seatIds.length);
      at += one.seatIds.length;
      if (mine.every((value) => value !== null && lockIsOf(value, one.holdId))) return { kind: 'acquired' };
      const other = mine.findIndex((value) => value !== null && !lockIsOf(value, one.holdId));
      if (other < 0) return { kind: 'unavailable' };
      return { kind: 'taken', seatId: one.seatIds[other] as SeatId, holder: mine[other] as string };
    });
  };

  /** All of one event and for one time. */
  const acquireAlike = async (requests: readonly LockRequest[]): Promise<readonly LockOutcome[]> => {
    if (!reachable()) {
      noted(false);
      return requests.map(() => ({ kind: 'unavailable' }));
    }
    const keys: string[] = [];
    const holds: (string | number)[] = [];
    for (const { eventId, seatIds, owner, holdId } of requests) {
      for (const seatId of seatIds) keys.push(keyOf(eventId, seatId));
      holds.push(lockValue(owner, holdId), seatIds.length);
    }
    try {
      const answers = await redis.lockAcquire(keys.length, ...keys, requests[0]?.ttlMs ?? 0, ...holds);
      noted(true);
      return requests.map((one, index) => {
        const answer = answers[index];
        if (answer === 0) return { kind: 'acquired' };
        if (answer === undefined) return { kind: 'unavailable' };
        return { kind: 'taken', seatId: one.seatIds[answer[0] - 1] as SeatId, holder: answer[1] };
      });
    } catch (error) {
      try {
        const outcomes = await whatHappened(requests);
        noted(true);
        return outcomes;
      } catch {
        noted(false, error);
        return requests.map(() => ({ kind: 'unavailable' }));
      }
    }
  };

  /** Best effort by design: the TTL is the backstop, and nobody waits for this. */
  const touch = async (locks: readonly LockedSeats[], ttlMs: number): Promise<void> => {
    for (const group of grouped(locks, ({ eventId }) => eventId)) {
      const keys = group.flatMap((one) => one.seatIds.map((seatId) => keyOf(one.eventId, seatId)));
      const holdIds = group.flatMap((one) => one.seatIds.map(() => one.holdId));
      try {
        await redis.lockRelease(keys.length, ...keys, ttlMs, ...holdIds);
        noted(true);
      } catch (error) {
        noted(false, error);
      }
    }
  };

  return {
    async acquire(requests) {
      const groups = grouped(requests, ({ eventId, ttlMs }) => `${eventId}/${ttlMs}`);
      if (groups.length === 1) return acquireAlike(requests);
      const outcomes = new Map<LockRequest, LockOutcome>();
      await Promise.all(
        groups.map(async (group) => {
          const results = await acquireAlike(group);
          for (const [index, request] of group.entries()) {
            outcomes.set(request, results[index] as LockOutcome);
          }
        }),
      );
      return requests.map((request) => outcomes.get(request) as LockOutcome);
    },
    release: (locks) => touch(locks, 0),
    extend: (locks, ttlMs) => touch(locks, ttlMs),
    holderOf: (eventId, seatId) => redis.get(keyOf(eventId, seatId)),
    healthy: () => lastWorked,
  };
};
