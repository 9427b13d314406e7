import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { Client, DatabaseError } from 'pg';
import { createPool, type Pool } from '../../src/infra/postgres/pool.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createMigratedDatabase } from './postgres-template.ts';
import { addVhost, deleteVhost } from './rabbit-vhosts.ts';

/**
 * The servers a test talks to: those of the environment, else those on localhost's usual ports. Each caller gets a
 * database, a key prefix or a vhost of its own, removed at teardown. `CI_REQUIRE_SERVERS=1` turns "not found" into a failure.
 */
const POSTGRES = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const REDIS = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const RABBIT = process.env['RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672';
const REQUIRED = process.env['CI_REQUIRE_SERVERS'] === '1';

/** As much of a test as is needed here; a hook, which may share servers with many tests, has it from `sharedStage`. */
export type Stage = Pick<ExecutionContext, 'log' | 'pass' | 'teardown'>;

const unique = (): string => randomBytes(5).toString('hex');

const absent = (t: Stage, what: string, error: unknown): null => {
  if (REQUIRED) throw new Error(`${what} is required here and was not found`, { cause: error });
  t.log(`not run: no ${what} was found`);
  t.pass();
  return null;
};

export interface TestPostgres {
  readonly url: string;
  readonly pool: Pool;
}

/** Postgres' word for "all places are taken": other tests have them, and give them back. */
const TOO_MANY_CONNECTIONS = '53300';
const PLACES_FREE_WITHIN_MS = 60_000;

/** One errand as the administrator; the connection is given back at once, because a hundred tests share a hundred. */
const asAdmin = async (work: (admin: Client) => Promise<unknown>): Promise<void> => {
  const untilMs = performance.now() + PLACES_FREE_WITHIN_MS;
  for (;;) {
    const admin = new Client({ connectionString: POSTGRES, connectionTimeoutMillis: 10_000 });
    try {
      await admin.connect();
    } catch (error) {
      const full = error instanceof DatabaseError && error.code === TOO_MANY_CONNECTIONS;
      if (!full || performance.now() >= untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      await work(admin);
    } finally {
      await admin.end();
    }
    return;
  }
};

/** A migrated database of its own. Null where no Postgres is to be had: the test then returns. */
export const testPostgres = async (t: Stage): Promise<TestPostgres | null> => {
  const name = `catraca_test_${unique()}`;
  let found = false;
  try {
    await asAdmin((admin) => {
      found = true;
      return createMigratedDatabase(admin, POSTGRES, name);
    });
  } catch (error) {
    // A migration that fails is no server that is absent.
    if (found) throw error;
    return absent(t, 'PostgreSQL', error);
  }
  const url = new URL(POSTGRES);
  url.pathname = `/${name}`;
  const pool = createPool({
    url: url.href,
    max: 10,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    applicationName: 'catraca-test',
    log: silentLog,
  });
  t.teardown(async () => {
    await pool.end();
    await asAdmin((admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
  });
  return { url: url.href, pool };
};

export interface TestRedis {
  readonly url: string;
  /** Every key of the test starts with it. */
  readonly prefix: string;
}

/** A key prefix of its own. Null where no Redis is to be had. */
export const testRedis = async (t: Stage): Promise<TestRedis | null> => {
  const prefix = `ct:${unique()}:`;
  const admin = new Redis(REDIS, { lazyConnect: true, retryStrategy: () => null });
  admin.on('error', () => undefined);
  try {
    await admin.connect();
  } catch (error) {
    return absent(t, 'Redis', error);
  }
  t.teardown(async () => {
    for await (const keys of admin.scanStream({ match: `${prefix}*`, count: 1_000 })) {
      if ((keys as string[]).length > 0) await admin.unlink(...(keys as string[]));
    }
    admin.disconnect();
  });
  return { url: REDIS, prefix };
};

export interface TestRabbit {
  readonly url: string;
}

/** A vhost of its own. Null where no RabbitMQ is to be had. */
export const testRabbit = async (t: Stage): Promise<TestRabbit | null> => {
  const vhost = `ct_${unique()}`;
  try {
    const probe = await connect(RABBIT, { timeout: 2_000 });
    await probe.close();
    await addVhost(vhost);
  } catch (error) {
    return absent(t, 'RabbitMQ', error);
  }
  t.teardown(() => deleteVhost(vhost));
  const url = new URL(RABBIT);
  url.pathname = `/${vhost}`;
  return { url: url.href };
};
