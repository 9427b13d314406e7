import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { createLineStandbyModel } from '../../src/simulation/model/line-standby.ts';
import { createPostgresModel } from '../../src/simulation/model/postgres.ts';
import { lineKeeperSuite } from './line-keeper.ts';
import { lineLanesSuite } from './line-lanes.ts';
import { CALL_TTL_MS, lineStoreSuite, type OpenStores } from './line-store.ts';

const openStandby = () => {
  const { journal } = createPostgresModel(systemClock, systemIds).ports;
  return createLineStandbyModel({ clock: systemClock, journal, callTtlMs: CALL_TTL_MS });
};

const openStores: OpenStores = async () => {
  const standby = openStandby();
  const { term } = await standby.keeper.standIn(systemIds.next());
  return [standby.storeOf(term), standby.storeOf(term)];
};

lineStoreSuite('the model of Postgres', openStores);
lineLanesSuite('the model of Postgres', openStores);
lineKeeperSuite('the model of Postgres', async () => openStandby());
