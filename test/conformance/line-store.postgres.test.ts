import test from 'ava';
import { systemIds } from '../../src/infra/environment.ts';
import { createLineKeeper } from '../../src/infra/postgres/line-keeper.ts';
import { createPostgresLineStore, TermOver } from '../../src/infra/postgres/line-store.ts';
import { testPostgres } from '../support/servers.ts';
import { lineLanesSuite } from './line-lanes.ts';
import { CALL_TTL_MS, lineStoreSuite, type OpenStores } from './line-store.ts';

const openStores: OpenStores = async (t) => {
  const server = await testPostgres(t);
  if (server === null) return null;
  const { term } = await createLineKeeper(server.pool).standIn(systemIds.next());
  const open = () => createPostgresLineStore({ pool: server.pool, term, callTtlMs: CALL_TTL_MS });
  return [open(), open()];
};

lineStoreSuite('Postgres', openStores);
lineLanesSuite('Postgres', openStores);

test('Postgres: a step of a term that is over counts nothing', async (t) => {
  const server = await testPostgres(t);
  if (server === null) return;
  const keeper = createLineKeeper(server.pool);
  const { term } = await keeper.standIn(systemIds.next());
  const store = createPostgresLineStore({ pool: server.pool, term, callTtlMs: CALL_TTL_MS });
  const eventId = systemIds.next();
  await store.restore(eventId, {
    epoch: 1,
    joined: 5,
    serving: 0,
    admitted: 0,
    firstUse: true,
    passes: [],
  });
  t.deepEqual(await store.nextNumber(eventId), { number: 6 });
  await keeper.handBack(term);
  await t.throwsAsync(store.nextNumber(eventId), { instanceOf: TermOver });
  t.false(store.healthy());
  const later = await keeper.standIn(systemIds.next());
  t.true(later.standingIn && later.term > term);
  await t.throwsAsync(store.nextNumber(eventId), { instanceOf: TermOver });
  const next = createPostgresLineStore({ pool: server.pool, term: later.term, callTtlMs: CALL_TTL_MS });
  t.deepEqual(await next.nextNumber(eventId), { lost: true }, 'each term begins with what the journal has');
});

test('Postgres does not stand in while any node may count in Redis', async (t) => {
  const server = await testPostgres(t);
  if (server === null) return;
  const keeper = createLineKeeper(server.pool);
  const [one, two] = [systemIds.next(), systemIds.next()];
  const first = await keeper.renew(one, 60_000);
  await keeper.renew(two, 60_000);
  t.false((await keeper.standIn(one)).standingIn, 'the other still counts');
  const taken = await keeper.standIn(two);
  t.deepEqual(taken, { term: first.term + 1, standingIn: true });
  t.deepEqual(await keeper.renew(one, 60_000), taken, 'no lease is given while Postgres stands in');
  t.deepEqual(await keeper.standIn(one), taken, 'it stands in once');
  await keeper.handBack(taken.term - 1);
  t.deepEqual(await keeper.renew(one, 60_000), taken, 'an older term ends nothing');
  await Promise.all([keeper.handBack(taken.term), keeper.handBack(taken.term)]);
  t.deepEqual(await keeper.renew(one, 60_000), { term: taken.term + 1, standingIn: false });
});
