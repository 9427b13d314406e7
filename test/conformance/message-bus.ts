import type { ExecutionContext, TestFn } from 'ava';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import { orderRejected, paymentOk } from '../support/envelopes.ts';
import { eventually as eventuallyWithin } from '../support/eventually.ts';

export interface BusUnderTest {
  /** Another bus on the same queues, as a second process would have it; closed at teardown. */
  open(): Promise<MessageBus>;
  /** As if the process of this bus were killed: no farewell. */
  kill(bus: MessageBus): Promise<void>;
}

/** A busy machine is slow, and slow is not wrong. */
const PATIENCE_MS = 30_000;
const eventually = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  eventuallyWithin(assertion, PATIENCE_MS);

/** The ladder and the limit that the adapters are made with here. */
export const RETRY_DELAYS_MS = [120, 360];
export const MAX_ATTEMPTS = 3;

/** A fresh bus, empty; null where its server is absent. */
type Make = (t: ExecutionContext) => Promise<BusUnderTest | null>;

interface Seen {
  readonly delivery: Delivery;
  readonly atMs: number;
}

const collect = () => {
  const seen: Seen[] = [];
  const ids = () => seen.map((one) => one.delivery.envelope.id);
  const take = (delivery: Delivery): void => {
    seen.push({ delivery, atMs: performance.now() });
  };
  const nth = (index: number): Promise<Seen> =>
    eventually(() => {
      const one = seen[index];
      if (one === undefined) throw new Error(`only ${seen.length} deliveries came`);
      return one;
    });
  return { seen, ids, take, nth };
};

const expect = (condition: boolean, otherwise: string): void => {
  if (!condition) throw new Error(otherwise);
};

const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();

