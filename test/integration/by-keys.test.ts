import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createLineJournal } from '../../src/infra/postgres/line-journal.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { askedOf, createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { admitFans, createShow, holdRequest, type AdmittedFan } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

/**
 * The statements of a sale must cost the same in a large house as in a small one. The planner decides by statistics, so
 * each test lets it know of a large house and then counts the rows that were read.
 */
const HELD = 500;

const largeHouse = async (t: ExecutionContext) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const rows = [1, 2, 3, 4].map((row) => ({ name: `${row}`, seats: 500 }));
  const { eventId } = await createShow(pool, {
    sections: [{ id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows }],
  });
  const fans = await admitFans(pool, eventId, HELD + 100);
  const holds = fans.slice(0, HELD).map((fan, index) => holdRequest(eventId, fan, [`A-1-${index + 1}`]));
  const results = await createSeatLedger(pool).holdSeats(holds);
  t.true(results.every((result) => result.kind === 'held'));
  for (const table of ['tickets.seats', 'tickets.holds', 'tickets.fan_usage', 'line.admissions'])
    await pool.query(`ANALYZE ${table}`);
  return { pool, eventId, holds, freeFans: fans.slice(HELD) };
};

/** Rows read from each table of the sale while `work` ran; what it did is rolled back. */
const rowsReadBy = async (
  pool: Pool,
  work: (client: Pick<Pool, 'query'>) => Promise<unknown>,
): Promise<Record<string, number>> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const counted = async (): Promise<Record<string, number>> => {
      const { rows } = await client.query<{ relname: string; read: number }>(
        `SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS read
           FROM pg_stat_xact_user_tables WHERE schemaname IN ('tickets', 'line')`,
      );
      return Object.fromEntries(rows.map((row) => [row.relname, row.read]));
    };
    const before = await counted();
    await work(client);
    const after = await counted();
    return Object.fromEntries(
      Object.entries(after).map(([table, read]) => [table, read - (before[table] ?? 0)]),
    );
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
};

const rowsRead = (
  pool: Pool,
  statement: string,
  values: readonly unknown[],
): Promise<Record<string, number>> => rowsReadBy(pool, (client) => client.query(statement, [...values]));

test('a hold reads the rows it names and no others, however large the house and the sale', async (t) => {
  const house = await largeHouse(t);
  if (house === null) return;
  const asked = house.freeFans
    .slice(0, 48)
    .map((fan: AdmittedFan, index) => holdRequest(house.eventId, fan, [`A-2-${index + 1}`]));
  const read = await rowsRead(house.pool, 'SELECT tickets.decide_holds($1)', [askedOf(asked)]);
  // Each seat is met three times: locked, judged, changed.
  t.true(
    (read['seats'] ?? 0) >= asked.length && (read['seats'] ?? 0) <= asked.length * 3,
    `${read['seats']}`,
  );
  t.is(read['admissions'], asked.length);
  t.true((read['holds'] ?? 0) <= asked.length, `${read['holds']}`);
});

test('the end of a hold reads its own rows and no others', async (t) => {
  const house = await largeHouse(t);
  if (house === null) return;
  const read = await rowsRead(house.pool, "SELECT * FROM tickets.end_holds($1, 'released')", [
    [house.holds[7]?.holdId],
  ]);
  for (const table of ['seats', 'holds', 'fan_usage'])
    t.true((read[table] ?? 0) > 0 && (read[table] ?? 0) <= 10, `${table}: ${read[table]}`);
});

test('an order and its payment read their own rows and no others', async (t) => {
  const house = await largeHouse(t);
  if (house === null) return;
  const { pool, holds } = house;
  const placing = [randomUUID(), randomUUID(), holds[1]?.fanId, [holds[1]?.holdId], 600_000, 'one'];
  const placed = await rowsRead(pool, 'SELECT * FROM tickets.place_order($1, $2, $3, $4, $5, $6)', placing);
  for (const table of ['seats', 'holds', 'fan_usage'])
    t.true((placed[table] ?? 0) > 0 && (placed[table] ?? 0) <= 15, `${table}: ${placed[table]}`);

  const orders = createOrderBook(pool);
  const made = await Promise.all(
    holds.slice(0, 200).map(({ holdId, fanId }) =>
      orders.place({
        orderId: randomUUID(),
        attemptId: randomUUID(),
        fanId,
        holdIds: [holdId],
        payWithinMs: 600_000,
        fingerprint: 'one',
      }),
    ),
  );
  await pool.query('ANALYZE tickets.orders');
  for (const type of ['PagamentoOK', 'PagamentoFalhou']) {
    const [order] = made;
    if (order === undefined || !('orderId' in order)) throw new Error('no order was placed');
    const message = {
      ord: 0,
      id: randomUUID(),
      type,
      order_id: order.orderId,
      attempt_id: order.attemptId,
      amount_minor: order.amountMinor,
      currency: order.currency,
      reason: 'expired',
    };
    const read = await rowsRead(pool, 'SELECT * FROM tickets.settle_payments($1)', [
      JSON.stringify([message]),
    ]);
    t.true((read['seats'] ?? 0) > 0 && (read['seats'] ?? 0) <= 10, `${type}: seats ${read['seats']}`);
    t.true((read['orders'] ?? 0) <= 10, `${type}: orders ${read['orders']}`);
  }
});

test('joining reads a few rows for each fan, however many have joined in the minute before', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const eventId = randomUUID();
  const fans = Array.from({ length: 3_000 }, () => randomUUID());
  const enter = 'SELECT * FROM line.enter_draw($1, $2::uuid[], $3::bytea[])';
  const entries = (some: readonly string[]) => [eventId, some, some.map(() => Buffer.alloc(32, 1))];
  await pool.query(
    `INSERT INTO line.draws (event_id, opens_at, secret, head) VALUES ($1, now() + interval '1 hour', $2, $2)`,
    [eventId, Buffer.alloc(32, 2)],
  );
  // A line that fills for the first time: nobody has analysed it, and the planner takes it for empty.
  await pool.query(enter, entries(fans));
  const few = [...fans.slice(0, 10), ...Array.from({ length: 10 }, () => randomUUID())];
  const entered = await rowsRead(pool, enter, entries(few));
  t.true((entered['places'] ?? 0) >= 20 && (entered['places'] ?? 0) <= 80, `${entered['places']}`);
  const lane = randomUUID();
  await pool.query(
    `INSERT INTO line.draws (event_id, opens_at, secret, head) VALUES ($1, now() + interval '1 hour', $2, $2)`,
    [lane, Buffer.alloc(32, 3)],
  );
  const laneEntry = 'SELECT * FROM line.enter_lane_draw($1, $4, 1000000000000, $2::uuid[], $3::bytea[])';
  const inLane = await rowsRead(pool, laneEntry, [...entries(few), lane]);
  t.true((inLane['places'] ?? 0) >= 20 && (inLane['places'] ?? 0) <= 80, `lane: ${inLane['places']}`);
  const found = await rowsReadBy(pool, async (client) => {
    const journal = createLineJournal(client as Pool);
    const places = await Promise.all(few.map((fanId) => journal.findPlace(eventId, fanId)));
    t.is(places.filter((place) => place !== null).length, 10);
  });
  t.true((found['places'] ?? 0) >= 10 && (found['places'] ?? 0) <= 40, `${found['places']}`);
});
