import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Logger } from '../log.ts';

const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));

/** Brings the database at `url` to the newest schema. Any number of starters may call it at once: they queue. */
export const migrate = async (url: string, log: Logger): Promise<void> => {
  const applied = await runner({
    databaseUrl: url,
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
  });
  if (applied.length > 0)
    log.info({ applied: applied.map((one) => one.name) }, 'database schema brought up to date');
};
