import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { guardian } from '../../src/actors/guardian.ts';
import { CrashLog } from '../../src/actors/kit/set-aside.ts';
import { createActorSystem } from '../../src/actors/kit/system.ts';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { HoldResult } from '../../src/domain/hold.ts';
import type { SeatLedger } from '../../src/domain/ports/seat-ledger.ts';
import type { SeatLocks } from '../../src/domain/ports/seat-locks.ts';
import type { HoldCommand } from '../../src/domain/ports/services.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { systemClock, systemIds, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createEventStore } from '../../src/infra/postgres/event-store.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { connectRedis, createRedis } from '../../src/infra/redis/client.ts';
import { createRedisSeatLocks } from '../../src/infra/redis/seat-locks.ts';
import { createCatalogue } from '../../src/tickets/catalogue.ts';
import { createHoldProtocol } from '../../src/tickets/hold-protocol.ts';
import { createOrderWatchers } from '../../src/tickets/order-watchers.ts';
import { createSectionDirectory } from '../../src/tickets/section-directory.ts';
import { createTicketService } from '../../src/tickets/ticket-service.ts';
import { eventually } from '../support/eventually.ts';
import { admitFan, createShow, holdRequest, type AdmittedFan } from '../support/sale.ts';
import { testPostgres, testRedis } from '../support/servers.ts';

const HOLD_TTL_MS = 300_000;

/** The ticket service as a node has it, over the real ledger and the locks given; counts what reaches Postgres. */
const createSale = (t: ExecutionContext, pool: Pool, locks: SeatLocks) => {
  const real = createSeatLedger(pool);
  const reached = { statements: 0, holds: 0 };
  const ledger: SeatLedger = {
    ...real,
    holdSeats(requests) {
      reached.statements += 1;
      reached.holds += requests.length;
      return real.holdSeats(requests);
    },
  };
  const protocol = createHoldProtocol({ locks, ledger, clock: systemClock });
  const actors = createActorSystem({ clock: systemClock, random: systemRandom, drainTimeoutMs: 2_000 });
  t.teardown(() => actors.stop());
  const root = actors.spawn(
    guardian({
      holdTtlMs: HOLD_TTL_MS,
      effects: {
        decide: (request, owner) => protocol.decide(request, owner),
        readSection: (eventId, sectionId) => ledger.readSection(eventId, sectionId),
        readChanges: (eventId, sectionId, since) => ledger.readChanges(eventId, sectionId, since),
        clock: systemClock,
        random: systemRandom,
        crashes: new CrashLog(),
        owner: 'node',
      },
      onSection: () => undefined,
      onFatal: () => undefined,
    }),
  );
  const watchers = createOrderWatchers(systemRandom);
  t.teardown(() => watchers.stop());
  const tickets = createTicketService({
    catalogue: createCatalogue(createEventStore(pool), systemClock),
    sections: createSectionDirectory(root),
    ledger,
    orders: createOrderBook(pool),
    locks,
    watchers,
    ids: systemIds,
    holdTtlMs: HOLD_TTL_MS,
    payWithinMs: 600_000,
    onGivenBack: () => undefined,
    nudgeOutbox: () => undefined,
  });
  return { tickets, protocol, reached };
};

const command = (
  event: SaleEvent,
  fan: AdmittedFan,
  sectionId: string,
  wish: HoldCommand['wish'],
): HoldCommand => ({
  holdId: randomUUID(),
  eventId: event.eventId,
  fanId: fan.fanId,
  passId: fan.passId,
  sectionId,
  wish,
  fingerprint: JSON.stringify(wish),
});

const word = (result: HoldResult): string => (isRefusal(result) ? result.code : 'held');

const admitMany = (pool: Pool, event: SaleEvent, count: number): Promise<AdmittedFan[]> =>
  Promise.all(Array.from({ length: count }, () => admitFan(pool, event.eventId)));

const heldSeats = async (pool: Pool): Promise<number> =>
  (await pool.query("SELECT count(*) AS n FROM tickets.seats WHERE status = 'held'")).rows[0].n;

/** Every seat in a grant was granted once, and Postgres holds just those. */
const assertGrantsAgree = async (
  t: ExecutionContext,
  pool: Pool,
  results: readonly HoldResult[],
): Promise<void> => {
  const granted = results.flatMap((result) => (result.kind === 'held' ? result.hold.seatIds : []));
  t.is(new Set(granted).size, granted.length, 'no seat was given twice');
  t.is(await heldSeats(pool), granted.length);
  const { rows } = await pool.query('SELECT max(seats) AS seats, max(holds) AS holds FROM tickets.fan_usage');
  t.true(rows[0].seats <= 4 && rows[0].holds <= 2, 'the limits per fan held');
};

