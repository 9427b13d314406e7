import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { HoldResult } from '../../src/domain/hold.ts';
import type { OrderBook } from '../../src/domain/ports/order-book.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createPostgresBus } from '../../src/infra/postgres/message-bus.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { connectRedis, createRedis } from '../../src/infra/redis/client.ts';
import { createRedisSeatLocks } from '../../src/infra/redis/seat-locks.ts';
import { createHoldProtocol } from '../../src/tickets/hold-protocol.ts';
import { startSaleCommit } from '../../src/tickets/sale-commit.ts';
import { eventually } from '../support/eventually.ts';
import { holdRequest } from '../support/sale.ts';
import { testRedis } from '../support/servers.ts';
import { failed, openHouse, paid, type House } from './house.ts';

const WITHIN_MS = 30_000;
/** What a dead process was about to do next. */
const never = (): Promise<never> => new Promise(() => undefined);

const word = (result: HoldResult): string => (isRefusal(result) ? result.code : 'held');

const withLocks = async (t: ExecutionContext) => {
  const house = await openHouse(t);
  const server = await testRedis(t);
  if (house === null || server === null) return null;
  const redis = createRedis({
    url: server.url,
    log: silentLog,
    name: 'test-killed',
    commandTimeoutMs: 5_000,
  });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 10_000);
  let nowMs = Date.now();
  return {
    house,
    locks: createRedisSeatLocks({ redis, prefix: server.prefix, log: silentLog }),
    pass: (ms: number) => (nowMs += ms),
    clock: { nowMs: () => nowMs },
    forgetLocks: async () => {
      for await (const keys of redis.scanStream({ match: `${server.prefix}*` })) {
        if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
      }
    },
  };
};

test.serial(
  'hold → reply: the repeat with the same key finds the hold, nobody else gets the seat, it counts once',
  async (t) => {
    const stage = await withLocks(t);
    if (stage === null) return;
    const { house, locks, clock } = stage;
    const [fan, rival] = [await house.admit(), await house.admit()];
    const request = holdRequest(house.eventId, fan, ['A-1-1', 'A-1-2']);
    const committed = new Promise<void>((resolve) => {
      const dying = createHoldProtocol({
        locks,
        clock,
        ledger: {
          ...createSeatLedger(house.pool),
          holdSeats: async (requests) => {
            await createSeatLedger(house.pool).holdSeats(requests);
            resolve();
            return never();
          },
        },
      });
      void dying.decide(request, 'dead');
    });
    await committed;
    const next = createHoldProtocol({ locks, clock, ledger: createSeatLedger(house.pool) });
    t.is(word(await next.decide(holdRequest(house.eventId, rival, ['A-1-2']), 'next')), 'seat_taken');
    const again = await next.decide(request, 'next');
    t.like(again, { kind: 'held', replayed: true });
    t.deepEqual(await house.usage(fan.fanId), { seats: 2, holds: 1 });
    t.is((await house.statuses())['held'], 2);
  },
);

test.serial(
  'order → reply: the repeat with the same key finds the order, and the money is asked for once',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const fan = await house.admit();
    const hold = await house.hold(fan, ['A-1-1']);
    const request = {
      orderId: randomUUID(),
      attemptId: randomUUID(),
      fanId: fan.fanId,
      holdIds: [hold.holdId],
      payWithinMs: 600_000,
      fingerprint: 'f',
    };
    await createOrderBook(house.pool).place(request);
    const again = await createOrderBook(house.pool).place({ ...request, attemptId: randomUUID() });
    t.like(again, { orderId: request.orderId, attemptId: request.attemptId });
    t.deepEqual(await house.said(request.orderId), ['PedidoCriado']);
  },
);

/** A process with one message in hand that dies before or after its commit; its lease ends, another process goes on. */
const dieWith = async (house: House, orders: OrderBook, dead: Promise<void>) => {
  const bus = createPostgresBus({
    pool: house.pool,
    clock: systemClock,
    log: silentLog,
    pollMs: 50,
    leaseMs: 500,
    drainMs: 1,
  });
  startSaleCommit({
    bus,
    orders,
    onSettled: () => undefined,
    onReport: () => undefined,
    onBroken: () => undefined,
  });
  await dead;
  await bus.close();
};

const goOn = (t: ExecutionContext, house: House): (() => number) => {
  const bus = createPostgresBus({ pool: house.pool, clock: systemClock, log: silentLog, pollMs: 50 });
  let acked = 0;
  const commit = startSaleCommit({
    bus,
    orders: house.book,
    onSettled: () => undefined,
    onReport: (report) => (acked += report.acked),
    onBroken: (error) => t.fail(String(error)),
  });
  t.teardown(async () => {
    await commit.stop();
    await bus.close();
  });
  return () => acked;
};

