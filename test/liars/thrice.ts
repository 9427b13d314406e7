import type { QueueName } from '../../src/domain/messages.ts';
import type { Clock, Random } from '../../src/domain/ports/environment.ts';
import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import { pick } from '../../src/rush/seeded-random.ts';

type OnDelivery = (delivery: Delivery) => void;

/** How long after an ack the third delivery may come. */
const LATE_AT_MOST_MS = 400;

export interface Repeats {
  /** Deliveries beyond the first of each message. */
  readonly count: () => number;
  /** The bus of one node, speaking up three times. */
  wrap(bus: MessageBus): MessageBus;
}

/**
 * Every message is delivered three times: twice at once, the second time as a rule to another node, and once more after it
 * was acked. What the receivers answer to the repeats reaches nobody: the first delivery's answer is the one that counts.
 */
export const createRepeats = (random: Random, clock: Clock): Repeats => {
  const receivers = new Map<QueueName, Set<OnDelivery>>();
  let count = 0;

  const repeat = (queue: QueueName, { envelope, attempt }: Delivery): void => {
    const listening = [...(receivers.get(queue) ?? [])];
    if (listening.length === 0) return;
    count += 1;
    const unheard = (): void => undefined;
    pick(random, listening)({ envelope, attempt, ack: unheard, retry: unheard, park: unheard });
  };

  return {
    count: () => count,
    wrap(bus) {
      const cancels = new Set<() => void>();
      const later = (queue: QueueName, delivery: Delivery): void => {
        const cancel = clock.after(random.next() * LATE_AT_MOST_MS, () => {
          cancels.delete(cancel);
          repeat(queue, delivery);
        });
        cancels.add(cancel);
      };
      return {
        ...bus,
        async subscribe(queue, prefetch, onDelivery) {
          const ofQueue = receivers.get(queue) ?? new Set();
          receivers.set(queue, ofQueue.add(onDelivery));
          const stop = await bus.subscribe(queue, prefetch, (delivery) => {
            onDelivery({
              ...delivery,
              ack() {
                delivery.ack();
                later(queue, delivery);
              },
            });
            repeat(queue, delivery);
          });
          return async () => {
            ofQueue.delete(onDelivery);
            await stop();
          };
        },
        async close() {
          for (const cancel of cancels) cancel();
          await bus.close();
        },
      };
    },
  };
};
