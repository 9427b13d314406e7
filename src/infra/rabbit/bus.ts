import type { Channel, ChannelModel } from 'amqplib';
import type { QueueName } from '../../domain/messages.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { MessageBus, PublishOutcome } from '../../domain/ports/message-bus.ts';
import { pause, within } from '../deadline.ts';
import type { Logger } from '../log.ts';
import { createConsumer, type Consumer } from './consumer.ts';
import { createLink } from './link.ts';
import { readParked, redriveParked } from './parking.ts';
import { createPublisher } from './publisher.ts';
import { declareTopology } from './topology.ts';
import { outgoing } from './wire.ts';

export interface RabbitBusOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Waits after the first, second, … failure; the last repeats. */
  readonly retryDelaysMs?: readonly number[];
  /** After so many attempts `retry` parks. With the default ladder 40 are some 20 minutes: longer than an outage should be. */
  readonly maxAttempts?: number;
  /** The broker parks what was handed out this often and never answered. */
  readonly deliveryLimit?: number;
  readonly maxInFlight?: number;
  /** A subscription that heard nothing for so long is made anew; see `createConsumer`. */
  readonly idleRefreshMs?: number;
  readonly publishWaitMs?: number;
  readonly confirmTimeoutMs?: number;
  /** See `Topology`: what was in the queue must be said again. */
  readonly onQueueMissing?: (queue: QueueName) => Promise<void>;
  /** How long `close` waits for deliveries in hand. */
  readonly drainMs?: number;
}

export interface RabbitBus extends MessageBus {
  /** Resolves when first connected with everything declared; without a broker it waits. Rejects once closed. */
  ready(): Promise<void>;
  /** Why the broker was not reached at the last attempt; null when it was. */
  lastFault(): Error | null;
}

const PARKED_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 10;

/**
 * The bus on RabbitMQ 3.10 and later. Connects by itself and for ever; every connection declares all it needs. One
 * connection publishes and one consumes.
 */
export const createRabbitBus = (options: RabbitBusOptions): RabbitBus => {
  const { url, clock, log } = options;
  const retryDelaysMs = options.retryDelaysMs ?? [1_000, 5_000, 30_000];
  const maxAttempts = options.maxAttempts ?? 40;
  const maxInFlight = options.maxInFlight ?? 512;
  const ladder = {
    retryDelaysMs,
    deliveryLimit: options.deliveryLimit ?? 20,
    onMissing: options.onQueueMissing ?? (() => Promise.resolve()),
  };
  const consumers = new Set<Consumer>();
  let attached: { readonly model: ChannelModel; readonly fail: (why: Error) => void } | null = null;

  const publisher = createPublisher({
    url,
    clock,
    log,
    ladder,
    maxInFlight,
    publishWaitMs: options.publishWaitMs ?? 1_000,
    confirmTimeoutMs: options.confirmTimeoutMs ?? 5_000,
  });

  const link = createLink({
    url,
    name: 'consumer',
    clock,
    log,
    onDown: () => (attached = null),
    async setup(model, fail) {
      const declaring = await openChannel(model, log);
      await declareTopology(model, declaring, ladder);
      await declaring.close();
      // From here on a new subscriber attaches itself; those of before are attached here.
      const waiting = [...consumers];
      attached = { model, fail };
      for (const consumer of waiting) await consumer.attach(model, fail);
    },
  });

  /** On a channel of its own that is closed afterwards: whatever it held in hand goes back. */
  const onParked = async <T>(work: (channel: Channel) => Promise<T>): Promise<T> => {
    if (attached === null) throw new Error('RabbitMQ is not connected');
    const channel = await within(clock, PARKED_TIMEOUT_MS, openChannel(attached.model, log));
    try {
      return await within(clock, PARKED_TIMEOUT_MS, work(channel));
    } finally {
      await within(clock, PARKED_TIMEOUT_MS, channel.close()).catch(() => undefined);
    }
  };

  const drained = async (): Promise<void> => {
    const until = clock.nowMs() + (options.drainMs ?? 2_000);
    const unanswered = () => [...consumers].some((consumer) => consumer.unanswered() > 0);
    while (unanswered() && clock.nowMs() < until) await pause(clock, LOOK_EVERY_MS);
  };

  return {
    kind: 'rabbitmq',
    ready: async () => {
      await Promise.all([publisher.ready(), link.ready()]);
    },
    lastFault: () => link.lastFault(),
    async publish(envelopes) {
      const outcomes: PublishOutcome[] = [];
      for (let from = 0; from < envelopes.length; from += maxInFlight) {
        const part = envelopes.slice(from, from + maxInFlight);
        const answers = await Promise.all(part.map((envelope) => publisher.send(outgoing(envelope))));
        outcomes.push(...answers);
        // Nobody is there: the rest would only wait as long again.
        if (answers.every((outcome) => outcome === 'unknown')) break;
      }
      return envelopes.map((_, index) => outcomes[index] ?? 'unknown');
    },
    async subscribe(queue: QueueName, prefetch, onDelivery) {
      const consumer = createConsumer({
        queue,
        prefetch,
        onDelivery,
        publisher,
        retryDelaysMs,
        maxAttempts,
        idleRefreshMs: options.idleRefreshMs ?? 30_000,
        clock,
        log,
      });
      consumers.add(consumer);
      if (attached !== null) {
        const { model, fail } = attached;
        await consumer.attach(model, fail).catch((error: unknown) => fail(error as Error));
      }
      return async () => {
        await consumer.stop();
        if (consumer.unanswered() === 0) consumers.delete(consumer);
      };
    },
    parked: (queue, limit) => onParked((channel) => readParked(channel, queue, limit)),
    redrive: (queue, limit) => onParked((channel) => redriveParked(channel, queue, limit, publisher)),
    healthy: () => publisher.usable() && link.usable(),
    async close() {
      for (const consumer of consumers) await consumer.stop();
      await drained();
      for (const consumer of consumers) await consumer.finish();
      await link.close();
      await publisher.close();
    },
  };
};

const openChannel = async (model: ChannelModel, log: Logger): Promise<Channel> => {
  const channel = await model.createChannel();
  channel.on('error', (error: Error) => log.warn({ err: error }, 'a RabbitMQ channel broke'));
  return channel;
};