const redisLocks = async (t: ExecutionContext) => {
  const server = await testRedis(t);
  if (server === null) return null;
  const redis = createRedis({
    url: server.url,
    log: silentLog,
    name: 'test-contention',
    commandTimeoutMs: 2_000,
  });
  t.teardown(() => redis.disconnect());
  await connectRedis(redis, 5_000);
  return { ...server, locks: createRedisSeatLocks({ redis, prefix: server.prefix, log: silentLog }) };
};

test.serial(
  'a thousand fans after one seat at once: one request reaches Postgres, by one script call in Redis',
  async (t) => {
    const postgres = await testPostgres(t);
    const redis = await redisLocks(t);
    if (postgres === null || redis === null) return;
    const event = await createShow(postgres.pool);
    const fans = await admitMany(postgres.pool, event, 1_000);
    const sale = createSale(t, postgres.pool, redis.locks);

    const seen: string[][] = [];
    const watcher = new Redis(redis.url);
    t.teardown(() => watcher.disconnect());
    const monitor = await watcher.monitor();
    t.teardown(() => monitor.disconnect());
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      // What a script does inside is told as well, with "lua" as its source.
      if (source !== 'lua' && args.some((arg) => arg.startsWith(redis.prefix))) seen.push(args);
    });

    const results = await Promise.all(
      fans.map((fan) => sale.tickets.hold(command(event, fan, 'A', { seatIds: ['A-1-5'] }))),
    );
    t.deepEqual(results.map(word).filter((one) => one === 'held').length, 1);
    t.is(results.map(word).filter((one) => one === 'seat_taken').length, 999);
    t.is(sale.reached.holds, 1, 'one request reached Postgres');
    await eventually(() => assert.ok(seen.length > 0));
    t.deepEqual(
      seen.map(([name, ...rest]) => [
        name?.toLowerCase().slice(0, 4),
        rest.filter((arg) => arg.startsWith(redis.prefix)).length,
      ]),
      [['eval', 1]],
      'one command, about one key',
    );
    const [winner] = results.filter((result) => result.kind === 'held');
    t.is(
      await redis.locks.holderOf(event.eventId, 'A-1-5').then((value) => value?.split(':')[1]),
      winner?.kind === 'held' ? winner.hold.holdId : '',
    );
  },
);

test.serial('holds of many sections in one turn share a statement', async (t) => {
  const postgres = await testPostgres(t);
  const redis = await redisLocks(t);
  if (postgres === null || redis === null) return;
  const event = await createShow(postgres.pool);
  const fans = await admitMany(postgres.pool, event, 20);
  const sale = createSale(t, postgres.pool, redis.locks);
  // Both sections know their seats before the crowd comes.
  await Promise.all(['A', 'B'].map((sectionId) => sale.tickets.seatMap(event.eventId, sectionId)));
  const results = await Promise.all(
    fans.map((fan, index) => {
      const sectionId = index % 2 === 0 ? 'A' : 'B';
      return sale.tickets.hold(
        command(event, fan, sectionId, { seatIds: [`${sectionId}-1-${Math.floor(index / 2) + 1}`] }),
      );
    }),
  );
  t.deepEqual([...new Set(results.map(word))], ['held']);
  t.is(sale.reached.holds, 20);
  t.true(sale.reached.statements <= 3, `${sale.reached.statements} statements for 20 holds`);
});

test.serial(
  'a crowd that names seats and a crowd that leaves the choice to us fill a section to the last seat',
  async (t) => {
    const postgres = await testPostgres(t);
    const redis = await redisLocks(t);
    if (postgres === null || redis === null) return;
    const event = await createShow(postgres.pool, {
      sections: [
        {
          id: 'A',
          name: 'A',
          priceMinor: 100,
          rows: [
            { name: '1', seats: 30 },
            { name: '2', seats: 30 },
          ],
        },
      ],
    });
    const fans = await admitMany(postgres.pool, event, 160);
    const sale = createSale(t, postgres.pool, redis.locks);
    const results = await Promise.all(
      fans.map((fan, index) =>
        sale.tickets.hold(
          command(
            event,
            fan,
            'A',
            index % 3 === 0 ? { seatIds: [`A-1-${(index % 30) + 1}`] } : { quantity: 1 },
          ),
        ),
      ),
    );
    await assertGrantsAgree(t, postgres.pool, results);
    t.is(await heldSeats(postgres.pool), 60, 'nobody was refused while a seat was left');
    t.deepEqual(
      [...new Set(results.map(word))].toSorted((a, b) => a.localeCompare(b)),
      ['held', 'seat_taken', 'section_sold_out'],
    );
  },
);

