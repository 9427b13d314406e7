import test from 'ava';
import type { MessageBus } from '../../src/domain/ports/message-bus.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createRabbitBus } from '../../src/infra/rabbit/bus.ts';
import { testRabbit } from '../support/servers.ts';
import { MAX_ATTEMPTS, messageBusConformance, RETRY_DELAYS_MS } from './message-bus.ts';

messageBusConformance(test, 'rabbitmq', async (t) => {
  const server = await testRabbit(t);
  if (server === null) return null;
  const open = async (): Promise<MessageBus> => {
    const bus = createRabbitBus({
      url: server.url,
      clock: systemClock,
      log: silentLog,
      retryDelaysMs: RETRY_DELAYS_MS,
      maxAttempts: MAX_ATTEMPTS,
      drainMs: 300,
    });
    t.teardown(() => bus.close());
    await bus.ready();
    return bus;
  };
  // A process that is killed leaves the broker a closed socket and nothing else; so does a bus that gives up at once.
  return { open, kill: (bus) => bus.close() };
});
