import { systemClock, systemIds, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { SECRET_KEY, WEBHOOK_SECRET } from './support.ts';

/** A sandbox in a process of its own, to be killed: prints its URL as its first line. */
const sandbox = await startSandbox({
  port: 0,
  host: '127.0.0.1',
  secretKey: SECRET_KEY,
  webhookSecret: WEBHOOK_SECRET,
  webhookUrl: null,
  dataDir: process.argv[2] ?? null,
  clock: systemClock,
  ids: systemIds,
  random: systemRandom,
  log: silentLog,
});
process.stdout.write(`${sandbox.url}\n`);
