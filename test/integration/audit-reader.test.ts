import { randomUUID } from 'node:crypto';
import test from 'ava';
import { holdsAdmitted, holdsDoNotOverlap } from '../../src/audit/holds.ts';
import { oneTicketASeat, seatsAgree, seatsComeBack, seatsConserved } from '../../src/audit/seats.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createAuditReader } from '../../src/infra/postgres/audit-reader.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { admitFan, createShow, holdRequest } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

test('the audit reads a real sale as it is, and sees it when the table is tampered with', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const { eventId } = await createShow(pool);
  await createShow(pool);
  const reader = createAuditReader(pool);
  const book = createOrderBook(pool);
  const fan = await admitFan(pool, eventId);
  const other = await admitFan(pool, eventId);
  const [held, waiting] = await createSeatLedger(pool).holdSeats([
    holdRequest(eventId, fan, ['A-1-1', 'A-1-2']),
    holdRequest(eventId, other, ['B-1-1']),
  ]);
  if (held?.kind !== 'held' || waiting?.kind !== 'held') throw new Error('not held');
  const order = await book.place({
    orderId: randomUUID(),
    attemptId: randomUUID(),
    fanId: fan.fanId,
    holdIds: [held.hold.holdId],
    payWithinMs: 600_000,
    fingerprint: 'f',
  });
  if (isRefusal(order)) throw new Error(order.code);

  const before = await reader.unsettled(eventId);
  t.is(before.orders, 1);
  t.is(before.unsent, 1);
  t.true(Math.abs((before.payByMs ?? 0) - order.payByMs) < 1);

  const { orderId, attemptId, amountMinor, currency } = order;
  const data = { attemptId, amountMinor, currency };
  await book.settle([{ id: randomUUID(), type: 'PagamentoOK', occurredAtMs: 0, eventId, orderId, data }]);
  t.is((await reader.unsettled(eventId)).orders, 0);

  const records = await reader.read(eventId);
  if (records === null) throw new Error('no such event');
  t.is(records.seats.length, 25);
  t.is(records.tickets.length, 2);
  t.is(records.admissions.length, 2);
  t.is(records.event.knobsVersion, 1);
  t.is(records.orders[0]?.status, 'confirmed');
  t.is(records.orders[0]?.amountMinor, 50_000);
  t.is(records.unsent.tickets, 2);
  t.true(Math.abs(records.readAtMs - Date.now()) < 60_000);
  for (const verdict of [
    oneTicketASeat(records),
    seatsConserved(records, 25),
    seatsAgree(records),
    holdsAdmitted(records),
    holdsDoNotOverlap(records),
  ]) {
    t.is(verdict.state, 'ok', JSON.stringify(verdict));
  }
  t.is(seatsComeBack(records).state, 'not_checked');

  await pool.query(`UPDATE tickets.tickets SET voided_at = now() WHERE seat_id = 'A-1-1'`);
  await pool.query(
    `UPDATE tickets.holds SET expires_at = now() - interval '11 seconds' WHERE state = 'active'`,
  );
  await pool.query(
    `UPDATE tickets.seats SET held_until = now() - interval '11 seconds' WHERE status = 'held'`,
  );
  const tampered = await reader.read(eventId);
  if (tampered === null) throw new Error('no such event');
  t.is(oneTicketASeat(tampered).state, 'broken');
  t.is(seatsComeBack(tampered).broken, 2);
  t.is(await reader.read(randomUUID()), null);
});
