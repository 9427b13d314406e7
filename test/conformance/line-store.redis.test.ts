import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { Redis } from 'ioredis';
import { BUCKET_MS } from '../../src/domain/line-state.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { connectRedis, createRedis } from '../../src/infra/redis/client.ts';
import { createRedisLineStore } from '../../src/infra/redis/line-store.ts';
import { eventually } from '../support/eventually.ts';
import { testRedis, type TestRedis } from '../support/servers.ts';
import { lineLanesSuite } from './line-lanes.ts';
import { CALL_TTL_MS, lineStoreSuite, type OpenStores } from './line-store.ts';

const client = async (t: ExecutionContext, url: string): Promise<Redis> => {
  const redis = createRedis({ url, log: silentLog, name: 'line-test', commandTimeoutMs: 5_000 });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 5_000);
  return redis;
};

const storeOn = (redis: Redis, server: TestRedis) =>
  createRedisLineStore({ redis, prefix: server.prefix, callTtlMs: CALL_TTL_MS });

const openStores: OpenStores = async (t) => {
  const server = await testRedis(t);
  if (server === null) return null;
  return [storeOn(await client(t, server.url), server), storeOn(await client(t, server.url), server)];
};

lineStoreSuite('Redis', openStores);
lineLanesSuite('Redis', openStores);

test('Redis: a server that forgot scripts and keys makes the line lost, not broken', async (t) => {
  const server = await testRedis(t);
  if (server === null) return;
  const redis = await client(t, server.url);
  const store = storeOn(redis, server);
  const eventId = systemIds.next();
  const first = { epoch: 1, joined: 5, serving: 0, admitted: 0, firstUse: true, passes: [] };
  await store.restore(eventId, first);
  t.deepEqual(await store.nextNumber(eventId), { number: 6 });
  await redis.script('FLUSH');
  for (const key of await redis.keys(`${server.prefix}*`)) await redis.unlink(key);
  t.deepEqual(await store.nextNumber(eventId), { lost: true });
});

test('Redis: every key of an event carries its hash tag', async (t) => {
  const server = await testRedis(t);
  if (server === null) return;
  const redis = await client(t, server.url);
  const store = storeOn(redis, server);
  const eventId = systemIds.next();
  const knobs = { ratePerMinute: 600, insideMax: 1, paused: false, version: 1 };
  const passes = [{ number: 1, remainingMs: 60_000 }];
  await store.restore(eventId, { epoch: 1, joined: 5, serving: 2, admitted: 2, firstUse: true, passes });
  await store.step(eventId, { knobs: { ...knobs, insideMax: 2 }, open: true, roomLeft: null });
  await store.redeem(eventId, 2, 60_000, { ...knobs, version: 2 });
  const keys = await redis.keys(`${server.prefix}*`);
  t.true(keys.length >= 4, String(keys));
  t.true(
    keys.every((key) => key.startsWith(`${server.prefix}line:{${eventId}}:`)),
    String(keys),
  );
});

test('Redis: a server that is away rejects at once, says so, and is used again when it is back', async (t) => {
  const server = await testRedis(t);
  if (server === null) return;
  const redis = await client(t, server.url);
  const store = storeOn(redis, server);
  const eventId = systemIds.next();
  t.deepEqual(await store.nextNumber(eventId), { lost: true });
  redis.disconnect(true);
  await t.throwsAsync(() => store.nextNumber(eventId));
  await t.throwsAsync(() => store.leave(eventId, 1));
  t.false(store.healthy());
  await eventually(async () => assert.deepEqual(await store.nextNumber(eventId), { lost: true }));
  t.true(store.healthy());
});

/** The script as it is, with every command that it gives counted; the answer is the count. */
const counted = async (file: string, preludes: readonly string[] = ['line-shared']): Promise<string> => {
  const folder = new URL('../../src/infra/redis/lua/', import.meta.url);
  const read = (name: string): Promise<string> => readFile(new URL(`${name}.lua`, folder), 'utf8');
  const lua = (await Promise.all([...preludes, file].map(read))).join('\n');
  return [
    'local commands = 0',
    'local function counting(...) commands = commands + 1 return redis.call(...) end',
    `local function script() ${lua.replaceAll('redis.call(', 'counting(')} end`,
    'script()',
    'return commands',
  ].join('\n');
};

test('Redis: a line without lanes costs no command more than before there were lanes', async (t) => {
  const server = await testRedis(t);
  if (server === null) return;
  const redis = await client(t, server.url);
  const eventId = systemIds.next();
  const store = storeOn(redis, server);
  const restoredMs = performance.now();
  await store.restore(eventId, { epoch: 1, joined: 0, serving: 0, admitted: 0, firstUse: true, passes: [] });
  const base = `${server.prefix}line:{${eventId}}:`;
  const keys = ['state', 'calls', 'ends'].map((part) => `${base}${part}`);
  const [next, step, redeem] = [
    await counted('line-next'),
    await counted('line-step'),
    await counted('line-redeem'),
  ];
  const run = async (lua: string, all: readonly string[], ...args: readonly (string | number)[]) =>
    Number(await redis.eval(lua, all.length, ...all, ...args));
  t.is(await run(next, keys.slice(0, 1), 3, 0, 0), 3, 'a join: is it there, how far is it, the number');
  const calm = [1, -1, CALL_TTL_MS, 600, 10, 0, 1, -1, '', '', '0', ''];
  const [stepped, redeemed] = [
    await run(step, keys, ...calm),
    await run(redeem, [...keys, `${base}pass:1`, `${base}want:1`], 1, 60_000, 600, 10, 0, 1, ''),
  ];
  const perBucket = 2;
  t.is(
    (stepped - 8) % perBucket,
    0,
    `a step: clock, load, two for the call, save, three to keep; not ${stepped}`,
  );
  // The buckets that ended since the line was restored cost two commands each, and on a slow machine they are many.
  const buckets = Math.ceil((performance.now() - restoredMs) / BUCKET_MS);
  t.true(
    stepped <= 8 + buckets * perBucket,
    `a step took ${stepped} commands, for at most ${buckets} buckets`,
  );
  t.is((redeemed - 8) % perBucket, 0, `a redemption took ${redeemed} commands`);
});
