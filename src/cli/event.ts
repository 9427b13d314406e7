import { readDefinition } from '../app/demo-event.ts';
import { createClosing } from '../app/closing.ts';
import { readRunNote } from './run-note.ts';
import { StartError } from '../app/start-error.ts';
import { readConfig } from '../config.ts';
import { systemIds } from '../infra/environment.ts';
import { createLog } from '../infra/log.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { primaryOf } from '../infra/postgres/primary.ts';
import { createEventStore } from '../infra/postgres/event-store.ts';
import { createPool } from '../infra/postgres/pool.ts';
import { parsed, UsageError } from './usage.ts';

/** `event import FILE`: creates the event in the configured database, or in that of the server running from this folder. */
export const eventCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const { positionals } = parsed({ args: [...args], allowPositionals: true });
  const [verb, file] = positionals;
  if (verb !== 'import' || file === undefined) throw new UsageError('event import FILE');
  const config = readConfig(environment);
  const definition = await readDefinition(file);
  const url = config.DATABASE_URL ?? (await readRunNote(config))?.databaseUrl ?? null;
  if (url === null)
    throw new StartError('No database: set DATABASE_URL, or start a server in this folder first.');
  const log = createLog({ level: config.LOG_LEVEL });
  const closing = createClosing(log);
  const pool = createPool({
    url: await primaryOf(url),
    max: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'catraca-event',
    log,
  });
  closing.add('pool', () => pool.end());
  try {
    const event = await createEventStore(pool).create(systemIds.next(), definition);
    await createAuditLog(pool).append({
      actor: 'command line',
      role: 'operator',
      action: 'event.create',
      target: event.eventId,
      before: null,
      after: definition,
      requestId: '',
    });
    process.stdout.write(`${event.eventId}\n`);
    return 0;
  } finally {
    await closing.run();
  }
};
