import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPrivateServer } from '../../src/chaos/servers/private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from '../../src/chaos/servers/programs.ts';
import { serverAccount, spawnAs } from '../../src/infra/postgres/embedded/account.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { withConnection } from '../../src/infra/postgres/one-connection.ts';
import { orAbsent } from './private-servers.ts';
import type { Stage } from './servers.ts';

/**
 * The URL of `databaseUrl` through a PgBouncer of the test's own, which has five connections to the server. Null where the program
 * is missing.
 */
export const throughPgBouncer = (
  t: Stage,
  databaseUrl: string,
  settings: Readonly<Record<string, string>>,
): Promise<string | null> =>
  orAbsent(t, async (scope) => {
    const program = findProgram('pgbouncer', '/usr/sbin/pgbouncer');
    if (program === null) throw new ProgramsMissing('PgBouncer');
    const folder = await tempFolder(scope, 'pgbouncer');
    const account = serverAccount();
    if (account !== null) await chown(folder, account.uid, account.gid);
    const port = await freePort();
    const { hostname, port: serverPort, pathname, username, password } = new URL(databaseUrl);
    const database = pathname.slice(1);
    const access = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
    const options = {
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'any',
      default_pool_size: '5',
      ...settings,
    };
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(
      file,
      [
        '[databases]',
        `${database} = host=${hostname} port=${serverPort || '5432'} dbname=${database} user=${decodeURIComponent(username)}${access}`,
        '[pgbouncer]',
        ...Object.entries(options).map(([name, value]) => `${name} = ${value}`),
        '',
      ].join('\n'),
    );
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${port}`;
    url.password = '';
    await startPrivateServer(scope, {
      name: 'PgBouncer',
      url: url.href,
      folder,
      program,
      args: [file],
      account: spawnAs(account),
      stopSignal: 'SIGTERM',
      readyWithinMs: 20_000,
      probe: () => withConnection(url.href, 2_000, (ask) => ask('SELECT 1')),
    });
    return url.href;
  });
