import type { AnyEnvelope, QueueName } from '../messages.ts';

/**
 * `confirmed`: the bus has it durably and a queue took it. `returned`: no queue wanted it. `unknown`: no word came; send
 * it again, receivers count each message once.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'unknown';

export interface Delivery {
  readonly envelope: AnyEnvelope;
  /** 1 for the first delivery; a redelivery without an answer counts as well. Our own count: brokers differ in theirs. */
  readonly attempt: number;
  /** Done, and its effect committed. Of `ack`, `retry` and `park` the first call counts; none of them throws. */
  ack(): void;
  /** Not done: deliver it again after a rising delay; after the last attempt it is parked. */
  retry(reason: string): void;
  /** Can never be done: set aside for a person to look at. */
  park(reason: string): void;
}

export interface ParkedMessage {
  /** Null: what came could not be read as a message; `raw` then has it. */
  readonly envelope: AnyEnvelope | null;
  /** What came, as text; null where `envelope` says it all. */
  readonly raw: string | null;
  readonly attempts: number;
  readonly reason: string;
}

/** Durable, at least once, unordered. RabbitMQ, or a Postgres table where no broker is configured. */
export interface MessageBus {
  readonly kind: 'rabbitmq' | 'postgres';
  /** One outcome per envelope, in order. Does not reject. */
  publish(envelopes: readonly AnyEnvelope[]): Promise<readonly PublishOutcome[]>;
  /**
   * Starts consuming; at most `prefetch` deliveries are unanswered at once. It survives the loss of the bus and goes on when
   * the bus is back; what was unanswered comes again. The returned function stops new deliveries.
   */
  subscribe(
    queue: QueueName,
    prefetch: number,
    onDelivery: (delivery: Delivery) => void,
  ): Promise<() => Promise<void>>;
  /** Looks without taking. Rejects when the bus is gone. */
  parked(queue: QueueName, limit: number): Promise<readonly ParkedMessage[]>;
  /** Puts parked messages back into their queue with a fresh count; how many. Rejects when the bus is gone. */
  redrive(queue: QueueName, limit: number): Promise<number>;
  /** Messages can move now. */
  healthy(): boolean;
  /** Stops all subscriptions, gives answers in flight a bounded time, and leaves nothing open. */
  close(): Promise<void>;
}
