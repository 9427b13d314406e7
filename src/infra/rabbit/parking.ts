import type { Channel, GetMessage } from 'amqplib';
import type { QueueName } from '../../domain/messages.ts';
import type { ParkedMessage } from '../../domain/ports/message-bus.ts';
import { decodeEnvelope } from '../envelope-codec.ts';
import type { Publisher } from './publisher.ts';
import { parkedNameOf } from './topology.ts';
import { attemptsOf, reasonOf, toMain } from './wire.ts';

/** Enough for a person to see what it was. */
const RAW_MAX_CHARACTERS = 4_096;

const take = async (channel: Channel, queue: QueueName, limit: number): Promise<readonly GetMessage[]> => {
  const taken: GetMessage[] = [];
  while (taken.length < limit) {
    const message = await channel.get(parkedNameOf(queue));
    if (message === false) break;
    taken.push(message);
  }
  return taken;
};

const view = (message: GetMessage): ParkedMessage => {
  const parsed = decodeEnvelope(message.content);
  return {
    envelope: parsed.ok ? parsed.envelope : null,
    raw: parsed.ok ? null : message.content.toString('utf8').slice(0, RAW_MAX_CHARACTERS),
    attempts: attemptsOf(message),
    reason: reasonOf(message),
  };
};

/** Takes up to `limit` parked messages in hand, reads them and puts them back. While it reads, nobody else sees them. */
export const readParked = async (
  channel: Channel,
  queue: QueueName,
  limit: number,
): Promise<readonly ParkedMessage[]> => {
  const taken = await take(channel, queue, limit);
  for (const message of taken) channel.nack(message, false, true);
  return taken.map(view);
};

/** Publishes up to `limit` parked messages to their queue and takes away those the broker confirmed; how many. */
export const redriveParked = async (
  channel: Channel,
  queue: QueueName,
  limit: number,
  publisher: Publisher,
): Promise<number> => {
  let moved = 0;
  for (const message of await take(channel, queue, limit)) {
    const outcome = await publisher.send(toMain(queue, message));
    if (outcome === 'confirmed') {
      channel.ack(message);
      moved += 1;
    } else channel.nack(message, false, true);
  }
  return moved;
};
