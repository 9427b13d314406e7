import { systemClock } from '../../src/infra/environment.ts';
import { createMemoryLineStore } from '../../src/infra/memory/line-store.ts';
import { CALL_TTL_MS, lineStoreSuite } from './line-store.ts';

lineStoreSuite('memory', async () => {
  const store = createMemoryLineStore({ clock: systemClock, callTtlMs: CALL_TTL_MS });
  return [store, store];
});
