import type { ExecutionContext } from 'ava';
import type { AdmissionKnobs, PhaseSetting, SaleEvent } from '../../src/domain/event.ts';
import { sharesOf, type LaneDefinition } from '../../src/domain/lanes.ts';
import type { LineJournal, LineStore, Slowdown } from '../../src/domain/ports/line.ts';
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';
import { createLinePasses } from '../../src/infra/line-passes.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createMemoryLineStore } from '../../src/infra/memory/line-store.ts';
import { createDrawBook } from '../../src/infra/postgres/draw-book.ts';
import { createHandOverBook } from '../../src/infra/postgres/hand-overs.ts';
import { createLineJournal } from '../../src/infra/postgres/line-journal.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { connectRedis, createRedis } from '../../src/infra/redis/client.ts';
import { createRedisLineStore } from '../../src/infra/redis/line-store.ts';
import { createWaitingRoom, type WaitingRoom } from '../../src/waiting-room/waiting-room.ts';
import { testPostgres, testRedis } from '../support/servers.ts';

export const passes = createLinePasses('a secret for tests with 32 characters');
export const OTHER_PASSES = createLinePasses('another secret for tests, not the same');

/** The events of a test, as every node reads them. */
export interface Events {
  list(): Promise<readonly SaleEvent[]>;
  find(eventId: string): Promise<SaleEvent | null>;
  create(change?: Partial<SaleEvent>, knobs?: Partial<AdmissionKnobs>): string;
  lanes(eventId: string, lanes: readonly LaneDefinition[]): void;
  turn(eventId: string, knobs: Partial<AdmissionKnobs>): void;
  phase(eventId: string, phaseSetting: PhaseSetting): void;
  move(eventId: string, opensAtMs: number): void;
}

const createEvents = (): Events => {
  const events = new Map<string, SaleEvent>();
  const known = (eventId: string): SaleEvent => {
    const event = events.get(eventId);
    if (event === undefined) throw new Error('no such event');
    return event;
  };
  return {
    list: async () => [...events.values()],
    find: async (eventId) => events.get(eventId) ?? null,
    create(change = {}, knobs = {}) {
      const eventId = systemIds.next();
      events.set(eventId, {
        eventId,
        name: 'Noite',
        venue: 'Arena',
        currency: 'BRL',
        opensAtMs: 0,
        limits: { seatsPerFan: 4, holdsPerFan: 2 },
        sections: [],
        phaseSetting: 'scheduled',
        admission: {
          ratePerMinute: 60_000,
          insideMax: 1_000,
          paused: false,
          ...sharesOf(change.lanes),
          version: 1,
          ...knobs,
        },
        ...change,
      });
      return eventId;
    },
    lanes(eventId, lanes) {
      const event = known(eventId);
      const admission = { ...event.admission, ...sharesOf(lanes), version: event.admission.version + 1 };
      events.set(eventId, { ...event, lanes, admission });
    },
    turn(eventId, knobs) {
      const event = known(eventId);
      const admission = { ...event.admission, ...knobs, version: event.admission.version + 1 };
      events.set(eventId, { ...event, admission });
    },
    move(eventId, opensAtMs) {
      events.set(eventId, { ...known(eventId), opensAtMs });
    },
    phase(eventId, phaseSetting) {
      events.set(eventId, { ...known(eventId), phaseSetting });
    },
  };
};

export interface RoomOptions {
  readonly callTtlMs?: number;
  readonly passTtlMs?: number;
  readonly stockLeft?: (eventId: string) => number | null;
  readonly slowdown?: (event: SaleEvent) => Slowdown | null;
  /** A journal that does something else on the way. */
  readonly journal?: (journal: LineJournal) => LineJournal;
  /** Once true the node has died: it neither counts nor writes any more. */
  readonly isDead?: () => boolean;
}

/** What a process that has died does for others: nothing. */
const mortal = <T extends object>(part: T, isDead: () => boolean): T =>
  new Proxy(part, {
    get: (target, name, receiver) => {
      const own: unknown = Reflect.get(target, name, receiver);
      if (typeof own !== 'function' || !isDead()) return own;
      return () => Promise.reject(new Error('this node is dead'));
    },
  });

export interface World {
  readonly events: Events;
  readonly pool: Pool;
  /** Another node: its own waiting room on the same servers. */
  node(options?: RoomOptions): Promise<WaitingRoom>;
  /** What a FLUSHALL does to the lines. */
  lose(): Promise<void>;
}

export type OpenWorld = (t: ExecutionContext) => Promise<World | null>;

const worldOn = (
  t: ExecutionContext,
  pool: Pool,
  storeFor: (callTtlMs: number) => Promise<LineStore>,
  lose: () => Promise<void>,
): World => {
  const events = createEvents();
  const node = async (options: RoomOptions = {}): Promise<WaitingRoom> => {
    const callTtlMs = options.callTtlMs ?? 30_000;
    const isDead = options.isDead ?? (() => false);
    const room = createWaitingRoom({
      store: mortal(await storeFor(callTtlMs), isDead),
      journal: mortal(options.journal?.(createLineJournal(pool)) ?? createLineJournal(pool), isDead),
      draws: mortal(createDrawBook(pool), isDead),
      handOvers: mortal(createHandOverBook(pool), isDead),
      hashes: nodeHashes,
      passes,
      events,
      clock: systemClock,
      ids: systemIds,
      log: silentLog,
      callTtlMs,
      passTtlMs: options.passTtlMs ?? 600_000,
      tickMs: 40,
      stockLeft: options.stockLeft,
      slowdown: options.slowdown,
    });
    // Teardowns run last first: the rooms stop before their servers are taken away.
    t.teardown(() => room.stop());
    await room.start();
    return room;
  };
  return { events, pool, node, lose };
};

export const memoryWorld: OpenWorld = async (t) => {
  const server = await testPostgres(t);
  if (server === null) return null;
  let store: LineStore | null = null;
  const current = (callTtlMs: number): LineStore => {
    store ??= createMemoryLineStore({ clock: systemClock, callTtlMs });
    return store;
  };
  const storeFor = async (callTtlMs: number): Promise<LineStore> => ({
    nextNumber: (...question) => current(callTtlMs).nextNumber(...question),
    step: (eventId, input) => current(callTtlMs).step(eventId, input),
    redeem: (...question) => current(callTtlMs).redeem(...question),
    assure: (...pass) => current(callTtlMs).assure(...pass),
    leave: (eventId, place) => current(callTtlMs).leave(eventId, place),
    restore: (eventId, snapshot) => current(callTtlMs).restore(eventId, snapshot),
    healthy: () => true,
  });
  return worldOn(t, server.pool, storeFor, async () => {
    store = null;
  });
};

export const redisWorld: OpenWorld = async (t) => {
  const server = await testPostgres(t);
  const cache = server === null ? null : await testRedis(t);
  if (server === null || cache === null) return null;
  const redis = createRedis({ url: cache.url, log: silentLog, name: 'room-test', commandTimeoutMs: 5_000 });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 5_000);
  const storeFor = async (callTtlMs: number): Promise<LineStore> =>
    createRedisLineStore({ redis, prefix: cache.prefix, callTtlMs });
  return worldOn(t, server.pool, storeFor, async () => {
    const keys = await redis.keys(`${cache.prefix}*`);
    if (keys.length > 0) await redis.unlink(...keys);
  });
};

/** The answer, or the test ends here. */
export const granted = <T extends object>(answer: T | Refusal): T => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.code}`);
  return answer;
};

export const codeOf = (answer: object): string => (isRefusal(answer) ? answer.code : 'granted');
