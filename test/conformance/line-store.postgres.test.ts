import { systemIds } from '../../src/infra/environment.ts';
import { createLineKeeper } from '../../src/infra/postgres/line-keeper.ts';
import { createPostgresLineStore } from '../../src/infra/postgres/line-store.ts';
import { testPostgres } from '../support/servers.ts';
import { lineKeeperSuite } from './line-keeper.ts';
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

lineKeeperSuite('Postgres', async (t) => {
  const server = await testPostgres(t);
  if (server === null) return null;
  const { pool } = server;
  return {
    keeper: createLineKeeper(pool),
    storeOf: (term) => createPostgresLineStore({ pool, term, callTtlMs: CALL_TTL_MS }),
  };
});