/** What every message bus promises. Runs unchanged on each adapter. */
export const messageBusConformance = (test: TestFn, name: string, make: Make): void => {
  const rule = (
    title: string,
    run: (t: ExecutionContext, bus: MessageBus, under: BusUnderTest) => Promise<void>,
  ): void =>
    test(`${name}: ${title}`, async (t) => {
      const under = await make(t);
      if (under === null) return;
      await run(t, await under.open(), under);
    });

  rule('a published message is delivered as it was, to the queue of its type alone', async (t, bus) => {
    const [tickets, payments] = [collect(), collect()];
    await bus.subscribe('tickets', 10, tickets.take);
    await bus.subscribe('payments', 10, payments.take);
    const [one, other] = [paymentOk(), { ...orderRejected(), saidAgainAtMs: 5 }];
    t.deepEqual(await bus.publish([one, other]), ['confirmed', 'confirmed']);
    t.deepEqual((await tickets.nth(0)).delivery.envelope, one);
    t.deepEqual((await payments.nth(0)).delivery.envelope, other);
    t.is((await tickets.nth(0)).delivery.attempt, 1);
    t.is(tickets.seen.length, 1);
    t.is(payments.seen.length, 1);
  });

  rule('each envelope of a large batch has its outcome, and each is delivered', async (t, bus) => {
    const batch = Array.from({ length: 700 }, () => paymentOk());
    const { ids, take, seen } = collect();
    await bus.subscribe('tickets', 50, (delivery) => {
      take(delivery);
      delivery.ack();
    });
    t.deepEqual(
      await bus.publish(batch),
      batch.map(() => 'confirmed' as const),
    );
    await eventually(() => expect(seen.length === batch.length, `${seen.length} came`));
    t.deepEqual(sorted(ids()), sorted(batch.map((one) => one.id)));
  });

  rule('publishing nothing does nothing', async (t, bus) => {
    t.deepEqual(await bus.publish([]), []);
  });

  rule('what was published before anybody listened is delivered', async (t, bus, under) => {
    const message = paymentOk();
    await bus.publish([message]);
    await bus.close();
    const { take, nth } = collect();
    await (await under.open()).subscribe('tickets', 1, take);
    t.is((await nth(0)).delivery.envelope.id, message.id);
  });

  rule('an acked message does not come again', async (t, bus, under) => {
    const [message, marker] = [paymentOk(), paymentOk()];
    const first = collect();
    await bus.subscribe('tickets', 10, first.take);
    await bus.publish([message]);
    (await first.nth(0)).delivery.ack();
    await bus.close();
    const next = await under.open();
    const second = collect();
    await next.subscribe('tickets', 10, second.take);
    await next.publish([marker]);
    await second.nth(0);
    t.deepEqual(second.ids(), [marker.id]);
  });

  rule('what a closed bus left unanswered comes to another', async (t, bus, under) => {
    const message = paymentOk();
    const first = collect();
    await bus.subscribe('tickets', 10, first.take);
    await bus.publish([message]);
    await first.nth(0);
    await bus.close();
    const second = collect();
    await (await under.open()).subscribe('tickets', 10, second.take);
    const again = (await second.nth(0)).delivery;
    t.is(again.envelope.id, message.id);
    t.is(again.attempt, 2, 'a delivery without an answer counts');
  });

  rule('what a killed process had in hand comes to another', async (t, bus, under) => {
    const message = paymentOk();
    const survivor = await under.open();
    const first = collect();
    await bus.subscribe('tickets', 10, first.take);
    await survivor.publish([message]);
    await first.nth(0);
    await under.kill(bus);
    const second = collect();
    await survivor.subscribe('tickets', 10, second.take);
    const again = (await second.nth(0)).delivery;
    t.is(again.envelope.id, message.id);
    t.is(again.attempt, 2);
  });

  rule('no more than the prefetch are unanswered at once', async (t, bus) => {
    const batch = Array.from({ length: 7 }, () => paymentOk());
    let open = 0;
    let most = 0;
    let done = 0;
    const held: Delivery[] = [];
    await bus.subscribe('tickets', 3, (delivery) => {
      open += 1;
      most = Math.max(most, open);
      held.push(delivery);
    });
    await bus.publish(batch);
    while (done < batch.length) {
      const due = Math.min(3, batch.length - done);
      await eventually(() => expect(held.length === due, `${held.length} in hand`));
      const answering = held.shift();
      open -= 1;
      done += 1;
      answering?.ack();
    }
    t.is(most, 3);
  });

  rule("a retried message comes again after the ladder's delay, its attempt counted", async (t, bus) => {
    const { take, nth } = collect();
    await bus.subscribe('tickets', 10, take);
    const message = paymentOk();
    await bus.publish([message]);
    const first = await nth(0);
    const firstAnsweredAtMs = performance.now();
    first.delivery.retry('not now');
    const second = await nth(1);
    const secondAnsweredAtMs = performance.now();
    second.delivery.retry('not now');
    const third = await nth(2);
    t.deepEqual(
      [first, second, third].map((one) => one.delivery.attempt),
      [1, 2, 3],
    );
    t.deepEqual(third.delivery.envelope, message);
    const [firstDelayMs = 0, secondDelayMs = 0] = RETRY_DELAYS_MS;
    // Timers and servers count in whole milliseconds.
    t.true(second.atMs - firstAnsweredAtMs >= firstDelayMs - 5, 'the first step was too short');
    t.true(third.atMs - secondAnsweredAtMs >= secondDelayMs - 5, 'the second step was too short');
  });

  rule('a message that waits for its retry holds nobody up', async (t, bus) => {
    const { take, nth, ids } = collect();
    await bus.subscribe('tickets', 1, take);
    const [slow, quick] = [paymentOk(), paymentOk()];
    await bus.publish([slow]);
    (await nth(0)).delivery.retry('not now');
    await bus.publish([quick]);
    (await nth(1)).delivery.ack();
    (await nth(2)).delivery.ack();
    t.deepEqual(ids(), [slow.id, quick.id, slow.id]);
  });

  rule('after the last attempt a retry parks', async (t, bus) => {
    const { take, nth, seen } = collect();
    await bus.subscribe('tickets', 10, take);
    const message = paymentOk();
    await bus.publish([message]);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++)
      (await nth(attempt - 1)).delivery.retry(`no ${attempt}`);
    const [parked] = await eventually(async () => {
      const list = await bus.parked('tickets', 10);
      expect(list.length === 1, `${list.length} parked`);
      return list;
    });
    t.deepEqual(parked, {
      envelope: message,
      raw: null,
      attempts: MAX_ATTEMPTS,
      reason: `no ${MAX_ATTEMPTS}`,
    });
    t.is(seen.length, MAX_ATTEMPTS);
  });

  rule(
    'a parked message can be looked at again and again, and redriven with a fresh count',
    async (t, bus) => {
      const { take, nth, seen } = collect();
      await bus.subscribe('tickets', 10, take);
      const message = paymentOk();
      await bus.publish([message]);
      (await nth(0)).delivery.park('a person must see this');
      await eventually(async () => expect((await bus.parked('tickets', 10)).length === 1, 'not parked'));
      for (let look = 0; look < 25; look++) {
        const [parked] = await eventually(async () => {
          const list = await bus.parked('tickets', 10);
          expect(list.length === 1, 'it is gone');
          return list;
        });
        t.deepEqual(parked, { envelope: message, raw: null, attempts: 1, reason: 'a person must see this' });
      }
      t.deepEqual(await bus.parked('payments', 10), []);
      t.is(seen.length, 1);
      t.is(
        await eventually(async () => {
          const moved = await bus.redrive('tickets', 10);
          expect(moved === 1, 'nothing moved');
          return moved;
        }),
        1,
      );
      const again = (await nth(1)).delivery;
      t.is(again.attempt, 1);
      t.is(again.envelope.id, message.id);
      again.ack();
      t.deepEqual(await bus.parked('tickets', 10), []);
      t.is(await bus.redrive('tickets', 10), 0);
    },
  );

  rule('redrive moves no more than asked', async (t, bus) => {
    const batch = Array.from({ length: 5 }, () => paymentOk());
    const stop = await bus.subscribe('tickets', 10, (delivery) => delivery.park('aside'));
    await bus.publish(batch);
    await eventually(async () => expect((await bus.parked('tickets', 10)).length === 5, 'not all parked'));
    await stop();
    t.is((await bus.parked('tickets', 2)).length, 2);
    t.is(await eventually(() => bus.redrive('tickets', 3)), 3);
    t.is((await bus.parked('tickets', 10)).length, 2);
  });

  rule('of several answers the first counts', async (t, bus) => {
    const { take, nth, ids } = collect();
    await bus.subscribe('tickets', 10, take);
    const [message, marker] = [paymentOk(), paymentOk()];
    await bus.publish([message]);
    const { delivery } = await nth(0);
    delivery.ack();
    delivery.retry('changed my mind');
    delivery.park('and again');
    delivery.ack();
    await bus.publish([marker]);
    await nth(1);
    t.deepEqual(ids(), [message.id, marker.id]);
    t.deepEqual(await bus.parked('tickets', 10), []);
  });

  rule('a subscriber that throws gets the message again and goes on with others', async (t, bus) => {
    const { take, seen } = collect();
    const [bad, good] = [paymentOk(), paymentOk()];
    await bus.subscribe('tickets', 10, (delivery) => {
      take(delivery);
      if (delivery.envelope.id === bad.id && delivery.attempt === 1) throw new Error('a bug');
      delivery.ack();
    });
    await bus.publish([bad, good]);
    await eventually(() => expect(seen.length === 3, `${seen.length} came`));
    const attempts = seen
      .filter((one) => one.delivery.envelope.id === bad.id)
      .map((one) => one.delivery.attempt);
    t.deepEqual(attempts, [1, 2]);
  });

  rule('after unsubscribing nothing more is delivered, what is in hand can be answered', async (t, bus) => {
    const first = collect();
    const stop = await bus.subscribe('tickets', 1, first.take);
    const [inHand, later] = [paymentOk(), paymentOk()];
    await bus.publish([inHand]);
    const { delivery } = await first.nth(0);
    await stop();
    await bus.publish([later]);
    delivery.ack();
    const second = collect();
    await bus.subscribe('tickets', 10, second.take);
    await second.nth(0);
    t.deepEqual(second.ids(), [later.id], 'the one that was acked late is done');
    t.deepEqual(first.ids(), [inHand.id]);
  });

  rule('two subscribers share a queue and each message goes to one of them', async (t, bus, under) => {
    const batch = Array.from({ length: 20 }, () => paymentOk());
    const [first, second] = [collect(), collect()];
    // One message in hand at most and an answer only in a later turn: neither can run ahead with all of them.
    const slowly = (take: (delivery: Delivery) => void) => (delivery: Delivery) => {
      take(delivery);
      setTimeout(() => delivery.ack(), 2);
    };
    await bus.subscribe('tickets', 1, slowly(first.take));
    await (await under.open()).subscribe('tickets', 1, slowly(second.take));
    await bus.publish(batch);
    await eventually(() => expect(first.seen.length + second.seen.length >= batch.length, 'not all came'));
    t.deepEqual(sorted([...first.ids(), ...second.ids()]), sorted(batch.map((one) => one.id)));
    t.true(first.seen.length > 0 && second.seen.length > 0);
  });

  rule('the same message published twice is tolerated, and comes at least once', async (t, bus) => {
    const message = paymentOk();
    const { take, nth, seen } = collect();
    await bus.subscribe('tickets', 10, (delivery) => {
      take(delivery);
      delivery.ack();
    });
    t.deepEqual(await bus.publish([message, message]), ['confirmed', 'confirmed']);
    await nth(0);
    t.deepEqual(await bus.publish([message]), ['confirmed']);
    const marker = paymentOk();
    await bus.publish([marker]);
    await eventually(() =>
      expect(
        seen.some((one) => one.delivery.envelope.id === marker.id),
        'the marker has not come',
      ),
    );
    const others = seen
      .map((one): AnyEnvelope => one.delivery.envelope)
      .filter((one) => one.id !== marker.id);
    for (const one of others) t.deepEqual(one, message);
  });

  rule('close waits for the answers in hand, and a closed bus publishes nothing', async (t, bus, under) => {
    const [message, marker] = [paymentOk(), paymentOk()];
    const first = collect();
    await bus.subscribe('tickets', 10, first.take);
    await bus.publish([message]);
    const { delivery } = await first.nth(0);
    const closing = bus.close();
    setTimeout(() => delivery.ack(), 50);
    await closing;
    const next = await under.open();
    const second = collect();
    await next.subscribe('tickets', 10, second.take);
    await next.publish([marker]);
    await second.nth(0);
    t.deepEqual(second.ids(), [marker.id]);
    t.deepEqual(await bus.publish([paymentOk()]), ['unknown']);
    await t.notThrowsAsync(bus.close(), 'closing twice is harmless');
  });

  rule('a bus that works is healthy', async (t, bus) => {
    await bus.publish([paymentOk()]);
    t.true(bus.healthy());
  });
};
