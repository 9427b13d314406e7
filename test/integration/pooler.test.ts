import test from 'ava';
import { refusePooler } from '../../src/infra/postgres/pooler.ts';
import { QUICK, temporaryFolder } from '../support/app.ts';
import { throughPgBouncer } from '../support/pgbouncer.ts';
import { startProcess } from '../support/process.ts';
import { testPostgres } from '../support/servers.ts';

const LIMITS = 'statement_timeout,lock_timeout,idle_in_transaction_session_timeout';

test('a session of PostgreSQL itself is taken', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  await t.notThrowsAsync(refusePooler(postgres.url));
});

test('PgBouncer that changes the session between transactions is refused in one sentence', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const url = await throughPgBouncer(t, postgres.url, {
    pool_mode: 'transaction',
    ignore_startup_parameters: LIMITS,
  });
  if (url === null) return;
  const node = startProcess(t, ['serve'], {
    ...QUICK,
    DATABASE_URL: url,
    CATRACA_DATA_DIR: await temporaryFolder(t),
  });
  t.is((await node.ended()).code, 1);
  t.regex(
    node.stderr(),
    /^PostgreSQL at \S+ cannot be used: there is a pooler \(PgBouncer\) that changes the session between transactions \(pool_mode\).*\.\n$/,
  );
});

test('PgBouncer that does not take the time limits of a session is refused, whether it says so or drops them', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const ways = [{ pool_mode: 'transaction' }, { pool_mode: 'session', ignore_startup_parameters: LIMITS }];
  for (const settings of ways) {
    const url = await throughPgBouncer(t, postgres.url, settings);
    if (url === null) return;
    await t.throwsAsync(refusePooler(url), { message: /does not take the time limits of a session/ });
  }
});