const liar: SeatLocks = {
  acquire: (requests) => Promise.resolve(requests.map(() => ({ kind: 'acquired' }))),
  release: () => Promise.resolve(),
  extend: () => Promise.resolve(),
  holderOf: () => Promise.resolve(null),
  healthy: () => true,
};

/** Many protocols at once, as many nodes would have them, and no actor: only Postgres stands between the fans. */
const bypassed = async (t: ExecutionContext, locks: SeatLocks): Promise<readonly HoldResult[] | null> => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const event = await createShow(postgres.pool);
  const fans = await admitMany(postgres.pool, event, 40);
  const nodes = Array.from({ length: 4 }, () =>
    createHoldProtocol({ locks, ledger: createSeatLedger(postgres.pool), clock: systemClock }),
  );
  const results = await Promise.all(
    fans.flatMap((fan, index) =>
      nodes.map((node, at) => {
        const seat = ((index * 3 + at) % 10) + 1;
        const seats = seat === 10 ? ['A-1-10'] : [`A-1-${seat}`, `A-1-${seat + 1}`];
        return node.decide(
          holdRequest(event.eventId, fan, index % 2 === 0 ? seats : seats.toReversed()),
          `node-${at}`,
        );
      }),
    ),
  );
  await assertGrantsAgree(t, postgres.pool, results);
  t.true((await heldSeats(postgres.pool)) >= 6);
  return results;
};

test.serial('with a lock that always says yes and no actor in between no seat is given twice', async (t) => {
  await bypassed(t, liar);
  t.pass();
});

test.serial('with the lock service away Postgres alone decides, and no seat is given twice', async (t) => {
  await bypassed(t, {
    ...liar,
    acquire: (requests) => Promise.resolve(requests.map(() => ({ kind: 'unavailable' }))),
  });
  t.pass();
});

test.serial(
  '160 bookers after best available at once: a no only when nothing is left, no seat stranded, what is held is what is sold',
  async (t) => {
    const postgres = await testPostgres(t);
    const redis = await redisLocks(t);
    if (postgres === null || redis === null) return;
    const { pool } = postgres;
    const rows = Array.from({ length: 20 }, (_, index) => ({ name: `${index + 1}`, seats: 12 }));
    const event = await createShow(pool, {
      sections: [{ id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows }],
    });
    const fans = await admitMany(pool, event, 160);
    const sale = createSale(t, pool, redis.locks);
    const results = await Promise.all(
      fans.map((fan) => sale.tickets.hold(command(event, fan, 'A', { quantity: 2 }))),
    );
    const held = results.flatMap((result) => (result.kind === 'held' ? [result.hold] : []));
    t.deepEqual(
      results.map(word).sort(),
      [...held.map(() => 'held'), ...Array.from({ length: 40 }, () => 'section_sold_out')],
      '240 seats are 120 pairs',
    );
    for (const { seatIds } of held) {
      const [left, right] = seatIds.map((seatId) => seatId.split('-'));
      t.is(left?.[1], right?.[1], 'in one row');
      t.is(Math.abs(Number(left?.[2]) - Number(right?.[2])), 1, 'side by side');
    }
    await assertGrantsAgree(t, pool, results);
    const book = createOrderBook(pool);
    for (const hold of held) {
      const order = await sale.tickets.placeOrder({
        orderId: randomUUID(),
        fanId: hold.fanId,
        holdIds: [hold.holdId],
        fingerprint: 'f',
      });
      assert.ok(!isRefusal(order));
      const { attemptId, amountMinor, currency, orderId, eventId } = order;
      const data = { attemptId, amountMinor, currency };
      await book.settle([{ id: randomUUID(), type: 'PagamentoOK', occurredAtMs: 0, eventId, orderId, data }]);
    }
    const { rows: stock } = await pool.query(
      'SELECT status, count(*) AS n FROM tickets.seats GROUP BY status',
    );
    t.deepEqual(stock, [{ status: 'sold', n: 240 }]);
  },
);
