import { queueFor, type AnyEnvelope, type QueueName } from '../../domain/messages.ts';
import type { Delivery, MessageBus, ParkedMessage } from '../../domain/ports/message-bus.ts';
import type { Chance } from '../chance.ts';
import type { Faults } from '../faults.ts';
import { remote } from '../network.ts';
import { OUTSIDE, type World } from '../world.ts';

interface Message {
  readonly envelope: AnyEnvelope;
  readonly queue: QueueName;
  attempt: number;
  availableAtMs: number;
  lentTo: Subscription | null;
  parked: string | null;
}

interface Subscription {
  readonly owner: string;
  readonly queue: QueueName;
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  unanswered: number;
  open: boolean;
}

export interface Broker {
  /** The bus as one process uses it. */
  busOf(owner: string, crash: (reason: string) => void): MessageBus;
  /** The process has died: what it had not answered comes again. */
  forget(owner: string): void;
  /** The queue takes messages and hands none out, as one whose consumers are cut off. */
  stall(queue: QueueName): void;
  /** The queue is deleted with all that waits in it; until it is declared anew no message reaches it. */
  lose(queue: QueueName): void;
  declare(queue: QueueName): void;
  /** Messages that are neither done nor parked. */
  waiting(): number;
  redriveAll(): void;
}

const ATTEMPTS_MAX = 12;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
/** An answer that never arrived: the broker finds out that the channel is gone, and delivers again. */
const CHANNEL_LOST_MS = 3_000;
const DELIVERY_MS = 3;

