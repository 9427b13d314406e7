import type { Clock, Random } from '../../domain/ports/environment.ts';
import type { MessageBus } from '../../domain/ports/message-bus.ts';
import { pause } from '../deadline.ts';
import { systemRandom } from '../environment.ts';
import type { Logger } from '../log.ts';
import { createSubscription, type Subscription } from './bus-subscription.ts';
import { createBusTable } from './bus-table.ts';
import type { Pool } from './pool.ts';

export interface PostgresBusOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often to look for what other processes published, or what has become due; spread by a half either way. */
  readonly pollMs: number;
  /** What a process that died had in hand is handed out again after this; who lives renews it three times as often. */
  readonly leaseMs?: number;
  /** Waits after the first, second, … failure; the last repeats. */
  readonly retryDelaysMs?: readonly number[];
  /** After so many attempts `retry` parks. */
  readonly maxAttempts?: number;
  /** How long `close` waits for deliveries in hand. */
  readonly drainMs?: number;
  readonly random?: Random;
}

const LOOK_EVERY_MS = 10;

/**
 * The bus in a Postgres table. A queue takes every message of its types, so `returned` does not occur. The pool is the
 * caller's: `close` leaves it open.
 */
export const createPostgresBus = (options: PostgresBusOptions): MessageBus => {
  const { clock, log, pool } = options;
  const table = createBusTable(pool);
  const subscriptions = new Set<Subscription>();
  let healthy = true;
  let closed = false;

  const drained = async (): Promise<void> => {
    const until = clock.nowMs() + (options.drainMs ?? 2_000);
    const unanswered = () => [...subscriptions].some((one) => one.unanswered() > 0);
    while (unanswered() && clock.nowMs() < until) await pause(clock, LOOK_EVERY_MS);
  };

  const wakeAll = (): void => {
    for (const subscription of subscriptions) subscription.wake();
  };

  return {
    kind: 'postgres',
    async publish(envelopes) {
      if (closed) return envelopes.map(() => 'unknown');
      if (envelopes.length === 0) return [];
      try {
        await table.insert(envelopes);
        healthy = true;
        wakeAll();
        return envelopes.map(() => 'confirmed');
      } catch (error) {
        healthy = false;
        log.warn({ err: error }, 'the bus could not take messages');
        return envelopes.map(() => 'unknown');
      }
    },
    subscribe(queue, prefetch, onDelivery) {
      const subscription = createSubscription({
        table,
        queue,
        prefetch,
        onDelivery,
        clock,
        random: options.random ?? systemRandom,
        log,
        pollMs: options.pollMs,
        leaseMs: options.leaseMs ?? 5_000,
        retryDelaysMs: options.retryDelaysMs ?? [1_000, 5_000, 30_000],
        maxAttempts: options.maxAttempts ?? 40,
        onHealth: (now) => (healthy = now),
      });
      subscriptions.add(subscription);
      return Promise.resolve(async () => {
        await subscription.stop();
        if (subscription.unanswered() > 0) return;
        subscriptions.delete(subscription);
        await subscription.abandon();
      });
    },
    parked: (queue, limit) => table.parked(queue, limit),
    async redrive(queue, limit) {
      const moved = await table.redrive(queue, limit);
      wakeAll();
      return moved;
    },
    healthy: () => healthy && !closed,
    async close() {
      closed = true;
      for (const subscription of subscriptions) await subscription.stop();
      await drained();
      for (const subscription of subscriptions) await subscription.abandon();
      subscriptions.clear();
    },
  };
};
