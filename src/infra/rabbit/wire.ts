import type { Message, Options } from 'amqplib';
import { EXCHANGE, ROUTING_KEYS, type AnyEnvelope, type QueueName } from '../../domain/messages.ts';
import { encodeEnvelope } from '../envelope-codec.ts';
import type { OutgoingMessage } from './publisher.ts';
import { DIRECT, parkedNameOf, queueNameOf, retryNameOf } from './topology.ts';

/** Our own count: RabbitMQ 4 does not go on counting in an `x-death` that was published again. */
const ATTEMPT = 'x-catraca-attempt';
const REASON = 'x-catraca-reason';
/** Quorum queues count here how often they handed this very message out without an answer. */
const DELIVERY_COUNT = 'x-delivery-count';

const headerNumber = (message: Message, name: string, otherwise: number): number => {
  const value: unknown = message.properties.headers?.[name];
  return typeof value === 'number' && Number.isInteger(value) ? value : otherwise;
};

/** What was published as attempt n is attempt n + 1 after it was handed out once without an answer. */
export const attemptOf = (message: Message): number =>
  headerNumber(message, ATTEMPT, 1) + headerNumber(message, DELIVERY_COUNT, 0);

/** For a parked message: why we parked it, or why the broker did. */
export const reasonOf = (message: Message): string => {
  const own: unknown = message.properties.headers?.[REASON];
  if (typeof own === 'string') return own;
  const [death] = message.properties.headers?.['x-death'] ?? [];
  return death === undefined ? 'unknown' : `parked by the broker: ${death.reason}`;
};

/** For a parked message: how often it had been tried. Looking at it is not counted. */
export const attemptsOf = (message: Message): number => headerNumber(message, ATTEMPT, 1);

/** A message keeps its name and its bytes through every queue; its headers are made new each time. */
const sameMessage = (message: Message, headers: Record<string, unknown>): Options.Publish => {
  const { messageId, type, contentType, timestamp } = message.properties as unknown as Record<
    string,
    unknown
  >;
  return {
    headers,
    ...(typeof messageId === 'string' ? { messageId } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
  };
};

export const outgoing = (envelope: AnyEnvelope): OutgoingMessage => ({
  exchange: EXCHANGE,
  routingKey: ROUTING_KEYS[envelope.type],
  body: encodeEnvelope(envelope),
  properties: {
    messageId: envelope.id,
    type: envelope.type,
    contentType: 'application/json',
    // AMQP counts seconds.
    timestamp: Math.floor(envelope.occurredAtMs / 1_000),
  },
});

export const toRetry = (
  queue: QueueName,
  message: Message,
  delayMs: number,
  reason: string,
): OutgoingMessage => ({
  exchange: DIRECT,
  routingKey: retryNameOf(queue, delayMs),
  body: message.content,
  properties: sameMessage(message, { [ATTEMPT]: attemptOf(message) + 1, [REASON]: reason }),
});

export const toParked = (queue: QueueName, message: Message, reason: string): OutgoingMessage => ({
  exchange: DIRECT,
  routingKey: parkedNameOf(queue),
  body: message.content,
  properties: sameMessage(message, { [ATTEMPT]: attemptOf(message), [REASON]: reason }),
});

export const toMain = (queue: QueueName, message: Message): OutgoingMessage => ({
  exchange: DIRECT,
  routingKey: queueNameOf(queue),
  body: message.content,
  properties: sameMessage(message, {}),
});
