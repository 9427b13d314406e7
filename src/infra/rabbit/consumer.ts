import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { QueueName } from '../../domain/messages.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { Delivery } from '../../domain/ports/message-bus.ts';
import { pause, within } from '../deadline.ts';
import { decodeEnvelope } from '../envelope-codec.ts';
import type { Logger } from '../log.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import { queueNameOf } from './topology.ts';
import { attemptOf, toParked, toRetry } from './wire.ts';

export interface ConsumerOptions {
  readonly queue: QueueName;
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  readonly publisher: Publisher;
  readonly retryDelaysMs: readonly number[];
  readonly maxAttempts: number;
  /** A subscription that heard nothing for so long is made anew. */
  readonly idleRefreshMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One subscription. It outlives connections: `attach` starts it on each new one. */
export interface Consumer {
  attach(model: ChannelModel, fail: (why: Error) => void): Promise<void>;
  /** No new deliveries from here on; those in hand may still be answered. */
  stop(): Promise<void>;
  /** Gives back what is in hand. Answers given before have reached the broker when it resolves. */
  finish(): Promise<void>;
  /** Deliveries handed out on the present connection and not yet answered. */
  unanswered(): number;
}

/** A broker that did not take the copy is asked again after this; the original stays with us meanwhile. */
const MOVE_AGAIN_MS = 500;
const CLOSE_TIMEOUT_MS = 2_000;

/** What one connection knows of a subscription. A delivery tag means nothing on any other channel. */
interface Session {
  readonly channel: Channel;
  readonly open: Set<ConsumeMessage>;
  tag: string | null;
  alive: boolean;
  closing: Promise<void>;
  /** Something came since the last look. */
  busy: boolean;
  stopWatching: () => void;
}

export const createConsumer = (options: ConsumerOptions): Consumer => {
  const { clock, log, publisher, queue } = options;
  let session: Session | null = null;
  let stopped = false;

  /**
   * The channel is closed before its connection: amqplib sends the frames of different channels in any order, and a
   * connection's close would overtake the last acks.
   */
  const closeChannel = async (of: Session): Promise<void> => {
    if (of.alive) {
      of.alive = false;
      of.open.clear();
      of.closing = within(clock, CLOSE_TIMEOUT_MS, of.channel.close()).catch(() => undefined);
    }
    await of.closing;
  };

  const settle = (of: Session, message: ConsumeMessage, how: (channel: Channel) => void): void => {
    of.open.delete(message);
    if (!of.alive) return;
    try {
      how(of.channel);
    } catch (error) {
      // The channel died under us; the broker hands the message out again.
      log.debug({ err: error, queue }, 'an answer came too late');
    }
    if (stopped && of.open.size === 0 && of.tag === null) void closeChannel(of);
  };

  /** The copy first, then the ack: a crash in between leaves two, never none. */
  const move = async (of: Session, message: ConsumeMessage, copy: OutgoingMessage): Promise<void> => {
    while (of.alive) {
      const outcome = await publisher.send(copy);
      if (outcome === 'confirmed') {
        settle(of, message, (channel) => channel.ack(message));
        return;
      }
      await pause(clock, MOVE_AGAIN_MS);
    }
    of.open.delete(message);
  };

  const retry = (of: Session, message: ConsumeMessage, reason: string): Promise<void> => {
    const attempt = attemptOf(message);
    const delays = options.retryDelaysMs;
    const delayMs = delays[Math.min(attempt, delays.length) - 1];
    if (attempt >= options.maxAttempts || delayMs === undefined) {
      return move(of, message, toParked(queue, message, reason));
    }
    return move(of, message, toRetry(queue, message, delayMs, reason));
  };

  const deliveryOf = (of: Session, message: ConsumeMessage, envelope: Delivery['envelope']): Delivery => {
    let answered = false;
    const once = (answer: () => void) => {
      if (answered) return;
      answered = true;
      answer();
    };
    return {
      envelope,
      attempt: attemptOf(message),
      ack: () => once(() => settle(of, message, (channel) => channel.ack(message))),
      retry: (reason) => once(() => void retry(of, message, reason)),
      park: (reason) => once(() => void move(of, message, toParked(queue, message, reason))),
    };
  };

  const onMessage = (of: Session, message: ConsumeMessage): void => {
    of.open.add(message);
    of.busy = true;
    if (stopped) return settle(of, message, (channel) => channel.nack(message, false, true));
    const parsed = decodeEnvelope(message.content);
    if (!parsed.ok) {
      log.error({ queue, reason: parsed.reason }, 'a message that cannot be read was parked');
      return void move(of, message, toParked(queue, message, parsed.reason));
    }
    const delivery = deliveryOf(of, message, parsed.envelope);
    try {
      options.onDelivery(delivery);
    } catch (error) {
      log.error({ err: error, queue }, 'a subscriber threw');
      delivery.retry('the subscriber threw');
    }
  };

  /**
   * A queue that is deleted and declared again in one breath hands messages to a consumer it no longer reaches, and neither
   * side is told. Whoever has heard nothing for a while therefore begins anew; what got stuck comes again.
   */
  const refreshWhenIdle = (of: Session, model: ChannelModel, fail: (why: Error) => void): void => {
    of.stopWatching = clock.after(options.idleRefreshMs, () => {
      if (!of.alive || of.tag === null) return;
      if (of.busy || of.open.size > 0) {
        of.busy = false;
        refreshWhenIdle(of, model, fail);
        return;
      }
      of.tag = null;
      void closeChannel(of)
        .then(() => attach(model, fail))
        .catch((error: unknown) => fail(error as Error));
    });
  };

  const attach: Consumer['attach'] = async (model, fail) => {
    if (stopped) return;
    const channel = await model.createChannel();
    const opened: Session = {
      channel,
      open: new Set(),
      tag: null,
      alive: true,
      closing: Promise.resolve(),
      busy: false,
      stopWatching: () => undefined,
    };
    channel.on('error', (error: Error) => log.warn({ err: error, queue }, 'a consuming channel broke'));
    channel.on('close', () => {
      const expected = !opened.alive;
      opened.alive = false;
      opened.open.clear();
      opened.stopWatching();
      if (!expected) fail(new Error(`the channel that consumes ${queue} was closed`));
    });
    session = opened;
    await channel.prefetch(options.prefetch);
    const { consumerTag } = await channel.consume(queueNameOf(queue), (message) => {
      if (message === null) fail(new Error(`the broker cancelled the consumer of ${queue}`));
      else onMessage(opened, message);
    });
    opened.tag = consumerTag;
    refreshWhenIdle(opened, model, fail);
    if (stopped) await cancel(opened);
  };

  return {
    attach,
    async stop() {
      stopped = true;
      if (session !== null) await cancel(session);
    },
    async finish() {
      if (session !== null) await closeChannel(session);
    },
    unanswered: () => (session?.alive === true ? session.open.size : 0),
  };

  async function cancel(of: Session): Promise<void> {
    const { tag } = of;
    if (!of.alive || tag === null) return;
    of.tag = null;
    of.stopWatching();
    // A channel that died has no consumer any more.
    await within(clock, CLOSE_TIMEOUT_MS, of.channel.cancel(tag)).catch(() => undefined);
    if (of.open.size === 0) await closeChannel(of);
  }
};
