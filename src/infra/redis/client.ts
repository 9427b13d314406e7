import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { systemRandom } from '../environment.ts';
import type { Logger } from '../log.ts';

export interface RedisClientOptions {
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

/** Jitter, so that a restarted server is not met by every node in the same millisecond. */
const retryDelayMs = (attempt: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), SLOWEST_RETRY_MS) +
  Math.floor(systemRandom.next() * RETRY_JITTER_MS);

/**
 * A client that sends each command at most once: ioredis' own default resends after a reconnect, so that a lock is taken
 * twice and the caller hears "null". Commands reject at once while the connection is away; it reconnects for ever. The
 * client does nothing before `connectRedis`.
 */
export const createRedis = (options: RedisClientOptions): Redis => {
  const redis = new Redis(options.url, {
    connectionName: options.name,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: retryDelayMs,
    // A replica that was promoted, or a primary that was demoted: the next connection finds the right one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  // Without a listener ioredis prints to stderr; every failed attempt emits, so only the first of a row is a warning.
  let down = false;
  redis.on('error', (error: Error) => {
    options.log[down ? 'debug' : 'warn']({ err: error, redis: options.name }, 'Redis is not reachable');
    down = true;
  });
  redis.on('ready', () => {
    if (down) options.log.info({ redis: options.name }, 'Redis is back');
    down = false;
  });
  return redis;
};

/**
 * Connects and waits until commands are taken. Rejects after `deadlineMs` (its cause is why the last attempt failed) or
 * when the client is stopped meanwhile. It goes on trying until it is stopped. A refused first attempt is no failure: the
 * server may be starting next to us.
 */
export const connectRedis = async (redis: Redis, deadlineMs: number): Promise<void> => {
  if (redis.status === 'ready') return;
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
  redis: Redis,
  command: string,
  file: string,
  numberOfKeys: number | null,
  preludes: readonly string[] = [],
): void => {
  const lua = [...preludes, file].map(readScript).join('\n');
  redis.defineCommand(command, { lua, ...(numberOfKeys === null ? {} : { numberOfKeys }) });
};
