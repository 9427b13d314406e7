import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { askedOf, createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { admitFan, createShow, holdRequest } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

const HOUR_MS = 3_600_000;

/** This process believes that it is an hour later than it is, until the test ends. */
const anHourAhead = (t: ExecutionContext): void => {
  const now = Date.now;
  Date.now = () => now() + HOUR_MS;
  t.teardown(() => {
    Date.now = now;
  });
};

test.serial('a node whose clock is an hour ahead ends no hold before its time', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { eventId } = await createShow(postgres.pool);
  const [fan, other] = [await admitFan(postgres.pool, eventId), await admitFan(postgres.pool, eventId)];
  const ledger = createSeatLedger(postgres.pool);
  const [held] = await ledger.holdSeats([holdRequest(eventId, fan, ['A-1-1'])]);
  if (held?.kind !== 'held') throw new Error('not held');
  anHourAhead(t);
  t.deepEqual(await ledger.expireHolds(10), []);
  const [next] = await ledger.holdSeats([holdRequest(eventId, other, ['A-1-1'])]);
  t.like(next, { kind: 'refused', code: 'seat_taken' });
  t.is((await ledger.findHold(held.hold.holdId))?.state, 'active');
});

test.serial('a seat that is being paid for is not freed when its hold would have been over', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const { eventId } = await createShow(pool);
  const fan = await admitFan(pool, eventId);
  const ledger = createSeatLedger(pool);
  const [held] = await ledger.holdSeats([holdRequest(eventId, fan, ['A-1-1'])]);
  if (held?.kind !== 'held') throw new Error('not held');
  const order = await createOrderBook(pool).place({
    orderId: randomUUID(),
    attemptId: randomUUID(),
    fanId: fan.fanId,
    holdIds: [held.hold.holdId],
    payWithinMs: 600_000,
    fingerprint: 'f',
  });
  if (isRefusal(order)) throw new Error(order.code);
  await pool.query("UPDATE tickets.holds SET expires_at = now() - interval '1 hour'");
  t.deepEqual(await ledger.expireHolds(10), []);
  const { rows } = await pool.query("SELECT status FROM tickets.seats WHERE seat_id = 'A-1-1'");
  t.is(rows[0].status, 'paying');
});

const waitingForALock = async (pool: Pool): Promise<number> => {
  const { rows } = await pool.query(
    `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0].n;
};

test.serial('holds that name the same seats in opposite orders never wait for each other', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const { eventId } = await createShow(pool);
  const fans = [await admitFan(pool, eventId), await admitFan(pool, eventId)];
  const seats = ['A-1-1', 'A-1-2', 'A-1-3'];
  // The seat in the middle is locked, so that each of them has what it takes first and waits: now they would cross.
  const blocker = await pool.connect();
  await blocker.query('BEGIN');
  await blocker.query("SELECT 1 FROM tickets.seats WHERE seat_id = 'A-1-2' FOR UPDATE");
  const holding = Promise.allSettled(
    fans.map((fan, index) => {
      const seatIds = index === 0 ? seats : seats.toReversed();
      // Without the ledger, which repeats what a deadlock has ended.
      return pool.query<{ decisions: [unknown[] | { code: string }] }>(
        'SELECT tickets.decide_holds($1) AS decisions',
        [askedOf([holdRequest(eventId, fan, seatIds)])],
      );
    }),
  );
  try {
    await eventually(async () => assert.equal(await waitingForALock(pool), 2));
  } finally {
    await blocker.query('ROLLBACK');
    blocker.release();
  }
  const codes = (await holding).map((one) => {
    if (one.status === 'rejected') return String(one.reason);
    const decision = one.value.rows[0]?.decisions[0];
    return Array.isArray(decision) ? 'held' : decision?.code;
  });
  t.is(codes.filter((code) => code === 'held').length, 1, String(codes));
  t.is(codes.filter((code) => code === 'seat_taken').length, 1, String(codes));
});
