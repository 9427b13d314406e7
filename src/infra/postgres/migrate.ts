import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';
import type { Logger } from '../log.ts';
import { primaryOf } from './primary.ts';

const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));

/** Brings the database at `url` (of several hosts: at the one that decides) to the newest schema. Any number of starters may call it at once: they queue. */
export const migrate = async (url: string, log: Logger): Promise<void> => {
  const applied = await withClient(url, log, (client) =>
    runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'schema_migrations',
      advisoryLockMode: 'wait',
      count: Number.POSITIVE_INFINITY,
      logger: {
        debug: (message: string) => log.debug(message),
        info: (message: string) => log.debug(message),
        warn: (message: string) => log.warn(message),
        error: (message: string) => log.error(message),
      },
    }),
  );
  if (applied.length > 0)
    log.info({ applied: applied.map((one) => one.name) }, 'database schema brought up to date');
};

/** Left to itself the runner neither waits for its connection to end nor listens to it meanwhile. */
const withClient = async <T>(url: string, log: Logger, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: await primaryOf(url) });
  client.on('error', (error) => log.warn({ err: error }, 'the migrating connection was lost'));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
