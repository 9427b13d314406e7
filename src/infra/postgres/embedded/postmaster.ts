import { execFile, spawn } from 'node:child_process';
import { open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../../free-port.ts';
import { spawnAs, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { commandLine, isAlive, pause, poll, signal } from './processes.ts';

/** A PostgreSQL that answers on 127.0.0.1. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Settles when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
}

export interface Cluster {
  readonly home: string;
  readonly logFile: string;
  readonly account: Account | null;
  readonly binaries: Binaries;
}

const USER = 'postgres';
const CONNECT_TIMEOUT_MS = 2_000;
/** Replaying the log of a large sale after a crash takes its time. */
const READY_WITHIN_MS = 60_000;
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5_000;
const INITDB_TIMEOUT_MS = 60_000;
const WATCH_EVERY_MS = 250;
const LOG_TAIL_CHARACTERS = 1_200;
/** Said while a killed server's children still die, or when somebody took the port between our look and its bind. */
const PASSING = /pre-existing shared memory block|could not bind|could not create any TCP\/IP sockets/;

/** What a developer's sale needs: a confirmed commit survives everything, and nothing listens but on this machine. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A refused seat is an ERROR to PostgreSQL and nothing to us: log only what concerns the server itself.
  log_min_messages: 'log',
};

export const databaseUrl = (port: number, database: string): string =>
  `postgres://${USER}@127.0.0.1:${port}/${database}`;

/** Runs `work` on a connection of its own; every wait is bounded. */
export const withClient = async <T>(
  port: number,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> => {
  const client = new Client({
    connectionString: databaseUrl(port, database),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS * 5,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Makes the files of an empty cluster. */
export const makeCluster = async (
  folder: string,
  binaries: Binaries,
  account: Account | null,
): Promise<void> => {
  const options = ['-A', 'trust', '-U', USER, '--no-locale', '-E', 'UTF8', '-D', folder];
  await promisify(execFile)(binaries.initdb, options, { ...spawnAs(account), timeout: INITDB_TIMEOUT_MS });
};

/** Whether the server at `port` is the one that works on `home`: a port alone may have gone to anybody. */
const serves = async (port: number, home: string): Promise<boolean> => {
  try {
    return await withClient(port, 'postgres', async (client) => {
      const { rows } = await client.query<{ folder: string }>(
        `SELECT current_setting('data_directory') AS folder`,
      );
      return (await realpath(rows[0]?.folder ?? '')) === home;
    });
  } catch {
    return false;
  }
};

const readPidFile = async (home: string): Promise<{ pid: number; port: number } | null> => {
  const lines = (await readFile(join(home, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) ? port : 0 } : null;
};

/** Whether the process lives and, as far as the system tells, was started for `home`: an old id may be anybody's now. */
const worksOn = (pid: number, home: string): boolean =>
  isAlive(pid) && (commandLine(pid)?.includes(home) ?? true);

/** PostgreSQL itself would refuse to start where the id in the file now belongs to another process of its account. */
const discardStalePidFile = async (home: string): Promise<void> => {
  const file = await readPidFile(home);
  if (file !== null && !worksOn(file.pid, home)) await rm(join(home, 'postmaster.pid'), { force: true });
};

/**
 * The server that a killed Catraca left running on this cluster; null when there is none, and then what it left behind
 * does not stand in the way of a new one.
 */
export const adopt = async (cluster: Cluster): Promise<Postmaster | null> => {
  const found = await poll(async () => {
    const file = await readPidFile(cluster.home);
    if (file === null || !worksOn(file.pid, cluster.home)) return 'none';
    return file.port > 0 && (await serves(file.port, cluster.home)) ? file : null;
  }, READY_WITHIN_MS);
  if (found === null) {
    throw new Error(
      `A PostgreSQL that does not answer holds ${cluster.home}: end the process named in its postmaster.pid.`,
    );
  }
  if (found === 'none') return null;
  return { ...found, exited: watchForeign(found.pid) };
};

/** Nobody tells us of the end of a process that is not our child. */
const watchForeign = (pid: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve();
    }, WATCH_EVERY_MS);
    timer.unref();
  });

/**
 * Starts the server and waits until it answers.
 * @param port null: any free one.
 * @throws Error with the end of the server's log when it does not come up.
 */
export const launch = async (cluster: Cluster, port: number | null): Promise<Postmaster> => {
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const attempt = await launchOnce(cluster, port ?? (await freePort()), until);
    if (typeof attempt !== 'string') return attempt;
    if (!PASSING.test(attempt) || performance.now() >= until) {
      throw new Error(
        `The embedded PostgreSQL did not start; the end of ${cluster.logFile} says:\n${attempt}`,
      );
    }
    await pause(200);
  }
};

/** The running server, or what its log says in the end. */
const launchOnce = async (cluster: Cluster, port: number, until: number): Promise<Postmaster | string> => {
  await discardStalePidFile(cluster.home);
  const log = await open(cluster.logFile, 'a', 0o600);
  const logStart = (await stat(cluster.logFile)).size;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(cluster.binaries.postgres, ['-D', cluster.home, '-p', String(port), ...settings], {
    ...spawnAs(cluster.account),
    stdio: ['ignore', log.fd, log.fd],
    // Out of the terminal's process group: Ctrl-C is for Catraca, which stops the database last.
    detached: true,
  });
  let gone = false;
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      gone = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  child.unref();
  await log.close();
  const ready = await poll(async () => {
    if (gone || child.pid === undefined) return 'gone';
    return (await serves(port, cluster.home)) ? 'ready' : null;
  }, until - performance.now());
  if (ready === 'ready' && child.pid !== undefined) return { pid: child.pid, port, exited };
  if (child.pid !== undefined && !gone) signal(child.pid, 'SIGKILL');
  return (await readFile(cluster.logFile, 'utf8')).slice(logStart).slice(-LOG_TAIL_CHARACTERS);
};

/** Stops the server: open transactions are rolled back, all data is on disk when this resolves. */
export const shutDown = async (cluster: Cluster, server: Postmaster): Promise<void> => {
  const gone = (withinMs: number) => poll(() => (isAlive(server.pid) ? null : true), withinMs);
  if (process.platform === 'win32') {
    const options = ['stop', '-w', '-m', 'fast', '-D', cluster.home];
    await promisify(execFile)(cluster.binaries.pgCtl, options, { timeout: FAST_STOP_MS });
    return;
  }
  for (const [name, withinMs] of [
    ['SIGINT', FAST_STOP_MS],
    // The crash recovery of the next start makes up for what these two skip.
    ['SIGQUIT', IMMEDIATE_STOP_MS],
    ['SIGKILL', IMMEDIATE_STOP_MS],
  ] as const) {
    signal(server.pid, name);
    if ((await gone(withinMs)) !== null) return;
  }
  throw new Error(`The embedded PostgreSQL (process ${server.pid}) cannot be ended.`);
};
