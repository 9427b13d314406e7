import type { Result } from 'ioredis';
import type { AdmissionKnobs } from '../../domain/event.ts';
import type { BindingLimit } from '../../domain/binding-limit.ts';
import type { EventId, PlaceNumber } from '../../domain/ids.ts';
import type {
  LaneCounters,
  LineStore,
  Lost,
  RedeemOutcome,
  Slowdown,
  StepResult,
} from '../../domain/ports/line.ts';
import { defineScript, type RedisClient } from './client.ts';

type Reply = readonly [number, ...(number | string)[]];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lineNext(state: string, count: number, behind: number, lane: number): Result<number, Context>;
    lineStep(...keysAndArgs: (string | number)[]): Result<Reply, Context>;
    lineRedeem(...keysAndArgs: (string | number)[]): Result<Reply, Context>;
    lineAssure(...keysAndArgs: (string | number)[]): Result<number, Context>;
    lineLeave(state: string, calls: string, ends: string, pass: string): Result<number, Context>;
    lineRestore(...keysAndArgs: (string | number)[]): Result<number, Context>;
  }
}

const LOST: Lost = { lost: true };
const NO_LIMIT = -1;

const knobArguments = (knobs: AdmissionKnobs): readonly number[] => [
  knobs.ratePerMinute,
  knobs.insideMax,
  knobs.paused ? 1 : 0,
  knobs.version,
];

const sharesOf = (knobs: AdmissionKnobs): string => (knobs.shares ?? []).join(',');

const lanesText = (lanes: readonly LaneCounters[] = []): string =>
  lanes.map(({ joined, serving }) => `${joined}:${serving}`).join(';');

const lanesFrom = (text: string): Pick<StepResult, 'lanes'> => {
  if (text === '') return {};
  const lanes = text.split(';').map((lane) => lane.split(':').map(Number));
  return { lanes: lanes.map(([joined = 0, serving = 0]) => ({ joined, serving })) };
};

/** Why a line is slowed travels as text that no script reads. A plain word is of a node from before there were figures. */
const limitOf = (text: string): Pick<StepResult, 'binding' | 'parameters'> => {
  if (!text.startsWith('{')) return { binding: text as BindingLimit };
  const { reason, parameters } = JSON.parse(text) as Pick<Slowdown, 'reason' | 'parameters'>;
  return parameters === undefined ? { binding: reason } : { binding: reason, parameters };
};

const slowArguments = (slowdown: Slowdown | null, node = ''): readonly (string | number)[] => {
  if (slowdown === null) return [NO_LIMIT, '', node];
  const { ratePerMinute, reason, parameters } = slowdown;
  return [ratePerMinute, JSON.stringify({ reason, parameters }), node];
};

const outcomeOf = ([code, remainingMs, epoch]: Reply): RedeemOutcome | Lost => {
  if (code === -1) return LOST;
  if (code === 0) return { kind: 'not_called' };
  if (code === 1) return { kind: 'paused' };
  return { kind: 'admitted', remainingMs: Number(remainingMs), again: code === 3, epoch: Number(epoch) };
};

