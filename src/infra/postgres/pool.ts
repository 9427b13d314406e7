import type { Socket } from 'node:net';
import {
  Client as PgClient,
  DatabaseError,
  Pool as PgPool,
  types,
  type ClientBase,
  type ClientConfig,
  type PoolClient,
} from 'pg';
import { PartAway } from '../../domain/refusal.ts';
import type { Logger } from '../log.ts';
import type { Reach } from '../reach.ts';

export type Pool = PgPool;
export type Client = PoolClient;

/** The type oid of bigint in every Postgres. */
const INT8 = 20;

export interface PoolOptions {
  readonly url: string;
  /** Where a new connection leads to, where that changes: to the host that decides now. Else `url`. */
  readonly where?: () => string;
  readonly max: number;
  /** Checking out a connection may take this long; unset, pg waits for ever. */
  readonly connectTimeoutMs: number;
  /** The server gives up a statement after this; keep it below every deadline above it. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** While it is down nobody gets a connection, and those who wait for an answer are told that none will come. */
  readonly reach?: Reach;
  /** Told how long each caller waited for a connection, in milliseconds; also of those who waited in vain. */
  readonly onWait?: (waitedMs: number) => void;
  readonly log: Logger;
}

/**
 * A pool whose every wait is bounded. int8 arrives as a number here: our counters and milliseconds stay below 2^53,
 * and pg's default of strings invites `'1' + 1`.
 */
export const createPool = (options: PoolOptions): Pool => {
  const pool = new PgPool({
    connectionString: options.url,
    ...(options.where !== undefined && { Client: leadingTo(options.where) }),
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs * 2,
    // Client side, so that a server that went silent (half-open TCP) is noticed as well.
    query_timeout: options.statementTimeoutMs + 1_000,
    keepAlive: true,
    application_name: options.applicationName,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, though its type does not say so
    onConnect: workAlone,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format),
    },
  });
  // An idle connection that dies emits here; without a listener the process would die of it.
  // Only its message: pg hangs the whole client on the error. While the pool is closing it is no news.
  pool.on('error', (error) => {
    if (!pool.ending) options.log.warn({ reason: error.message }, 'an idle Postgres connection was lost');
  });
  // While a client is lent out, and while it says goodbye, the pool does not listen to it.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.log.debug({ err: error }, 'a Postgres connection was lost'));
  });
  if (options.onWait !== undefined) noteWaits(pool, options.onWait);
  // Around the above: a caller who is turned away at once has not waited.
  if (options.reach !== undefined) closeWithoutPostgres(pool, options.reach);
  sayWhenAway(pool);
  return pool;
};

/**
 * Without helpers: to start a process takes longer than what it is to help with, and the cores are wanted by the holds. Counting 60,000
 * seats took 23 ms with one and 19 without. A statement and no startup parameter, which a PgBouncer would have to be told of.
 */
const workAlone = async (client: ClientBase): Promise<void> => {
  await client.query('SET max_parallel_workers_per_gather = 0');
};

const leadingTo = (where: () => string): typeof PgClient =>
  class extends PgClient {
    constructor(config?: string | ClientConfig) {
      super({ ...(config as ClientConfig), connectionString: where() });
    }
  };

/** Otherwise everybody would wait out a timeout of their own, for a server that is known to be silent. */
const closeWithoutPostgres = (pool: Pool, reach: Reach): void => {
  const open = new Set<PoolClient>();
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => open.delete(client));
  reach.watch((up) => {
    if (up) return;
    const reason = new Error(`${reach.name} does not answer`);
    // pg has no call for it: `end()` waits for a goodbye that never comes.
    for (const client of open)
      (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(reason);
  });
  const connect = pool.connect.bind(pool) as (callback?: ConnectCallback) => unknown;
  pool.connect = ((callback?: ConnectCallback) => {
    if (reach.up()) return connect(callback);
    const error = new PostgresAway(new Error(`${reach.name} does not answer`));
    return callback === undefined ? Promise.reject(error) : callback(error);
  }) as typeof pool.connect;
};

type ConnectCallback = (error: Error, ...more: unknown[]) => void;

/** `query` of the pool checks out by the same call, with a callback. */
const noteWaits = (pool: Pool, onWait: (waitedMs: number) => void): void => {
  const connect = pool.connect.bind(pool) as (callback?: ConnectCallback) => Promise<unknown> | void;
  pool.connect = ((callback?: ConnectCallback) => {
    const fromMs = performance.now();
    const note = (): void => onWait(performance.now() - fromMs);
    if (callback !== undefined) {
      return connect((...answer) => {
        note();
        callback(...answer);
      });
    }
    const connecting = connect() as Promise<unknown>;
    connecting.then(note, note);
    return connecting;
  }) as typeof pool.connect;
};

/**
 * Postgres shuts down (57P), the connection broke (08), it follows another one by now (25006), or there was no word from it: not
 * an error in what was asked.
 */
const saysAway = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || /^(?:57P|08|25006)/.test(error.code ?? '');

const asAway = (error: unknown): unknown =>
  error instanceof PartAway || !saysAway(error) ? error : new PostgresLost(error);

const sayWhenAway = (pool: Pool): void => {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  pool.query = (async (...args: unknown[]) => {
    try {
      return await query(...args);
    } catch (error) {
      throw asAway(error);
    }
  }) as typeof pool.query;
};

/** The connection was lost under a statement: whether it took effect is not known. */
class PostgresLost extends PartAway {
  constructor(cause: unknown) {
    super('no answer from Postgres', { cause });
    this.name = 'PostgresLost';
  }
}

/** No connection was to be had: it is certain that nothing was asked, so nothing happened. */
class PostgresAway extends PartAway {
  constructor(cause: unknown) {
    super('no connection to Postgres', { cause });
    this.name = 'PostgresAway';
  }
}

export const isAway = (error: unknown): boolean => error instanceof PostgresAway;

/**
 * Lends a connection to `work`. Failing to get one is told apart (`isAway`) from a failure after something was sent, whose
 * outcome is not known; after such a failure the connection is destroyed.
 */
export const connected = async <T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> => {
  let client: Client;
  try {
    client = await pool.connect();
  } catch (error) {
    throw new PostgresAway(error);
  }
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    if (!(error instanceof DatabaseError)) broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
};

/**
 * Runs `work` in one transaction. If anything throws, the transaction is rolled back; if even that fails the connection
 * is destroyed, because its state is unknown. A rejection after COMMIT was sent means: outcome not known.
 */
export const inTransaction = <T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> =>
  connected(pool, async (client) => {
    await client.query('BEGIN');
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // If even this fails, its error says so to `connected`, and the connection goes.
      await client.query('ROLLBACK');
      throw error;
    }
  });
