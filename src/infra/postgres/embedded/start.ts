import { mkdir, realpath, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from '../../log.ts';
import { accountOf, existingHome, newHome, serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { lockFolder } from './folder-lock.ts';
import {
  adopt,
  databaseUrl,
  launch,
  makeCluster,
  shutDown,
  withClient,
  type Cluster,
  type Postmaster,
} from './postmaster.ts';
import { pause, signal } from './processes.ts';

export interface EmbeddedPostgresOptions {
  /** Catraca's data folder; made if missing. The cluster is `postgres` in it, or what the link of that name points to. */
  readonly dataDir: string;
  readonly log: Logger;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** True: a server that a killed Catraca had left running was taken over. */
  readonly adopted: boolean;
  /** Resolves when the server is gone with all data on disk. Close every pool first: open transactions are rolled back. */
  stop(): Promise<void>;
}

const DATABASE = 'catraca';
/** A server that dies more often than this within the window is left dead: somebody has to look. */
const RESTARTS_MAX = 5;
const RESTART_WINDOW_MS = 60_000;
const RESTART_DELAY_MS = 100;

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1, or takes over the one that a killed Catraca left behind. The data
 * survives restarts and `kill -9` of either process. If the server dies it is started again at the same URL.
 * Everybody on this machine may connect without a password: for development only.
 * @throws Error whose message is for the operator: folder in use, no package for this system, the server's own log.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const dataDir = resolve(options.dataDir);
  // Others may pass through but not list it: as root the server runs as `nobody` and has to reach its folder.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const lock = await lockFolder(dataDir);
  try {
    const cluster = await openCluster(dataDir, options.log);
    const left = await adopt(cluster);
    const server = left ?? (await launch(cluster, null));
    await createDatabase(server.port);
    const guard = guardServer(cluster, server, options.log);
    options.log.info(
      { serverPid: server.pid, port: server.port, folder: cluster.home, adopted: left !== null },
      'embedded PostgreSQL is ready',
    );
    let stopped: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      try {
        await guard.stop();
      } finally {
        await lock.release();
      }
    };
    return {
      url: databaseUrl(server.port, DATABASE),
      adopted: left !== null,
      stop: () => (stopped ??= end()),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

const openCluster = async (dataDir: string, log: Logger): Promise<Cluster> => {
  const preferred = serverAccount();
  const existing = await existingHome(dataDir, preferred);
  const account = await accountOf(existing, preferred);
  const binaries = await findBinaries(dataDir, account);
  const home = existing ?? (await createCluster(dataDir, binaries, account, log));
  const logFile = join(dataDir, 'postgres.log');
  // One generation is kept, so that the log of a crash can be read after the restart.
  if ((await stat(logFile).catch(() => null)) !== null) await rename(logFile, `${logFile}.old`);
  return { home: await realpath(home), logFile, account, binaries };
};

const createCluster = async (
  dataDir: string,
  binaries: Cluster['binaries'],
  account: Cluster['account'],
  log: Logger,
): Promise<string> => {
  const place = await newHome(dataDir, account);
  await makeCluster(place.staging, binaries, account);
  const home = await place.publish();
  log.info({ folder: home }, 'embedded PostgreSQL: a new database folder was made');
  return home;
};

const createDatabase = (port: number): Promise<void> =>
  withClient(port, 'postgres', async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });

/** Starts the server again when it dies, until `stop()`. */
const guardServer = (cluster: Cluster, first: Postmaster, log: Logger): { stop(): Promise<void> } => {
  let server: Postmaster | null = null;
  let restarting: Promise<void> | null = null;
  let stopping = false;
  const deaths: number[] = [];

  // If this process ends without stop() (an uncaught error), the server still gets the word.
  const farewell = (): void => {
    if (server !== null) signal(server.pid, 'SIGINT');
  };
  process.once('exit', farewell);

  const restart = async ({ pid, port }: Postmaster): Promise<void> => {
    const now = performance.now();
    deaths.push(now);
    if (deaths.filter((at) => now - at < RESTART_WINDOW_MS).length > RESTARTS_MAX) {
      log.fatal(
        { serverPid: pid, logFile: cluster.logFile },
        'embedded PostgreSQL keeps dying and is left stopped',
      );
      return;
    }
    log.error({ serverPid: pid, logFile: cluster.logFile }, 'embedded PostgreSQL died and is started again');
    await pause(RESTART_DELAY_MS);
    if (stopping) return;
    try {
      watch(await launch(cluster, port));
    } catch (error) {
      log.fatal({ err: error }, 'embedded PostgreSQL could not be started again');
    }
  };

  const watch = (started: Postmaster): void => {
    server = started;
    void started.exited.then(() => {
      server = null;
      if (!stopping) restarting = restart(started);
      return undefined;
    });
  };
  watch(first);

  return {
    async stop() {
      stopping = true;
      await restarting;
      if (server !== null) await shutDown(cluster, server);
      process.removeListener('exit', farewell);
    },
  };
};
