import { randomUUID } from 'node:crypto';
import test from 'ava';
import { silentLog } from '../../src/infra/log.ts';
import { connectRedis, createRedis } from '../../src/infra/redis/client.ts';
import { createRedisSeatLocks } from '../../src/infra/redis/seat-locks.ts';
import { testRedis } from '../support/servers.ts';
import { seatLocksSuite } from './seat-locks.ts';

seatLocksSuite(test, async (t) => {
  const server = await testRedis(t);
  if (server === null) return null;
  const redis = createRedis({ url: server.url, log: silentLog, name: 'test-locks', commandTimeoutMs: 1_000 });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 5_000);
  return createRedisSeatLocks({ redis, prefix: server.prefix, log: silentLog });
});

test('with Redis away every request is unavailable at once, and the adapter says so', async (t) => {
  const redis = createRedis({
    url: 'redis://127.0.0.1:1',
    log: silentLog,
    name: 'test-away',
    commandTimeoutMs: 200,
  });
  t.teardown(() => redis.disconnect());
  const locks = createRedisSeatLocks({ redis, prefix: 'x:', log: silentLog });
  const lock = { eventId: randomUUID(), seatIds: ['A-1'], holdId: randomUUID() };
  t.deepEqual(await locks.acquire([{ ...lock, owner: 'o', ttlMs: 1_000 }]), [{ kind: 'unavailable' }]);
  t.false(locks.healthy());
  await t.notThrowsAsync(locks.release([lock]));
});
