import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { connect as connectAmqp } from 'amqplib';
import type { ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { serverAccount, spawnAs } from '../../src/infra/postgres/embedded/account.ts';
import { findBinaries } from '../../src/infra/postgres/embedded/binaries.ts';
import { freePort } from '../../src/infra/postgres/embedded/postmaster.ts';
import { signal } from '../../src/infra/postgres/embedded/processes.ts';
import { eventually } from './eventually.ts';

/** A server of the test's own, so that it may be killed. Stopped and removed at teardown. */
export interface PrivateServer {
  readonly url: string;
  /** SIGKILL to the server and everything it started; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  /** SIGCONT after `pause()`. */
  resume(): void;
  /** Same port, same data; kills it first if it runs. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

interface Recipe {
  readonly name: string;
  readonly url: string;
  readonly folder: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly account?: { cwd?: string; uid?: number; gid?: number };
  readonly stopSignal: NodeJS.Signals;
  readonly readyWithinMs: number;
  /** Throws while the server does not answer. */
  readonly probe: () => Promise<unknown>;
}

const REQUIRED = process.env['CI_REQUIRE_SERVERS'] === '1';
const STOP_WITHIN_MS = 20_000;

const absent = (t: ExecutionContext, what: string): null => {
  if (REQUIRED) throw new Error(`the programs of ${what} are required here and were not found`);
  t.log(`not run: no programs of ${what} were found`);
  t.pass();
  return null;
};

const findProgram = (...candidates: string[]): string | null =>
  candidates
    .flatMap((candidate) =>
      candidate.startsWith('/')
        ? [candidate]
        : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, candidate)),
    )
    .find((path) => existsSync(path)) ?? null;

const tempFolder = async (t: ExecutionContext, name: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `catraca-${name}-`));
  await chmod(folder, 0o711);
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
};

/** `pid` and all that descend from it. Process groups do not do: each backend of PostgreSQL makes its own. */
const family = (pid: number): number[] => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) };
      } catch {
        return { pid: 0, parent: -1 };
      }
    });
  const below = (parent: number): number[] =>
    parents.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...below(one.pid)]);
  return [pid, ...below(pid)];
};

