import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { Client } from 'pg';
import { silentLog } from '../../src/infra/log.ts';
import { canReach } from '../../src/infra/postgres/embedded/account.ts';
import { isAlive } from '../../src/infra/postgres/embedded/processes.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/infra/postgres/embedded/start.ts';
import { eventually } from '../support/eventually.ts';

const HOST = fileURLToPath(new URL('../support/embedded-process.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

const tempFolder = async (t: ExecutionContext, mode: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'catraca-embedded-'));
  await chmod(folder, mode);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

const start = async (t: ExecutionContext, dataDir: string): Promise<EmbeddedPostgres> => {
  const started = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.teardown(() => started.stop());
  return started;
};

const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end().catch(() => undefined);
  }
};

const serverPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

test.serial('a second start finds the data of the first, and commits are durable by default', async (t) => {
  const dataDir = join(await tempFolder(t, 0o711), '.catraca');
  const first = await start(t, dataDir);
  t.false(first.adopted);
  t.is(new URL(first.url).hostname, '127.0.0.1');
  await query(first.url, 'CREATE TABLE sold AS SELECT 7 AS seat');
  t.deepEqual(
    await query(
      first.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    ),
    [{ fsync: 'on', commit: 'on' }],
  );
  const pid = await serverPid(dataDir);
  await first.stop();
  t.false(isAlive(pid));
  t.false(existsSync(join(dataDir, 'catraca.lock')));

  const second = await start(t, dataDir);
  t.deepEqual(await query(second.url, 'SELECT seat FROM sold'), [{ seat: 7 }]);
});

test.serial(
  'a PostgreSQL killed with SIGKILL is started again at the same URL and has lost no commit',
  async (t) => {
    const dataDir = join(await tempFolder(t, 0o711), '.catraca');
    const { url } = await start(t, dataDir);
    await query(url, 'CREATE TABLE sold (seat int PRIMARY KEY)');
    await query(url, 'INSERT INTO sold SELECT generate_series(1, 500)');
    const killed = await serverPid(dataDir);
    process.kill(killed, 'SIGKILL');
    await eventually(async () => {
      t.deepEqual(await query(url, 'SELECT count(*)::int AS seats FROM sold'), [{ seats: 500 }]);
      if ((await serverPid(dataDir)) === killed) throw new Error('the killed one still answers');
    }, 30_000);
    t.not(await serverPid(dataDir), killed);
  },
);

test.serial(
  'the PostgreSQL of a killed Catraca is taken over, while that of a living one is refused',
  async (t) => {
    const dataDir = join(await tempFolder(t, 0o711), '.catraca');
    const host = fork(HOST, [dataDir], { stdio: 'inherit' });
    t.teardown(() => host.kill('SIGKILL'));
    const [url] = (await once(host, 'message')) as [string];
    await query(url, 'CREATE TABLE sold AS SELECT 7 AS seat');
    await t.throwsAsync(startEmbeddedPostgres({ dataDir, log: silentLog }), {
      message: new RegExp(`in use by another Catraca \\(process ${host.pid}\\)`),
    });

    host.kill('SIGKILL');
    await once(host, 'exit');
    const left = await serverPid(dataDir);
    t.true(isAlive(left));
    const next = await start(t, dataDir);
    t.true(next.adopted);
    t.is(next.url, url);
    t.deepEqual(await query(next.url, 'SELECT seat FROM sold'), [{ seat: 7 }]);
    await next.stop();
    t.false(isAlive(left));
  },
);

test.serial('a process file that names somebody else is not believed', async (t) => {
  const [mine, other] = [await tempFolder(t, 0o711), await tempFolder(t, 0o711)];
  await (await start(t, mine)).stop();
  const foreign = await start(t, other);
  const pidFile = join(mine, 'postgres', 'postmaster.pid');

  // Another living PostgreSQL, at a port where it does answer.
  await copyFile(join(other, 'postgres', 'postmaster.pid'), pidFile);
  const second = await start(t, mine);
  t.false(second.adopted);
  t.not(second.url, foreign.url);
  await second.stop();
  t.deepEqual(await query(foreign.url, 'SELECT 1 AS alive'), [{ alive: 1 }]);

  // A living process that is no PostgreSQL: this one.
  await writeFile(pidFile, `${process.pid}\n${mine}/postgres\n0\n${new URL(foreign.url).port}\n`);
  t.false((await start(t, mine)).adopted);
});

test.serial('the lock of a dead process does not stand in the way', async (t) => {
  const dataDir = await tempFolder(t, 0o711);
  // This process' own id with another start time: an id that was given again.
  await writeFile(join(dataDir, 'catraca.lock'), `${process.pid} 1`);
  await t.notThrowsAsync(start(t, dataDir));
});

test('a link to data that is gone is said in one sentence, and no empty database takes its place', async (t) => {
  const dataDir = await tempFolder(t, 0o711);
  await symlink('/nonexistent/postgres', join(dataDir, 'postgres'));
  await t.throwsAsync(startEmbeddedPostgres({ dataDir, log: silentLog }), {
    message: /points to \/nonexistent\/postgres, which is gone/,
  });
  t.false(existsSync(join(dataDir, 'catraca.lock')));
});

test.serial(
  'as root under a folder that only root may enter, the data lies elsewhere behind a link',
  async (t) => {
    if (!isRoot) {
      t.log('not run: needs root');
      t.pass();
      return;
    }
    const closed = await tempFolder(t, 0o700);
    const dataDir = join(closed, 'home', '.catraca');
    const first = await start(t, dataDir);
    const home = await readlink(join(dataDir, 'postgres'));
    t.teardown(() => rm(dirname(home), { recursive: true, force: true }));
    t.is(await readFile(join(dirname(home), 'belongs-to'), 'utf8'), `${await realpath(dataDir)}/postgres\n`);
    await query(first.url, 'CREATE TABLE sold AS SELECT 7 AS seat');
    await first.stop();
    const second = await start(t, dataDir);
    t.deepEqual(await query(second.url, 'SELECT seat FROM sold'), [{ seat: 7 }]);
  },
);

test('a folder is out of reach when one folder above it is closed', async (t) => {
  const folder = await tempFolder(t, 0o711);
  const nobody = { uid: 65_534, gid: 65_534 };
  t.true(await canReach(folder, nobody));
  await chmod(folder, 0o700);
  t.false(await canReach(folder, nobody));
});