for (const when of ['authorise → commit', 'commit → ack'] as const) {
  test.serial(
    `${when}: the payment’s word comes to another process, and the seats are sold once`,
    async (t) => {
      const house = await openHouse(t);
      if (house === null) return;
      const order = await house.orderSeats(await house.admit(), ['A-1-1', 'A-1-2']);
      const publisher = createPostgresBus({
        pool: house.pool,
        clock: systemClock,
        log: silentLog,
        pollMs: 50,
      });
      t.teardown(() => publisher.close());
      await publisher.publish([paid(order)]);
      let died = (): void => undefined;
      const dead = new Promise<void>((resolve) => (died = resolve));
      const mortal: OrderBook = {
        ...house.book,
        settle: async (messages) => {
          if (when === 'commit → ack') await house.book.settle(messages);
          died();
          return never();
        },
      };
      await dieWith(house, mortal, dead);
      t.is(
        (await house.book.find(order.orderId))?.status,
        when === 'commit → ack' ? 'confirmed' : 'awaiting_payment',
      );
      const acked = goOn(t, house);
      await eventually(() => assert.equal(acked(), 1), WITHIN_MS);
      t.is((await house.book.find(order.orderId))?.status, 'confirmed');
      t.deepEqual(await house.seatsOf(order.orderId), ['A-1-1', 'A-1-2']);
      t.deepEqual(await house.said(order.orderId), ['PedidoCriado', 'PedidoConfirmado']);
      const left = await house.pool.query('SELECT count(*) AS n FROM bus.messages');
      t.is(left.rows[0].n, 0);
    },
  );
}

test.serial(
  'commit → release: a lock left behind frees no sold seat, and keeps no freed one from the next fan for long',
  async (t) => {
    const stage = await withLocks(t);
    if (stage === null) return;
    const { house, locks, clock, pass } = stage;
    const node = createHoldProtocol({ locks, clock, ledger: house.ledger });
    const [fan, rival] = [await house.admit(), await house.admit()];
    const ask = async (who: typeof fan, seatId: string): Promise<string> =>
      word(await node.decide(holdRequest(house.eventId, who, [seatId]), 'node'));
    const holdOf = async (seatId: string) => {
      const result = await node.decide(holdRequest(house.eventId, fan, [seatId]), 'node');
      assert.ok(result.kind === 'held', JSON.stringify(result));
      return result.hold;
    };
    const sold = await house.order(fan, [await holdOf('A-1-1')]);
    const ended = await house.order(fan, [await holdOf('A-1-2')]);
    await house.settle(paid(sold));
    await house.settle(failed(ended));
    // Here the process died: both locks are still there, for as long as somebody might have paid.
    for (const seatId of ['A-1-1', 'A-1-2']) t.is(await ask(rival, seatId), 'seat_taken');
    pass(5_001);
    t.is(await ask(rival, 'A-1-1'), 'seat_taken');
    await eventually(async () => assert.equal(await ask(rival, 'A-1-2'), 'held'), WITHIN_MS);
    pass(5_001);
    for (let tries = 0; tries < 5; tries += 1) t.is(await ask(rival, 'A-1-1'), 'seat_taken');
    t.like(await house.seat('A-1-1'), { status: 'sold' });
  },
);

test.serial(
  'Redis flushed in the midst of holds, orders and sales: Postgres refuses what the locks no longer do',
  async (t) => {
    const stage = await withLocks(t);
    if (stage === null) return;
    const { house, locks, clock, forgetLocks } = stage;
    const node = createHoldProtocol({ locks, clock, ledger: house.ledger });
    const fan = await house.admit();
    const hold = async (seatId: string) => {
      const result = await node.decide(holdRequest(house.eventId, fan, [seatId]), 'node');
      assert.ok(result.kind === 'held', JSON.stringify(result));
      return result.hold;
    };
    await house.settle(paid(await house.order(fan, [await hold('A-1-1')])));
    await house.order(fan, [await hold('A-1-2')]);
    await hold('A-1-3');
    await forgetLocks();
    const rival = await house.admit();
    for (const seatId of ['A-1-1', 'A-1-2', 'A-1-3']) {
      t.is(word(await node.decide(holdRequest(house.eventId, rival, [seatId]), 'node')), 'seat_taken');
    }
    t.is(word(await node.decide(holdRequest(house.eventId, rival, ['A-1-4']), 'node')), 'held');
    t.deepEqual(await house.statuses(), { free: 21, held: 2, paying: 1, sold: 1 });
  },
);
