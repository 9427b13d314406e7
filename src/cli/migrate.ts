import { addressOf, reasonOf, StartError } from '../app/start-error.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../infra/log.ts';
import { migrate } from '../infra/postgres/migrate.ts';

/** Brings the configured database to the newest schema. Embedded databases are migrated by `serve`. */
export const migrateCommand = async (
  _args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const config = readConfig(environment);
  if (config.DATABASE_URL === undefined)
    throw new StartError('DATABASE_URL is not set: there is nothing to migrate.');
  try {
    await migrate(config.DATABASE_URL, createLog({ level: config.LOG_LEVEL }));
  } catch (error) {
    throw new StartError(
      `PostgreSQL at ${addressOf(config.DATABASE_URL)} cannot be migrated: ${reasonOf(error)}.`,
      error,
    );
  }
  process.stderr.write('The schema is up to date.\n');
  return 0;
};
