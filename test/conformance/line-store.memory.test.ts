import { systemClock } from '../../src/infra/environment.ts';
import { createMemoryLineStore } from '../../src/infra/memory/line-store.ts';
import { lineLanesSuite } from './line-lanes.ts';
import { CALL_TTL_MS, lineStoreSuite, type OpenStores } from './line-store.ts';

const openStores: OpenStores = async () => {
  const store = createMemoryLineStore({ clock: systemClock, callTtlMs: CALL_TTL_MS });
  return [store, store];
};

lineStoreSuite('memory', openStores);
lineLanesSuite('memory', openStores);
