import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerHandle } from '../../src/chaos/nemesis.ts';
import { debianPostgres, startPostgres } from '../../src/chaos/servers/postgres.ts';
import { startPrivateServer } from '../../src/chaos/servers/private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from '../../src/chaos/servers/programs.ts';
import { serverAccount, spawnAs } from '../../src/infra/postgres/embedded/account.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { withConnection } from '../../src/infra/postgres/one-connection.ts';
import { eventually } from './eventually.ts';
import { orAbsent } from './private-servers.ts';
import type { Stage } from './servers.ts';

const COPY_WITHIN_MS = 120_000;
const ASK_WITHIN_MS = 5_000;

export interface PostgresPair {
  readonly primary: ServerHandle;
  readonly standby: ServerHandle;
  /** Both, as `DATABASE_URL` takes it. */
  readonly url: string;
  /** Makes the standby the one that decides. Resolves when it does. */
  promote(): Promise<void>;
}

const ask = (url: string, text: string): Promise<readonly Record<string, unknown>[]> =>
  withConnection(url, ASK_WITHIN_MS, (query) => query(text));

/** A primary that acknowledges nothing before its standby has it on disk. Null where the programs are missing. */
export const privatePostgresPair = (t: Stage): Promise<PostgresPair | null> =>
  orAbsent(t, async (scope) => {
    const [postgres, copy] = [
      findProgram(...debianPostgres('postgres')),
      findProgram(...debianPostgres('pg_basebackup')),
    ];
    if (postgres === null || copy === null) throw new ProgramsMissing('PostgreSQL');
    const primary = await startPostgres(scope);
    const folder = await tempFolder(scope, 'standby');
    const account = serverAccount();
    if (account !== null) await chown(folder, account.uid, account.gid);
    const data = join(folder, 'data');
    const { port: primaryPort } = new URL(primary.url);
    const from = `host=127.0.0.1 port=${primaryPort} user=postgres application_name=standby`;
    await promisify(execFile)(
      copy,
      ['-D', data, '-d', from, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
      {
        ...spawnAs(account),
        timeout: COPY_WITHIN_MS,
      },
    );
    await chmod(data, 0o700);
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];
    const standby = await startPrivateServer(scope, {
      name: 'PostgreSQL',
      url,
      folder,
      program: postgres,
      args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      account: spawnAs(account),
      stopSignal: 'SIGINT',
      readyWithinMs: 60_000,
      probe: () => ask(url, 'SELECT 1'),
    });
    // Only now, and not in the copy: nobody would follow the standby once it decides, and it would wait for ever.
    await ask(primary.url, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await ask(primary.url, 'SELECT pg_reload_conf()');
    await eventually(async () => {
      const [row] = await ask(primary.url, 'SELECT sync_state FROM pg_stat_replication');
      assert.equal(row?.['sync_state'], 'sync');
    }, 60_000);
    return {
      primary,
      standby,
      url: `postgres://postgres@127.0.0.1:${primaryPort},127.0.0.1:${port}/postgres`,
      async promote() {
        // Not awaited by the server: a busy machine may take longer than one question may.
        await ask(url, 'SELECT pg_promote(wait => false)');
        await eventually(async () => {
          const [row] = await ask(url, 'SELECT pg_is_in_recovery() AS standby');
          assert.equal(row?.['standby'], false);
        }, 60_000);
      },
    };
  });