interface NumberRequest {
  readonly behind: number;
  readonly resolve: (answer: { readonly number: PlaceNumber } | Lost) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The lines in Redis: a node holds no state of its own, so any number of them may step. `redis` must be a client that
 * sends each command at most once (`createRedis`).
 */
export const createRedisLineStore = (options: {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly callTtlMs: number;
}): LineStore => {
  const { redis, prefix, callTtlMs } = options;
  const shared = ['line-shared'];
  defineScript(redis, 'lineNext', 'line-next', 1, shared);
  defineScript(redis, 'lineStep', 'line-step', 3, shared);
  defineScript(redis, 'lineRedeem', 'line-redeem', 5, shared);
  defineScript(redis, 'lineAssure', 'line-assure', 4, shared);
  defineScript(redis, 'lineLeave', 'line-leave', 4, shared);
  defineScript(redis, 'lineRestore', 'line-restore', 3, shared);

  const key = (eventId: EventId, part: string): string => `${prefix}line:{${eventId}}:${part}`;
  const keys = (eventId: EventId): readonly [string, string, string] => [
    key(eventId, 'state'),
    key(eventId, 'calls'),
    key(eventId, 'ends'),
  ];

  let healthy = true;
  const watched = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const result = await answer;
      healthy = true;
      return result;
    } catch (error) {
      healthy = false;
      throw error;
    }
  };

  // Thousands join in the same second: those of one turn of the event loop share one round trip.
  const asking = new Map<string, NumberRequest[]>();
  const handOut = async (eventId: EventId, lane: number, together: string): Promise<void> => {
    const requests = asking.get(together) ?? [];
    asking.delete(together);
    const behind = Math.max(...requests.map((request) => request.behind));
    try {
      const last = await watched(redis.lineNext(key(eventId, 'state'), requests.length, behind, lane));
      requests.forEach(({ resolve }, index) =>
        resolve(last < 0 ? LOST : { number: last - requests.length + 1 + index }),
      );
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  };

  return {
    nextNumber: (eventId, behind = 0, lane = 0) =>
      new Promise((resolve, reject) => {
        const together = `${eventId} ${lane}`;
        const requests = asking.get(together);
        if (requests !== undefined) {
          requests.push({ behind, resolve, reject });
          return;
        }
        asking.set(together, [{ behind, resolve, reject }]);
        setImmediate(() => void handOut(eventId, lane, together));
      }),

    async step(eventId, { open, roomLeft, knobs, slowdown = null, node, joinedAtLeast = [] }) {
      const flags = [open ? 1 : 0, roomLeft === null ? NO_LIMIT : Math.max(0, roomLeft), callTtlMs];
      const reply = await watched(
        redis.lineStep(
          ...keys(eventId),
          ...flags,
          ...knobArguments(knobs),
          ...slowArguments(slowdown, node),
          joinedAtLeast.join(','),
          sharesOf(knobs),
        ),
      );
      if (reply[0] === -1) return LOST;
      const [epoch, joined, serving, admitted, inside, called, rate] = reply.map(Number) as [
        ...[number, number, number, number, number, number, number],
      ];
      return {
        epoch,
        joined,
        serving,
        admitted,
        inside,
        called,
        effectiveRatePerMinute: rate,
        ...limitOf(String(reply[7])),
        countedAtMs: Number(reply[8]),
        ...lanesFrom(String(reply[9])),
      };
    },

    async redeem(eventId, place, passTtlMs, knobs) {
      const own = [key(eventId, `pass:${place}`), key(eventId, `want:${place}`)];
      const args = [place, passTtlMs, ...knobArguments(knobs), sharesOf(knobs)];
      return outcomeOf(await watched(redis.lineRedeem(...keys(eventId), ...own, ...args)));
    },

    async assure(eventId, place, remainingMs) {
      const own = key(eventId, `pass:${place}`);
      const code = await watched(redis.lineAssure(...keys(eventId), own, Math.ceil(remainingMs)));
      return code === -1 ? LOST : { counted: code === 1 };
    },

    async leave(eventId, place) {
      await watched(redis.lineLeave(...keys(eventId), key(eventId, `pass:${place}`)));
    },

    async restore(eventId, snapshot) {
      const { epoch, joined, serving, admitted, firstUse } = snapshot;
      const passes = snapshot.passes.flatMap((pass) => [pass.number, Math.ceil(pass.remainingMs)]);
      const counters = [epoch, joined, serving, admitted, firstUse ? 1 : 0];
      const rest = [key(eventId, 'pass:'), lanesText(snapshot.lanes), ...passes];
      await watched(redis.lineRestore(...keys(eventId), ...counters, ...rest));
    },

    healthy: () => healthy && redis.status === 'ready',
  };
};
