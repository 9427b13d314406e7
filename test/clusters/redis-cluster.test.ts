import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { connectRedis, createRedisClient, type RedisClient } from '../../src/infra/redis/client.ts';
import { createRedisLineStore } from '../../src/infra/redis/line-store.ts';
import { createFailoverProbe } from '../../src/infra/redis/probe.ts';
import { createRedisSeatLocks } from '../../src/infra/redis/seat-locks.ts';
import { CALL_TTL_MS, lineStoreSuite } from '../conformance/line-store.ts';
import { seatLocksSuite } from '../conformance/seat-locks.ts';
import { sharedStage, startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { privateRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { runRush } from '../support/rush.ts';
import { testPostgres, testRabbit } from '../support/servers.ts';

const [FANS, SEATS] = [200, 80];
const SECRET = 'the nodes of one sale sign with this one';

let cluster: RedisCluster | null = null;
const stage = sharedStage({ log: (() => undefined) as unknown as ExecutionContext['log'] });

test.before(async (t) => {
  t.timeout(180_000);
  cluster = await privateRedisCluster({ ...t, teardown: stage.teardown });
});
test.after.always(() => stage.end());

const client = async (t: ExecutionContext, url: string): Promise<RedisClient> => {
  const redis = createRedisClient({ url, log: silentLog, name: 'cluster-test', commandTimeoutMs: 5_000 });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 10_000);
  return redis;
};

let prefixes = 0;
const ownPrefix = (): string => `cc${(prefixes += 1)}:`;

lineStoreSuite('Redis Cluster', async (t) => {
  if (cluster === null) return null;
  const prefix = ownPrefix();
  const open = async () =>
    createRedisLineStore({
      redis: await client(t, cluster?.url ?? ''),
      prefix,
      callTtlMs: CALL_TTL_MS,
    });
  return [await open(), await open()];
});

seatLocksSuite(test, async (t) => {
  if (cluster === null) return null;
  return createRedisSeatLocks({
    redis: await client(t, cluster.url),
    prefix: ownPrefix(),
    log: silentLog,
  });
});

test('a client that is stopped while it asks for the nodes is at rest when the answer comes', async (t) => {
  if (cluster === null) return;
  const redis = await client(t, cluster.url);
  if (!('refreshSlotsCache' in redis)) throw new Error('no client of a cluster');
  let answer: (() => void) | undefined;
  redis.refreshSlotsCache = (callback) => (answer = callback as () => void);
  const answered = await eventually(() => {
    if (answer === undefined) throw new Error('it has not asked yet');
    return answer;
  });
  const ended = new Promise((resolve) => redis.once('end', resolve));
  redis.disconnect();
  await ended;
  const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  const before = timers();
  answered();
  t.is(timers(), before);
});

test('locks of a hundred events lie on all three masters, each event’s on one of them', async (t) => {
  if (cluster === null) return;
  const redis = await client(t, cluster.url);
  const locks = createRedisSeatLocks({ redis, prefix: ownPrefix(), log: silentLog });
  const requests = Array.from({ length: 100 }, () => ({
    eventId: systemIds.next(),
    seatIds: ['A-1', 'A-2', 'B-1'],
    holdId: systemIds.next(),
    owner: 'o',
    ttlMs: 60_000,
  }));
  const outcomes = await locks.acquire(requests);
  t.true(outcomes.every(({ kind }) => kind === 'acquired'));
  const masters = new Set<number>();
  for (const { eventId } of requests) masters.add((await cluster.masterOf(`{${eventId}}`)).port);
  t.is(masters.size, 3);
});

test.serial(
  'a master killed in mid-sale: its replica takes over, nothing is sold twice and no place is lost',
  async (t) => {
    t.timeout(280_000);
    const postgres = await testPostgres(t);
    const rabbit = postgres === null ? null : await testRabbit(t);
    if (cluster === null || postgres === null || rabbit === null) return;
    const settings = {
      DATABASE_URL: postgres.url,
      REDIS_URL: cluster.url,
      REDIS_PREFIX: ownPrefix(),
      RABBITMQ_URL: rabbit.url,
      CATRACA_SECRET: SECRET,
      HOLD_TTL_MS: '20000',
      PAY_WITHIN_MS: '20000',
    };
    const one = await startTestApp(t, 'embedded', settings);
    const two = await startTestApp(t, 'embedded', { ...settings, STRIPE_API_URL: one?.sandboxUrl ?? '' });
    if (one === null || two === null) return;
    const termOf = async (): Promise<number> => {
      const { rows } = await one.database.query<{ term: number }>('SELECT term::int FROM line.keeper');
      return rows[0]?.term ?? -1;
    };
    const before = await termOf();
    const running = runRush(
      {
        url: one.url,
        databaseUrl: postgres.url,
        stripeApiUrl: one.sandboxUrl,
        operatorToken: one.operatorToken,
      },
      { fans: FANS, seats: SEATS, duration: 12, seed: 9, deadline: 200 },
    );
    const sold = async (): Promise<number> => {
      const { rows } = await one.database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM tickets.tickets',
      );
      return rows[0]?.n ?? 0;
    };
    await eventually(async () => assert.ok((await sold()) >= SEATS / 10), 90_000);
    const { rows } = await one.database.query<{ event_id: string }>('SELECT event_id FROM tickets.events');
    const tag = `{${rows[0]?.event_id}}`;
    const killed = await cluster.masterOf(tag);
    await killed.kill();
    const soldAtKill = await sold();
    t.true(soldAtKill < SEATS, 'it died in the middle of the sale');
    await eventually(async () => assert.notEqual((await cluster?.masterOf(tag))?.port, killed.port), 60_000);
    const { code, result, text } = await running;
    t.log(`${soldAtKill} of ${SEATS} seats were sold when the master died`);
    t.is(code, 0, text);
    t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
    t.is(result.counts.tickets, SEATS);
    // Whoever was promoted may lack the last steps of the line, so both nodes began anew from the journal.
    const back = await eventually(async () => {
      const now = await one.database.query<{ term: number; standing_in: boolean }>(
        'SELECT term::int, standing_in FROM line.keeper',
      );
      assert.equal(now.rows[0]?.standing_in, false);
      return now.rows[0]?.term ?? 0;
    }, 60_000);
    t.true(back >= before + 2, `${before} → ${back}`);
    await killed.restart();
    await cluster.whole();
  },
);

test.serial('a promoted replica counts as an outage for two seconds, on every connection', async (t) => {
  if (cluster === null) return;
  t.timeout(120_000);
  const clients = [await client(t, cluster.url), await client(t, cluster.url)];
  let nowMs = systemClock.nowMs();
  const probe = createFailoverProbe(clients, { nowMs: () => nowMs });
  await eventually(() => probe(), 60_000);
  const killed = await cluster.masterOf('{any}');
  await killed.kill();
  await t.throwsAsync(probe);
  const seen = await eventually(async () => {
    const error = await probe().then(
      () => null,
      (why: Error) => why,
    );
    assert.match(error?.message ?? '', /another master has taken over/);
    return error;
  }, 60_000);
  t.truthy(seen);
  nowMs += 1_999;
  await t.throwsAsync(probe, { message: /another master/ });
  nowMs += 1;
  await t.notThrowsAsync(probe);
  await killed.restart();
  await cluster.whole();
});
