import type { Channel, ChannelModel } from 'amqplib';
import { EXCHANGE, QUEUES, ROUTING_KEYS, type QueueName } from '../../domain/messages.ts';

/** Where what fits no queue goes: nowhere, on purpose (docs/decisions/0004-unroutable-messages.md). */
export const UNROUTED = 'catraca.unrouted';

/** The default exchange: the routing key is the name of the queue. */
export const DIRECT = '';

export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[];

export const queueNameOf = (queue: QueueName): string => `catraca.${queue}`;
export const parkedNameOf = (queue: QueueName): string => `catraca.${queue}.parked`;
/** The delay is part of the name: a queue's arguments cannot change, so another ladder is another set of queues. */
export const retryNameOf = (queue: QueueName, delayMs: number): string => `catraca.${queue}.retry.${delayMs}`;

export interface Ladder {
  /** How long a message waits after its first, second, … failure; the last step repeats. */
  readonly retryDelaysMs: readonly number[];
  /** The broker itself parks a message that was handed out this often without an answer: the last line of defence. */
  readonly deliveryLimit: number;
}

/**
 * RabbitMQ 4.0 to 4.2 gives every quorum queue a limit of 20 deliveries and looking at a parked message counts as one, so
 * a message would vanish after 20 looks. Zero or "none" is not accepted by all versions; a large number is.
 */
const NEVER = 1_000_000_000;
const NOT_FOUND = 404;

const quorum = (queueArguments: Record<string, unknown>) => ({
  durable: true,
  arguments: { 'x-queue-type': 'quorum', ...queueArguments },
});

/** At least once also for dead letters: the source keeps a message until the target has confirmed it (RabbitMQ 3.10). */
const deadLettersTo = (queue: string) => ({
  'x-dead-letter-exchange': DIRECT,
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});

export interface Topology extends Ladder {
  /**
   * A queue that holds messages on their way is missing: on a broker that is new, or because somebody deleted it with all that
   * was in it. Called before it is declared anew; if it rejects, nothing is declared, and the next one finds it missing again.
   */
  readonly onMissing: (queue: QueueName) => Promise<void>;
}

/** Asked passively. A broker that has no such queue says so by closing the channel, so the next question has one of its own. */
const missingOf = async (model: ChannelModel, names: readonly string[]): Promise<ReadonlySet<string>> => {
  const missing = new Set<string>();
  const openChannel = async (): Promise<Channel> => {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    return channel;
  };
  let asking = await openChannel();
  for (const name of names) {
    try {
      await asking.checkQueue(name);
    } catch (error) {
      if ((error as { code?: unknown }).code !== NOT_FOUND) throw error;
      missing.add(name);
      asking = await openChannel();
    }
  }
  await asking.close();
  return missing;
};

const tellMissing = async (model: ChannelModel, { retryDelaysMs, onMissing }: Topology): Promise<void> => {
  const namesOf = (queue: QueueName): readonly string[] => [
    queueNameOf(queue),
    ...retryDelaysMs.map((delayMs) => retryNameOf(queue, delayMs)),
  ];
  const missing = await missingOf(model, QUEUE_NAMES.flatMap(namesOf));
  for (const queue of QUEUE_NAMES) {
    if (namesOf(queue).some((name) => missing.has(name))) await onMissing(queue);
  }
};

/**
 * Declares everything on `channel` of `model`; declaring what is there already changes nothing. Rejects when something of
 * that name has other arguments.
 */
export const declareTopology = async (
  model: ChannelModel,
  channel: Channel,
  ladder: Topology,
): Promise<void> => {
  await tellMissing(model, ladder);
  // Named in the arguments so that no policy can name another: an alternate exchange with a queue would swallow what
  // fits no queue of ours, and the publisher would be told that all is well. The one named is its own alternate, so that
  // no policy can give it one either.
  await channel.assertExchange(UNROUTED, 'fanout', {
    durable: true,
    internal: true,
    alternateExchange: UNROUTED,
  });
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true, alternateExchange: UNROUTED });
  for (const queue of QUEUE_NAMES) {
    const [main, parked] = [queueNameOf(queue), parkedNameOf(queue)];
    await channel.assertQueue(parked, quorum({ 'x-delivery-limit': NEVER }));
    await channel.assertQueue(
      main,
      quorum({ 'x-delivery-limit': ladder.deliveryLimit, ...deadLettersTo(parked) }),
    );
    for (const delayMs of new Set(ladder.retryDelaysMs)) {
      await channel.assertQueue(
        retryNameOf(queue, delayMs),
        quorum({ 'x-message-ttl': delayMs, ...deadLettersTo(main) }),
      );
    }
    for (const type of QUEUES[queue]) await channel.bindQueue(main, EXCHANGE, ROUTING_KEYS[type]);
  }
};
