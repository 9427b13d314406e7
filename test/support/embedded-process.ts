import { silentLog } from '../../src/infra/log.ts';
import { startEmbeddedPostgres } from '../../src/infra/postgres/embedded/start.ts';

/** A process of its own with an embedded PostgreSQL, for the tests that kill it: tells its URL and then only waits. */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: embedded-process <data folder>');
const { url } = await startEmbeddedPostgres({ dataDir, log: silentLog });
process.send?.(url);
// Holds the process; it ends with the test that forked it.
process.once('disconnect', () => process.exit());
process.on('message', () => undefined);
