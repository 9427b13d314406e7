import type { PartHealth } from '../domain/ports/health.ts';
import { serversOf, type Config } from '../config.ts';
import type { LineStore } from '../domain/ports/line.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { SeatLocks } from '../domain/ports/seat-locks.ts';
import { urlsOf } from '../domain/server-address.ts';
import { within } from '../infra/deadline.ts';
import { createLeaseClock, systemClock, systemIds } from '../infra/environment.ts';
import { createFallbackBus } from '../infra/fallback-bus.ts';
import { createFallbackLineStore } from '../infra/fallback-line-store.ts';
import { startLineTerms } from '../infra/line-terms.ts';
import type { Logger } from '../infra/log.ts';
import { createMemoryLineStore } from '../infra/memory/line-store.ts';
import { createMemorySeatLocks } from '../infra/memory/seat-locks.ts';
import { startEmbeddedPostgres } from '../infra/postgres/embedded/start.ts';
import { createLineKeeper } from '../infra/postgres/line-keeper.ts';
import { createPostgresLineStore } from '../infra/postgres/line-store.ts';
import { createPostgresBus } from '../infra/postgres/message-bus.ts';
import { migrate } from '../infra/postgres/migrate.ts';
import { createPool, type Pool } from '../infra/postgres/pool.ts';
import { refusePooler } from '../infra/postgres/pooler.ts';
import { createPostgresProbe, type PostgresProbe } from '../infra/postgres/probe.ts';
import { createServedWith, type ServedWith } from '../infra/postgres/served-with.ts';
import { noteLostQueue } from '../infra/postgres/lost-queues.ts';
import { createRabbitBus } from '../infra/rabbit/bus.ts';
import { connectRedis, createRedisClient, failsOver } from '../infra/redis/client.ts';
import { createRedisLineStore } from '../infra/redis/line-store.ts';
import { createFailoverProbe } from '../infra/redis/probe.ts';
import { createRedisSeatLocks } from '../infra/redis/seat-locks.ts';
import { createReach } from '../infra/reach.ts';
import type { Closing } from './closing.ts';
import { elsewhere } from './elsewhere.ts';
import { firstContact } from './first-contact.ts';
import { addressOf, reasonOf, StartError } from './start-error.ts';
import { createVitalSigns, type VitalSigns } from './vitals.ts';

/** Below the deadline of a hold (6 s), so that Postgres' own word comes before ours. */
const STATEMENT_TIMEOUT_MS = 5_000;
/** What a fan waits for a connection, at most; with Postgres known to be away nobody waits at all. */
const POOL_WAIT_MS = 1_500;
/** The watcher gives up sooner; this only ends what it left behind. */
const PROBE_MS = 1_000;
/** A lock is not worth waiting for: Postgres decides anyway. */
const REDIS_TIMEOUT_MS = 500;
const BUS_POLL_MS = 250;
/** After so long without the broker, messages go through Postgres. */
const BROKER_PATIENCE_MS = 3_000;

/** A part as the banner and the health page show it. */
export interface Part extends Omit<PartHealth, 'state' | 'standIn'> {
  readonly up: () => boolean;
  /** Postgres does its work now. */
  readonly standsIn?: () => boolean;
}

export interface Servers {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly locks: SeatLocks;
  readonly line: LineStore;
  readonly bus: MessageBus;
  /** Postgres answers; without it nothing can be decided. */
  readonly deciding: () => boolean;
  /** The broker takes messages, or there is none to wait for. */
  readonly brokerUp: () => boolean;
  readonly parts: readonly Part[];
}

/** Each host may be asked twice: one that is busy starting is no reason to fall back to its standby. */
const decider = async (address: string, probe: PostgresProbe): Promise<void> => {
  let why: unknown;
  for (let asked = 0; asked < 2 * urlsOf(address).length; asked += 1) {
    try {
      await probe.ask();
      return;
    } catch (error) {
      why = error;
    }
  }
  throw why;
};

const openPostgres = async (config: Config, log: Logger, closing: Closing, vitals: VitalSigns) => {
  let url = config.DATABASE_URL;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.CATRACA_DATA_DIR, log });
    closing.add('embedded PostgreSQL', () => embedded.stop());
    url = embedded.url;
  }
  const probe = createPostgresProbe(url, PROBE_MS);
  closing.add('Postgres probe', () => probe.close());
  const reach = createReach({ name: 'PostgreSQL', probe: () => probe.ask(), clock: systemClock, log });
  closing.add('Postgres watcher', () => reach.stop());
  const many = urlsOf(url).length > 1;
  const pool = createPool({
    url: probe.url(),
    ...(many && { where: () => probe.url() }),
    reach,
    max: config.DATABASE_POOL,
    connectTimeoutMs: POOL_WAIT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'catraca',
    onWait: (waitedMs) => vitals.poolWaits.record(waitedMs),
    log,
  });
  closing.add('Postgres pool', () => pool.end());
  try {
    if (many) await decider(url, probe);
    if (config.DATABASE_URL !== undefined) await refusePooler(probe.url());
    await migrate(probe.url(), log);
  } catch (error) {
    throw new StartError(`PostgreSQL at ${addressOf(url)} cannot be used: ${reasonOf(error)}.`, error);
  }
  const part: Part = {
    name: 'PostgreSQL',
    where: config.DATABASE_URL === undefined ? 'embedded' : addressOf(url),
    vital: true,
    up: () => reach.up(),
  };
  return { url, pool, reach, part };
};

