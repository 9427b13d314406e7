import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ServerHandle } from '../../src/chaos/nemesis.ts';
import { startPrivateServer } from '../../src/chaos/servers/private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from '../../src/chaos/servers/programs.ts';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { connectRedis, createRedisClient } from '../../src/infra/redis/client.ts';
import { askRedis } from '../../src/infra/redis/one-command.ts';
import { createFailoverProbe } from '../../src/infra/redis/probe.ts';
import { createRedisSeatLocks } from '../../src/infra/redis/seat-locks.ts';
import { eventually } from '../support/eventually.ts';
import { orAbsent } from '../support/private-servers.ts';

const FAILOVER_WITHIN_MS = 60_000;

/** A master, its replica, and three Sentinels that watch it as `sale`. */
const watched = (t: ExecutionContext): Promise<{ master: ServerHandle; url: string } | null> =>
  orAbsent(t, async (scope) => {
    const program = findProgram('redis-server', '/usr/bin/redis-server');
    if (program === null) throw new ProgramsMissing('Redis');
    const start = async (settings: (port: number) => readonly string[], more: readonly string[] = []) => {
      const folder = await tempFolder(scope, 'redis-watched');
      const port = await freePort();
      const url = `redis://127.0.0.1:${port}`;
      const file = join(folder, 'redis.conf');
      const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...settings(port)];
      await writeFile(file, `${lines.join('\n')}\n`);
      const handle = await startPrivateServer(scope, {
        name: 'Redis',
        url,
        folder,
        program,
        args: [file, ...more],
        stopSignal: 'SIGTERM',
        readyWithinMs: 20_000,
        probe: () => askRedis(url, 1_000, 'PING'),
      });
      return { handle, port };
    };
    const plain = () => ['save ""', 'appendonly no'];
    const master = await start(plain);
    const replica = await start(() => [...plain(), `replicaof 127.0.0.1 ${master.port}`]);
    await eventually(async () => {
      const info = String(await askRedis(replica.handle.url, 2_000, 'INFO', 'replication'));
      assert.match(info, /master_link_status:up/);
    }, 30_000);
    const watch = () => [
      `sentinel monitor sale 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds sale 2000',
      'sentinel failover-timeout sale 10000',
    ];
    const sentinels: Awaited<ReturnType<typeof start>>[] = [];
    while (sentinels.length < 3) sentinels.push(await start(watch, ['--sentinel']));
    await eventually(async () => {
      for (const { handle } of sentinels) {
        const said = await askRedis(handle.url, 2_000, 'SENTINEL', 'CKQUORUM', 'sale');
        assert.match(String(said), /^OK 3/);
        const replicas = await askRedis(handle.url, 2_000, 'SENTINEL', 'REPLICAS', 'sale');
        assert.equal((replicas as unknown[]).length, 1);
      }
    }, FAILOVER_WITHIN_MS);
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return { master: master.handle, url: `redis+sentinel://${hosts}/sale` };
  });

test('with Sentinel a killed master’s replica takes over, locks go on, and the change counts as an outage', async (t) => {
  t.timeout(200_000);
  const redis = await watched(t);
  if (redis === null) return;
  const client = createRedisClient({
    url: redis.url,
    log: silentLog,
    name: 'watched',
    commandTimeoutMs: 2_000,
  });
  t.teardown(() => client.disconnect());
  await connectRedis(client, 20_000);
  const locks = createRedisSeatLocks({ redis: client, prefix: 'w:', log: silentLog });
  const taking = (seatId: string) => ({
    eventId: 'e',
    seatIds: [seatId],
    holdId: systemIds.next(),
    owner: 'o',
    ttlMs: 60_000,
  });
  t.deepEqual(await locks.acquire([taking('A-1')]), [{ kind: 'acquired' }]);
  const probe = createFailoverProbe([client], systemClock);
  await probe();
  await redis.master.kill();
  await t.throwsAsync(probe);
  const reasons = new Set<string>();
  await eventually(async () => {
    try {
      await probe();
    } catch (error) {
      reasons.add((error as Error).message);
      throw error;
    }
  }, FAILOVER_WITHIN_MS);
  t.true(reasons.has('another master has taken over'), [...reasons].join());
  t.deepEqual(await locks.acquire([taking('A-2')]), [{ kind: 'acquired' }]);
});
