import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serverAccount, spawnAs } from '../../infra/postgres/embedded/account.ts';
import { findBinaries } from '../../infra/postgres/embedded/binaries.ts';
import { freePort } from '../../infra/free-port.ts';
import { withConnection } from '../../infra/postgres/one-connection.ts';
import type { ServerHandle } from '../nemesis.ts';
import type { Scope } from '../scope.ts';
import { startPrivateServer } from './private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from './programs.ts';

/** It took more than a minute on two cores with a load of thirty. */
const INITDB_WITHIN_MS = 180_000;

/** Where Debian keeps this program of PostgreSQL, the newest version first. */
export const debianPostgres = (program: string): string[] => {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin', program));
};

/** An empty PostgreSQL: the machine's newest, else the embedded one. Throws `ProgramsMissing`. */
export const startPostgres = async (scope: Scope): Promise<ServerHandle> => {
  const folder = await tempFolder(scope, 'postgres');
  const account = serverAccount();
  let [postgres, initdb] = [
    findProgram(...debianPostgres('postgres')),
    findProgram(...debianPostgres('initdb')),
  ];
  if (postgres === null || initdb === null) {
    try {
      ({ postgres, initdb } = await findBinaries(folder, account));
    } catch {
      throw new ProgramsMissing('PostgreSQL');
    }
  }
  if (account !== null) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const options = ['--no-sync', '-A', 'trust', '-U', 'postgres', '--no-locale', '-E', 'UTF8', '-D', data];
  await promisify(execFile)(initdb, options, { ...spawnAs(account), timeout: INITDB_WITHIN_MS });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];
  return startPrivateServer(scope, {
    name: 'PostgreSQL',
    url,
    folder,
    program: postgres,
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    account: spawnAs(account),
    stopSignal: 'SIGINT',
    readyWithinMs: 30_000,
    probe: () => withConnection(url, 1_000, (ask) => ask('SELECT 1')),
  });
};