const startPrivate = async (t: ExecutionContext, recipe: Recipe): Promise<PrivateServer> => {
  const logFile = join(recipe.folder, 'server.log');
  let child: ChildProcess | null = null;
  const all = (name: NodeJS.Signals): void => {
    if (child?.pid !== undefined) for (const pid of family(child.pid)) signal(pid, name);
  };

  const start = async (): Promise<void> => {
    const log = await open(logFile, 'a');
    const started = spawn(recipe.program, recipe.args, {
      cwd: recipe.folder,
      ...recipe.account,
      env: { ...process.env, ...recipe.env },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    child = started;
    started.once('exit', () => {
      if (child === started) child = null;
    });
    await once(started, 'spawn');
    await log.close();
    await eventually(async () => {
      // A signal or a fault ended it: no use in waiting longer.
      if (child !== null) return recipe.probe();
      return null;
    }, recipe.readyWithinMs);
    if (child === null) throw new Error(`${recipe.name} ended:\n${await readFile(logFile, 'utf8')}`);
  };

  const end = async (send: () => void): Promise<void> => {
    const running = child;
    if (running === null) return;
    const gone = once(running, 'exit', { signal: AbortSignal.timeout(STOP_WITHIN_MS) });
    send();
    await gone;
  };
  const kill = (): Promise<void> => end(() => all('SIGKILL'));
  const stop = (): Promise<void> =>
    end(() => {
      all('SIGCONT');
      if (child?.pid !== undefined) signal(child.pid, recipe.stopSignal);
    });
  // ava ends a test process that hangs: nothing may outlive it.
  const farewell = (): void => all('SIGKILL');
  process.once('exit', farewell);
  t.teardown(async () => {
    await kill();
    process.removeListener('exit', farewell);
  });

  await start();
  return {
    url: recipe.url,
    kill,
    stop,
    pause: () => all('SIGSTOP'),
    resume: () => all('SIGCONT'),
    async restart() {
      await kill();
      await start();
    },
  };
};

const debianPostgres = (program: string): string[] => {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin', program));
};

/** An empty PostgreSQL: the machine's newest, else the embedded one. Null where neither is to be had. */
export const privatePostgres = async (t: ExecutionContext): Promise<PrivateServer | null> => {
  const folder = await tempFolder(t, 'postgres');
  const account = serverAccount();
  let [postgres, initdb] = [
    findProgram(...debianPostgres('postgres')),
    findProgram(...debianPostgres('initdb')),
  ];
  if (postgres === null || initdb === null) {
    try {
      ({ postgres, initdb } = await findBinaries(folder, account));
    } catch {
      return absent(t, 'PostgreSQL');
    }
  }
  if (account !== null) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const options = ['--no-sync', '-A', 'trust', '-U', 'postgres', '--no-locale', '-E', 'UTF8', '-D', data];
  await promisify(execFile)(initdb, options, { ...spawnAs(account), timeout: 60_000 });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return startPrivate(t, {
    name: 'PostgreSQL',
    url,
    folder,
    program: postgres,
    args: [
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    account: spawnAs(account),
    stopSignal: 'SIGINT',
    readyWithinMs: 30_000,
    async probe() {
      const client = new Client({
        connectionString: url,
        connectionTimeoutMillis: 1_000,
        query_timeout: 1_000,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('SELECT 1');
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  });
};

/** An empty Redis that forgets all when it dies, as a cache may; `appendOnly`: one that remembers every write. */
export const privateRedis = async (
  t: ExecutionContext,
  options: { readonly appendOnly?: boolean } = {},
): Promise<PrivateServer | null> => {
  const program = findProgram('redis-server', '/usr/bin/redis-server');
  if (program === null) return absent(t, 'Redis');
  const folder = await tempFolder(t, 'redis');
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const durable = options.appendOnly === true ? ['yes', '--appendfsync', 'always'] : ['no'];
  return startPrivate(t, {
    name: 'Redis',
    url,
    folder,
    program,
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      ...durable,
    ],
    stopSignal: 'SIGTERM',
    readyWithinMs: 10_000,
    async probe() {
      const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, commandTimeout: 1_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
  });
};

/** A RabbitMQ node of its own, with its own name, cookie and port mapper. It takes seconds to start: share it in a file. */
export const privateRabbit = async (
  t: ExecutionContext,
): Promise<(PrivateServer & { control(...args: string[]): Promise<string> }) | null> => {
  const releases = '/usr/lib/rabbitmq/lib';
  const inRelease = (program: string): string[] =>
    existsSync(releases) ? readdirSync(releases).map((one) => join(releases, one, 'sbin', program)) : [];
  const program = findProgram(...inRelease('rabbitmq-server'));
  const ctl = findProgram(...inRelease('rabbitmqctl'));
  const epmd = findProgram('epmd', '/usr/bin/epmd');
  if (program === null || ctl === null || epmd === null) return absent(t, 'RabbitMQ');
  const folder = await tempFolder(t, 'rabbit');
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  await writeFile(join(folder, '.erlang.cookie'), `COOKIE${port}${distPort}`, { mode: 0o400 });
  await writeFile(join(folder, 'enabled_plugins'), '[].\n');
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}\nvm_memory_high_watermark.absolute = 512MB\ndisk_free_limit.absolute = 50MB\n`,
  );
  await writeFile(join(folder, 'env.conf'), '');
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `private${port}@localhost`,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const mapper = spawn(epmd, ['-port', String(epmdPort), '-address', '127.0.0.1'], { stdio: 'ignore' });
  await once(mapper, 'spawn');
  const endMapper = (): boolean => mapper.kill('SIGKILL');
  process.once('exit', endMapper);
  t.teardown(() => {
    endMapper();
    process.removeListener('exit', endMapper);
  });
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const server = await startPrivate(t, {
    name: 'RabbitMQ',
    url,
    folder,
    program,
    args: [],
    env,
    stopSignal: 'SIGTERM',
    readyWithinMs: 60_000,
    async probe() {
      await (await connectAmqp(url, { timeout: 2_000 })).close();
    },
  });
  return {
    ...server,
    /** `rabbitmqctl` against this node. */
    async control(...args) {
      return (await promisify(execFile)(ctl, args, { env: { ...process.env, ...env }, timeout: 30_000 }))
        .stdout;
    },
  };
};