/** A durable broker that outlives all nodes: at least once, in any order. */
export const createBroker = (world: World, faults: Faults, chance: Chance): Broker => {
  const messages = new Set<Message>();
  const stalled = new Set<QueueName>();
  const missing = new Set<QueueName>();
  let subscriptions: Subscription[] = [];

  const giveBack = (message: Message, delayMs: number): void => {
    if (message.lentTo !== null) message.lentTo.unanswered -= 1;
    message.lentTo = null;
    message.availableAtMs = world.nowMs + delayMs;
    pumpIn(delayMs);
  };

  const answer = (message: Message, from: Subscription, what: string, act: () => void): void => {
    const attempt = message.attempt;
    const lost = faults.isAway('broker') || chance.happens(faults.weather.ackLost);
    if (lost) faults.count(`broker ${what} lost`);
    const delayMs = lost ? CHANNEL_LOST_MS : chance.between(0, DELIVERY_MS);
    world.plan(OUTSIDE, delayMs, `broker ${what}${lost ? ' lost' : ''} ${message.envelope.type}`, () => {
      if (message.lentTo !== from || message.attempt !== attempt) return;
      if (lost) giveBack(message, 0);
      else act();
      pump();
    });
  };

  const retryDelayMs = (attempt: number): number => Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_MAX_MS);

  const remove = (message: Message): void => {
    if (message.lentTo !== null) message.lentTo.unanswered -= 1;
    message.lentTo = null;
    messages.delete(message);
  };

  const park = (message: Message, reason: string): void => {
    if (message.lentTo !== null) message.lentTo.unanswered -= 1;
    message.lentTo = null;
    message.parked = reason;
    faults.count('message parked');
  };

  const deliveryOf = (message: Message, to: Subscription): Delivery => {
    let answered = false;
    const once = (what: string, act: () => void): void => {
      if (answered) return;
      answered = true;
      answer(message, to, what, act);
    };
    return {
      envelope: message.envelope,
      attempt: message.attempt,
      ack: () => once('ack', () => remove(message)),
      retry: (reason) =>
        once('retry', () => {
          if (message.attempt >= ATTEMPTS_MAX) park(message, reason);
          else giveBack(message, retryDelayMs(message.attempt));
        }),
      park: (reason) => once('park', () => park(message, reason)),
    };
  };

  const deliver = (message: Message, to: Subscription): void => {
    message.lentTo = to;
    message.attempt += 1;
    to.unanswered += 1;
    const { type, orderId } = message.envelope;
    world.plan(
      to.owner,
      chance.between(0, DELIVERY_MS),
      `broker delivers ${type} ${orderId.slice(0, 13)}`,
      () => {
        if (to.open) to.onDelivery(deliveryOf(message, to));
        else giveBack(message, 0);
      },
    );
  };

  const pump = (): void => {
    if (faults.isAway('broker')) return pumpIn(500);
    const ready = [...messages].filter(
      (one) =>
        one.lentTo === null &&
        one.parked === null &&
        one.availableAtMs <= world.nowMs &&
        !stalled.has(one.queue),
    );
    while (ready.length > 0) {
      // Any of them: nothing is promised about the order.
      const [message] = ready.splice(chance.whole(0, ready.length - 1), 1) as [Message];
      const takers = subscriptions.filter(
        (one) => one.queue === message.queue && one.unanswered < one.prefetch,
      );
      if (takers.length > 0) deliver(message, chance.pick(takers));
    }
    return undefined;
  };

  const pumpIn = (delayMs: number): void => void world.plan(OUTSIDE, delayMs, 'timer', pump);

  const insert = (envelope: AnyEnvelope): void => {
    const message = { envelope, queue: queueFor(envelope.type), attempt: 0, availableAtMs: world.nowMs };
    messages.add({ ...message, lentTo: null, parked: null });
    if (!chance.happens(faults.weather.messageTwice)) return;
    faults.count('message twice');
    messages.add({
      ...message,
      availableAtMs: world.nowMs + chance.between(0, 8_000),
      lentTo: null,
      parked: null,
    });
    pumpIn(8_000);
  };

  const parkedOf = (queue: QueueName): Message[] =>
    [...messages].filter((one) => one.queue === queue && one.parked !== null);

  const redrive = (queue: QueueName, limit: number): number => {
    const parked = parkedOf(queue).slice(0, limit);
    for (const message of parked)
      Object.assign(message, { parked: null, attempt: 0, availableAtMs: world.nowMs });
    pump();
    return parked.length;
  };

  const forget = (isGone: (one: Subscription) => boolean): void => {
    const gone = new Set(subscriptions.filter(isGone));
    subscriptions = subscriptions.filter((one) => !gone.has(one));
    for (const one of gone) one.open = false;
    for (const message of messages) {
      if (message.lentTo !== null && gone.has(message.lentTo)) giveBack(message, chance.between(0, 1_000));
    }
  };

  const exchange: Pick<MessageBus, 'publish' | 'parked' | 'redrive'> = {
    async publish(envelopes) {
      const taken = envelopes.map((envelope) => !missing.has(queueFor(envelope.type)));
      for (const [index, envelope] of envelopes.entries()) if (taken[index] === true) insert(envelope);
      pump();
      return taken.map((isTaken) => (isTaken ? 'confirmed' : 'returned'));
    },
    parked: async (queue, limit): Promise<readonly ParkedMessage[]> =>
      parkedOf(queue)
        .slice(0, limit)
        .map(({ envelope, attempt, parked }) => ({
          envelope,
          raw: null,
          attempts: attempt,
          reason: parked ?? '',
        })),
    redrive: async (queue, limit) => redrive(queue, limit),
  };

  return {
    busOf(owner, crash) {
      const onFailure = (_: unknown, __: string, [envelopes]: readonly unknown[]): unknown =>
        (envelopes as readonly AnyEnvelope[]).map(() => 'unknown');
      const {
        publish,
        parked,
        redrive: redriveRemote,
      } = remote(exchange, { world, faults, server: 'broker', owner, onFailure, crash });
      return {
        kind: 'rabbitmq',
        publish,
        parked,
        redrive: redriveRemote,
        subscribe(queue, prefetch, onDelivery) {
          const subscription: Subscription = {
            owner,
            queue,
            prefetch,
            onDelivery,
            unanswered: 0,
            open: true,
          };
          subscriptions.push(subscription);
          pumpIn(chance.between(0, DELIVERY_MS));
          return Promise.resolve(() => {
            forget((one) => one === subscription);
            return Promise.resolve();
          });
        },
        healthy: () => !faults.isAway('broker'),
        close: () => Promise.resolve(forget((one) => one.owner === owner)),
      };
    },
    forget: (owner) => forget((one) => one.owner === owner),
    stall: (queue) => void stalled.add(queue),
    lose(queue) {
      stalled.delete(queue);
      missing.add(queue);
      for (const message of messages) if (message.queue === queue && message.parked === null) remove(message);
    },
    declare: (queue) => void missing.delete(queue),
    waiting: () => [...messages].filter((one) => one.parked === null).length,
    redriveAll() {
      redrive('tickets', Number.POSITIVE_INFINITY);
      redrive('payments', Number.POSITIVE_INFINITY);
    },
  };
};
