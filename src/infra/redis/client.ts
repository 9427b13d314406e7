import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { urlsOf } from '../../domain/server-address.ts';
import { systemRandom } from '../environment.ts';
import type { Logger } from '../log.ts';

export type RedisClient = Redis | Cluster;

export interface RedisClientOptions {
  /**
   * `redis://host:6379` for one server; `redis+cluster://one:6379,two:6379` for a Redis Cluster, of which it need not name all;
   * `redis+sentinel://one:26379,two:26379/name` for the master that Sentinel calls so. `rediss…` for TLS.
   */
  readonly url: string;
  readonly log: Logger;
  /** Shown in `CLIENT LIST`, and in our log. */
  readonly name: string;
  /** A command without an answer for this long rejects; whether it took effect is then not known. */
  readonly commandTimeoutMs: number;
}

const FIRST_RETRY_MS = 50;
const SLOWEST_RETRY_MS = 1_000;
const RETRY_JITTER_MS = 200;
const CONNECT_TIMEOUT_MS = 2_000;
/** A moved slot, a failover and every node may each cost one; more is a cluster that does not know itself. */
const REDIRECTIONS_MAX = 5;
/** Only while nobody is told of a change by a refused command. */
const LOOK_FOR_NODES_EVERY_MS = 1_000;

/** Jitter, so that a restarted server is not met by every node in the same millisecond. */
const retryDelayMs = (attempt: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), SLOWEST_RETRY_MS) +
  Math.floor(systemRandom.next() * RETRY_JITTER_MS);

/** One that changes its master by itself. */
export const failsOver = (url: string): boolean => /^rediss?\+/.test(url);

const settingsOf = ({ name, commandTimeoutMs }: RedisClientOptions) => ({
  connectionName: name,
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  commandTimeout: commandTimeoutMs,
  connectTimeout: CONNECT_TIMEOUT_MS,
});

/** Of one connection to one master, as against the pool of a cluster. */
const singleOf = (options: RedisClientOptions) => ({
  ...settingsOf(options),
  enableOfflineQueue: false,
  retryStrategy: retryDelayMs,
  // A replica that was promoted, or a primary that was demoted: the next connection finds the right one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
});

/** Without a listener ioredis prints to stderr; every failed attempt emits, so only the first of a row is a warning. */
const sayWhenAway = <Client extends RedisClient>(
  redis: Client,
  { log, name }: RedisClientOptions,
): Client => {
  let down = false;
  redis.on('error', (error: Error) => {
    log[down ? 'debug' : 'warn']({ err: error, redis: name }, 'Redis is not reachable');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({ redis: name }, 'Redis is back');
    down = false;
  });
  return redis;
};

/**
 * A client of one server that sends each command at most once: ioredis' own default resends after a reconnect, so that a lock
 * is taken twice and the caller hears "null". Commands reject at once while the connection is away; it reconnects for ever. The
 * client does nothing before `connectRedis`.
 */
export const createRedis = (options: RedisClientOptions): Redis =>
  sayWhenAway(new Redis(options.url, singleOf(options)), options);

/**
 * Asks again and again which nodes there are, until the client is stopped. ioredis would do that itself (`slotsRefreshInterval`), but when it
 * is stopped while it asks it sets the next round all the same, and a process that wants to end never does (6.0.0).
 */
const lookForNodes = (cluster: Cluster): void => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => cluster.refreshSlotsCache(next), LOOK_FOR_NODES_EVERY_MS);
  };
  cluster.once('ready', next);
  cluster.on('end', () => {
    stopped = true;
    clearTimeout(timer);
  });
};

/** As `createRedis`, for every kind of address. */
export const createRedisClient = (options: RedisClientOptions): RedisClient => {
  const { url } = options;
  if (!failsOver(url)) return createRedis(options);
  const urls = urlsOf(url).map((one) => new URL(one));
  const [{ protocol, username, password, pathname } = new URL(url)] = urls;
  const access = {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol.startsWith('rediss') && { tls: {} }),
  };
  const hosts = (defaultPort: number) =>
    urls.map((one) => ({ host: one.hostname, port: Number(one.port) || defaultPort }));
  if (protocol.endsWith('+sentinel:')) {
    const sentinels = {
      sentinels: hosts(26_379),
      name: pathname.slice(1),
      sentinelRetryStrategy: retryDelayMs,
    };
    return sayWhenAway(new Redis({ ...singleOf(options), ...access, ...sentinels }), options);
  }
  const cluster = new Cluster(hosts(6_379), {
    lazyConnect: true,
    enableOfflineQueue: false,
    redisOptions: { ...settingsOf(options), ...access },
    clusterRetryStrategy: retryDelayMs,
    maxRedirections: REDIRECTIONS_MAX,
    // See `lookForNodes`.
    slotsRefreshInterval: 0,
    // Resent is only what a node has refused unread. After a lost connection nobody knows, and whoever asked must be told.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
  lookForNodes(cluster);
  return sayWhenAway(cluster, options);
};

/**
 * Connects and waits until commands are taken. Rejects after `deadlineMs` (its cause is why the last attempt failed) or
 * when the client is stopped meanwhile. It goes on trying until it is stopped. A refused first attempt is no failure: the
 * server may be starting next to us.
 */
export const connectRedis = async (redis: RedisClient, deadlineMs: number): Promise<void> => {
  if (redis.status !== 'ready') await whenReady(redis, deadlineMs);
  // A cluster's connection to a node begins with the first command for it; those beside that command would be refused.
  if ('nodes' in redis) await Promise.all(redis.nodes('master').map((master) => master.ping()));
};

const whenReady = async (redis: RedisClient, deadlineMs: number): Promise<void> => {
  let deadline: NodeJS.Timeout | undefined;
  let lastError: Error | undefined;
  const onError = (error: Error): void => {
    lastError = error;
  };
  let [onReady, onEnd]: (() => void)[] = [];
  redis.on('error', onError);
  try {
    await new Promise<void>((resolve, reject) => {
      onReady = resolve;
      onEnd = () => reject(new Error('the client was stopped', { cause: lastError }));
      redis.once('ready', onReady);
      redis.once('end', onEnd);
      deadline = setTimeout(
        () => reject(new Error(`Redis did not answer within ${deadlineMs} ms`, { cause: lastError })),
        deadlineMs,
      );
      if (redis.status === 'wait') redis.connect().catch(() => undefined);
    });
  } finally {
    clearTimeout(deadline);
    redis.off('error', onError);
    if (onReady !== undefined) redis.off('ready', onReady);
    if (onEnd !== undefined) redis.off('end', onEnd);
  }
};

const readScript = (file: string): string =>
  readFileSync(new URL(`lua/${file}.lua`, import.meta.url), 'utf8');

/**
 * Makes `lua/<file>.lua` a command of this client (sent by its SHA-1 after the first use; a server that forgot it gets it
 * again). Without `numberOfKeys` (null) each call names it first. `preludes` are put before it: Lua in Redis cannot load a
 * module. Type the command where it is used: `declare module 'ioredis' { interface RedisCommander<Context> { … } }`.
 */
export const defineScript = (
  redis: RedisClient,
  command: string,
  file: string,
  numberOfKeys: number | null,
  preludes: readonly string[] = [],
): void => {
  const lua = [...preludes, file].map(readScript).join('\n');
  redis.defineCommand(command, { lua, ...(numberOfKeys === null ? {} : { numberOfKeys }) });
};
