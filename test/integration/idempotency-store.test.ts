import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createIdempotencyStore } from '../../src/infra/postgres/idempotency-store.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

// One after the other: each fills a pool, and the server has a hundred connections for everybody.
const LEASE_MS = 60_000;
const FIFTY = Array.from({ length: 50 }, (_, index) => index);

test.serial('of fifty claims of a key at once exactly one is the first', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  for (let round = 0; round < 5; round += 1) {
    const key = randomUUID();
    const claims = await Promise.all(FIFTY.map(() => store.claim('fan', key, 'same', LEASE_MS)));
    t.is(claims.filter((claim) => claim.kind === 'first').length, 1);
    t.is(claims.filter((claim) => claim.kind === 'running').length, 49);
  }
});

test.serial('of fifty different requests with one key one runs and the rest are told so', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  const key = randomUUID();
  const claims = await Promise.all(
    FIFTY.map((index) => store.claim('fan', key, `request ${index}`, LEASE_MS)),
  );
  t.is(claims.filter((claim) => claim.kind === 'first').length, 1);
  t.is(claims.filter((claim) => claim.kind === 'mismatch').length, 49);
});

test.serial('a stored answer is given again as it was, to the same subject only', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  const answer = { status: 201, body: '{"z":1,"a":"é","n":1.0}' };
  t.deepEqual(await store.claim('ana', 'k', 'same', LEASE_MS), { kind: 'first' });
  await store.answer('ana', 'k', answer);
  t.deepEqual(await store.claim('ana', 'k', 'same', LEASE_MS), { kind: 'answered', answer });
  t.deepEqual(await store.claim('ana', 'k', 'other', LEASE_MS), { kind: 'mismatch' });
  t.deepEqual(await store.claim('bia', 'k', 'other', LEASE_MS), { kind: 'first' });
  await store.answer('ana', 'k', { status: 200, body: 'later' });
  await store.abandon('ana', 'k');
  await store.release('ana', 'k');
  t.deepEqual(await store.claim('ana', 'k', 'same', LEASE_MS), { kind: 'answered', answer });
});

test.serial('hundreds of keys at once each get their own claim and keep their own answer', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  const keys = Array.from({ length: 400 }, (_, index) => `key-${index}`);
  const firsts = await Promise.all(keys.map((key) => store.claim('fan', key, `of ${key}`, LEASE_MS)));
  t.deepEqual([...new Set(firsts.map(({ kind }) => kind))], ['first']);
  await Promise.all(keys.map((key) => store.answer('fan', key, { status: 201, body: `answer to ${key}` })));
  const seconds = await Promise.all(keys.map((key) => store.claim('fan', key, `of ${key}`, LEASE_MS)));
  t.deepEqual(
    seconds,
    keys.map((key) => ({ kind: 'answered', answer: { status: 201, body: `answer to ${key}` } })),
  );
});

test.serial('an answer that Postgres cannot keep costs only itself', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  for (const key of ['a', 'b', 'c']) await store.claim('fan', key, 'same', LEASE_MS);
  const bodies: Record<string, string> = { a: 'fine', b: 'no \u0000 in jsonb', c: 'fine as well' };
  const outcomes = await Promise.allSettled(
    Object.entries(bodies).map(([key, body]) => store.answer('fan', key, { status: 201, body })),
  );
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.is((await store.claim('fan', 'c', 'same', LEASE_MS)).kind, 'answered');
  t.is((await store.claim('fan', 'b', 'same', LEASE_MS)).kind, 'running');
});

test.serial('when the first request crashed, its lease ends and exactly one repeat takes over', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  await store.claim('fan', 'k', 'same', 300);
  t.deepEqual(await store.claim('fan', 'k', 'same', LEASE_MS), { kind: 'running' });
  const taken = await eventually(async () => {
    const claims = await Promise.all(FIFTY.map(() => store.claim('fan', 'k', 'same', LEASE_MS)));
    const firsts = claims.filter((claim) => claim.kind === 'first').length;
    if (firsts === 0) throw new Error('still leased');
    return firsts;
  });
  t.is(taken, 1);
});

test.serial('an abandoned key is new again; a released one waits for the same request only', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  await store.claim('fan', 'k', 'one', LEASE_MS);
  await store.abandon('fan', 'k');
  t.deepEqual(await store.claim('fan', 'k', 'two', LEASE_MS), { kind: 'first' });
  await store.release('fan', 'k');
  t.deepEqual(await store.claim('fan', 'k', 'three', LEASE_MS), { kind: 'mismatch' });
  const claims = await Promise.all(FIFTY.map(() => store.claim('fan', 'k', 'two', LEASE_MS)));
  t.is(claims.filter((claim) => claim.kind === 'first').length, 1);
});

test.serial('claims and abandonments that cross never answer what is not so', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  let inside = 0;
  let granted = 0;
  await Promise.all(
    FIFTY.map(async () => {
      const claim = await store.claim('fan', 'k', 'same', LEASE_MS);
      if (claim.kind !== 'first') {
        t.is(claim.kind, 'running');
        return;
      }
      inside += 1;
      granted += 1;
      await postgres.pool.query('SELECT 1');
      t.is(inside, 1, 'one at a time');
      inside -= 1;
      await store.abandon('fan', 'k');
    }),
  );
  t.true(granted >= 1);
});

test.serial('old keys are forgotten, oldest first, so many at a time', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createIdempotencyStore(postgres.pool);
  for (const key of ['a', 'b', 'c']) await store.claim('fan', key, 'same', LEASE_MS);
  await postgres.pool.query(
    `UPDATE edge.idempotency_keys SET created_at = now() - interval '2 days' WHERE key IN ('a', 'b')`,
  );
  const day = 24 * 3_600_000;
  t.is(await store.forget(day, 1), 1);
  t.is(await store.forget(day, 10), 1);
  t.is(await store.forget(day, 10), 0);
  t.deepEqual(await store.claim('fan', 'c', 'same', LEASE_MS), { kind: 'running' });
});