const openRedis = async (config: Config, pool: Pool, known: ServedWith, log: Logger, closing: Closing) => {
  const { CALL_TTL_MS: callTtlMs, REDIS_PREFIX: prefix, REDIS_URL: url } = config;
  if (url === undefined) {
    return {
      locks: createMemorySeatLocks(systemClock),
      line: createMemoryLineStore({ clock: systemClock, callTtlMs }),
      part: { name: 'Redis', where: 'embedded', vital: false, up: () => true },
    };
  }
  const open = (name: string) => {
    const redis = createRedisClient({
      url,
      log,
      name: `catraca-${name}`,
      commandTimeoutMs: REDIS_TIMEOUT_MS,
    });
    closing.add(`Redis (${name})`, () => redis.disconnect());
    return redis;
  };
  // Apart, so that a slow step of the line does not stand before a lock.
  const [lockClient, lineClient] = [open('locks'), open('line')];
  const answers = await firstContact({
    server: 'Redis',
    url,
    known,
    log,
    connect: async (deadlineMs) => {
      await Promise.all([connectRedis(lockClient, deadlineMs), connectRedis(lineClient, deadlineMs)]);
    },
  });
  const probe = failsOver(url)
    ? createFailoverProbe([lockClient, lineClient], systemClock)
    : () => Promise.all([lockClient.ping(), lineClient.ping()]);
  const clock = createLeaseClock();
  const reach = createReach({ name: 'Redis', probe, up: answers, clock, log });
  closing.add('Redis watcher', () => reach.stop());
  const locks = createRedisSeatLocks({ redis: lockClient, prefix, log, reachable: () => reach.up() });
  const keeper = createLineKeeper(pool);
  const nodeId = systemIds.next();
  const terms = await startLineTerms({ keeper, reach, nodeId, clock, log });
  closing.add('line terms', () => terms.stop());
  const line = createFallbackLineStore({
    terms,
    primaryOf: (term) =>
      createRedisLineStore({ redis: lineClient, prefix: `${prefix}term-${term}:`, callTtlMs }),
    standbyOf: (term) => createPostgresLineStore({ pool, term, callTtlMs }),
  });
  return {
    locks,
    line,
    part: {
      name: 'Redis',
      where: addressOf(url),
      vital: false,
      up: () => reach.up(),
      standsIn: () => line.standingIn(),
    },
  };
};

const openBus = async (
  config: Config,
  pool: Pool,
  known: ServedWith,
  log: Logger,
  closing: Closing,
): Promise<{ readonly bus: MessageBus; readonly part: Part }> => {
  const standby = createPostgresBus({ pool, clock: systemClock, log, pollMs: BUS_POLL_MS });
  const { RABBITMQ_URL: url } = config;
  if (url === undefined) {
    closing.add('message bus', () => standby.close());
    const part: Part = { name: 'RabbitMQ', where: 'embedded', vital: false, up: () => standby.healthy() };
    return { bus: standby, part };
  }
  const primary = createRabbitBus({
    url,
    clock: systemClock,
    log,
    onQueueMissing: (queue) => noteLostQueue(pool, queue),
  });
  const bus = createFallbackBus(primary, standby, { afterMs: BROKER_PATIENCE_MS, clock: systemClock });
  closing.add('message bus', () => bus.close());
  await firstContact({
    server: 'RabbitMQ',
    url,
    known,
    log,
    connect: (deadlineMs) => within(systemClock, deadlineMs, primary.ready()),
    lastFault: () => primary.lastFault(),
  });
  const part: Part = {
    name: 'RabbitMQ',
    where: addressOf(url),
    vital: false,
    up: () => primary.healthy(),
    standsIn: () => bus.standbyInUse(),
  };
  return { bus, part };
};

/** Connects to the servers that are configured and that these roles need, and starts the embedded part for each that is not. */
export const openServers = async (
  config: Config,
  log: Logger,
  closing: Closing,
  vitals: VitalSigns = createVitalSigns(),
): Promise<Servers> => {
  const postgres = await openPostgres(config, log, closing, vitals);
  const needs = serversOf(config.roles);
  const known = createServedWith(postgres.pool);
  const redis = needs.redis ? await openRedis(config, postgres.pool, known, log, closing) : null;
  const rabbit = needs.rabbit ? await openBus(config, postgres.pool, known, log, closing) : null;
  return {
    pool: postgres.pool,
    databaseUrl: postgres.url,
    locks: redis?.locks ?? elsewhere('locks'),
    line: redis?.line ?? elsewhere('line'),
    bus: rabbit === null ? elsewhere('message bus') : vitals.watchingBus(rabbit.bus),
    deciding: () => postgres.reach.up(),
    brokerUp: rabbit?.part.up ?? (() => true),
    parts: [postgres, ...(redis ? [redis] : []), ...(rabbit ? [rabbit] : [])].map(({ part }) => part),
  };
};
