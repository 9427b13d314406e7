import type { ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import type { Clock } from '../../domain/ports/environment.ts';
import type { PublishOutcome } from '../../domain/ports/message-bus.ts';
import type { Logger } from '../log.ts';
import { pause } from '../deadline.ts';
import { createLink } from './link.ts';
import { declareTopology, type Topology } from './topology.ts';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
}

export interface PublisherOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ladder: Topology;
  /** Unconfirmed messages at once; whoever comes then waits. */
  readonly maxInFlight: number;
  /** How long a message may wait for a usable connection and a free place, and then again for its confirm. */
  readonly publishWaitMs: number;
  readonly confirmTimeoutMs: number;
}

export interface Publisher {
  /** Says `confirmed` only when the broker confirmed it and did not return it. Never rejects, never hangs. */
  send(message: OutgoingMessage): Promise<PublishOutcome>;
  usable(): boolean;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How often one who waits looks again at the connection. */
const LOOK_EVERY_MS = 25;
const DECLARE_AGAIN_AFTER_MS = 1_000;
/**
 * A channel that first publishes to a quorum queue while its leader is dying asks the dead node for ever and refuses every
 * message for that queue, long after another leads (RabbitMQ 3.10.8: 25 payments stood for as long as the connection
 * did). A new channel knows better. A broker that has a reason to refuse is asked on a new connection so often, no more.
 */
const RENEW_AFTER_MS = 2_000;

interface Flight {
  returned: boolean;
  readonly settle: (outcome: PublishOutcome) => void;
}

/** The connection that publishes, apart from the one that consumes: an alarm of the broker blocks publishers only. */
export const createPublisher = (options: PublisherOptions): Publisher => {
  const { clock, log } = options;
  const flights = new Map<string, Flight>();
  let channel: ConfirmChannel | null = null;
  let waiting = 0;
  let sequence = 0;
  let closed = false;
  let declaring = false;
  /** The broker has refused a message. */
  let onRefused = (): void => undefined;

  const allUnknown = (): void => {
    channel = null;
    for (const flight of flights.values()) flight.settle('unknown');
  };

  /** A queue or a binding is missing: somebody took it away. What was returned is sent again by its outbox. */
  const declareAgain = async (model: ChannelModel, open: ConfirmChannel): Promise<void> => {
    if (declaring) return;
    declaring = true;
    // Declared again at once, the queue would have its old name before the broker has told its consumers that it was
    // gone, and then it never tells them.
    await pause(clock, DECLARE_AGAIN_AFTER_MS);
    try {
      await declareTopology(model, open, options.ladder);
    } catch (error) {
      log.warn({ err: error }, 'the queues could not be declared again');
    } finally {
      declaring = false;
    }
  };

  // The broker sends the return before the confirm of the same message.
  const onReturn = (model: ChannelModel, message: Message): void => {
    const flight = flights.get(String(message.properties.correlationId));
    if (flight !== undefined) flight.returned = true;
    log.warn(
      { messageId: message.properties.messageId as unknown, routingKey: message.fields.routingKey },
      'no queue took a message',
    );
    if (channel !== null) void declareAgain(model, channel);
  };

  const link = createLink({
    url: options.url,
    name: 'publisher',
    clock,
    log,
    onDown: allUnknown,
    async setup(model, fail) {
      const opened = await model.createConfirmChannel();
      opened.on('error', (error: Error) => log.warn({ err: error }, 'the publishing channel broke'));
      opened.on('close', () => fail(new Error('the publishing channel was closed')));
      opened.on('return', (message: Message) => onReturn(model, message));
      await declareTopology(model, opened, options.ladder);
      const openedAtMs = clock.nowMs();
      onRefused = () => {
        if (clock.nowMs() - openedAtMs >= RENEW_AFTER_MS) fail(new Error('the broker refuses a message'));
      };
      channel = opened;
    },
  });

  const free = (): boolean => link.usable() && channel !== null && flights.size < options.maxInFlight;

  const waitForPlace = async (): Promise<boolean> => {
    if (waiting >= options.maxInFlight) return false;
    waiting += 1;
    const until = clock.nowMs() + options.publishWaitMs;
    const over = () => closed || clock.nowMs() >= until;
    while (!free() && !over()) {
      await pause(clock, LOOK_EVERY_MS);
    }
    waiting -= 1;
    return free();
  };

  const fly = (open: ConfirmChannel, message: OutgoingMessage): Promise<PublishOutcome> =>
    new Promise((resolve) => {
      sequence += 1;
      const key = String(sequence);
      const cancel = clock.after(options.confirmTimeoutMs, () => flight.settle('unknown'));
      const flight: Flight = {
        returned: false,
        settle(outcome) {
          cancel();
          flights.delete(key);
          resolve(outcome);
        },
      };
      flights.set(key, flight);
      const sent = { ...message.properties, correlationId: key, mandatory: true, persistent: true };
      try {
        open.publish(message.exchange, message.routingKey, message.body, sent, (error: unknown) => {
          if (error === null || error === undefined)
            flight.settle(flight.returned ? 'returned' : 'confirmed');
          else {
            flight.settle('unknown');
            if (channel === open) onRefused();
          }
        });
      } catch (error) {
        log.warn({ err: error }, 'a message could not be sent');
        flight.settle('unknown');
      }
    });

  return {
    async send(message) {
      if (!free() && !(await waitForPlace())) return 'unknown';
      return channel === null ? 'unknown' : fly(channel, message);
    },
    usable: () => link.usable(),
    ready: () => link.ready(),
    async close() {
      closed = true;
      await link.close();
      allUnknown();
    },
  };
};
