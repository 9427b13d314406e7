import test from 'ava';
import type { MessageBus } from '../../src/domain/ports/message-bus.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createPostgresBus } from '../../src/infra/postgres/message-bus.ts';
import { createPool, type Pool } from '../../src/infra/postgres/pool.ts';
import { testPostgres } from '../support/servers.ts';
import { MAX_ATTEMPTS, messageBusConformance, RETRY_DELAYS_MS } from './message-bus.ts';

messageBusConformance(test, 'postgres', async (t) => {
  const server = await testPostgres(t);
  if (server === null) return null;
  const pools = new Map<MessageBus, Pool>();
  const open = (): Promise<MessageBus> => {
    const pool = createPool({
      url: server.url,
      max: 3,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 10_000,
      applicationName: 'catraca-test-bus',
      log: silentLog,
    });
    const bus = createPostgresBus({
      pool,
      clock: systemClock,
      log: silentLog,
      pollMs: 20,
      // Longer than a busy machine stalls this process: a lease that runs out under test is a redelivery, not a fault.
      leaseMs: 4_000,
      retryDelaysMs: RETRY_DELAYS_MS,
      maxAttempts: MAX_ATTEMPTS,
      drainMs: 300,
    });
    pools.set(bus, pool);
    t.teardown(async () => {
      await bus.close();
      if (!pool.ending) await pool.end();
    });
    return Promise.resolve(bus);
  };
  // Without its pool a bus can neither renew nor give back: the lease has to run out.
  const kill = async (bus: MessageBus): Promise<void> => pools.get(bus)?.end();
  return { open, kill };
});
