import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { EventDefinition } from '../../src/domain/event.ts';
import type { PaymentMessage } from '../../src/domain/ports/order-book.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { ask } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay, type OrderDocument } from '../support/fan.ts';
import { admitFan, createShow, holdRequest } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

const HOUR_MS = 3_600_000;

/** An order of two seats, as it stands after its money came; `paid: false`: before. */
const setUp = async (t: ExecutionContext, change: Partial<EventDefinition>, paid = true) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const { eventId } = await createShow(pool, change);
  const ledger = createSeatLedger(pool);
  const book = createOrderBook(pool);
  const { fanId, passId } = await admitFan(pool, eventId);
  const [result] = await ledger.holdSeats([holdRequest(eventId, { fanId, passId }, ['A-1-1', 'A-1-2'])]);
  assert.ok(result?.kind === 'held');
  const placed = await book.place({
    orderId: randomUUID(),
    attemptId: randomUUID(),
    fanId,
    holdIds: [result.hold.holdId],
    payWithinMs: 600_000,
    fingerprint: 'f',
  });
  if (isRefusal(placed)) throw new Error(placed.code);
  const { orderId, attemptId, amountMinor, currency } = placed;
  const money: PaymentMessage = {
    id: randomUUID(),
    type: 'PagamentoOK',
    occurredAtMs: 0,
    eventId,
    orderId,
    data: { attemptId, amountMinor, currency },
  };
  if (paid) await book.settle([money]);
  const said = async (): Promise<readonly { type: string; data: object }[]> =>
    (
      await pool.query(
        `SELECT type, data FROM tickets.outbox WHERE order_id = $1 AND type <> 'PedidoCriado' ORDER BY position`,
        [orderId],
      )
    ).rows;
  const audited = async () =>
    (await pool.query(`SELECT actor, role, request_id FROM edge.audit WHERE action = 'order.refund'`)).rows;
  const giveBack = (by = fanId, requestId = 'request-1') => book.giveBack({ orderId, fanId: by, requestId });
  return { pool, book, ledger, eventId, order: placed, fanId, said, audited, giveBack };
};

const later: Partial<EventDefinition> = { show: { refundsUntilMs: Date.now() + HOUR_MS } };

test('of ten who give an order back at once one does it: tickets void, seats free, one word to the money, one line of audit', async (t) => {
  const sale = await setUp(t, later);
  if (sale === null) return;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => sale.giveBack(sale.fanId, `r-${index}`)),
  );
  const done = answers.map((answer) => (isRefusal(answer) ? answer.code : answer.repeated));
  t.deepEqual(
    [done.filter((one) => one === false).length, done.filter((one) => one === true).length],
    [1, 9],
  );
  t.like(await sale.book.find(sale.order.orderId), { status: 'refunded', reason: 'cancelled' });
  t.true((await sale.book.ticketsOf(sale.order.orderId)).every((ticket) => ticket.voided));
  t.deepEqual(await sale.said(), [
    { type: 'PedidoConfirmado', data: { seatIds: [...sale.order.seatIds] } },
    { type: 'PedidoRejeitado', data: { reason: 'cancelled' } },
  ]);
  const [entry, ...more] = await sale.audited();
  t.like(entry, { actor: sale.fanId, role: 'fan' });
  t.deepEqual(more, []);
  const { rows } = await sale.pool.query(
    `SELECT status, count(*) AS n FROM tickets.seats WHERE section_id = 'A' GROUP BY status`,
  );
  t.deepEqual(rows, [{ status: 'free', n: 10 }]);
  const usage = await sale.pool.query('SELECT seats FROM tickets.fan_usage WHERE fan_id = $1', [sale.fanId]);
  t.deepEqual(usage.rows, [{ seats: 0 }]);
  const next = await admitFan(sale.pool, sale.eventId);
  const [again] = await sale.ledger.holdSeats([holdRequest(sale.eventId, next, ['A-1-1'])]);
  t.is(again?.kind, 'held');
});

test('an order is given back only by its fan, once it is confirmed, and until the event’s last moment', async (t) => {
  for (const [change, paid, code] of [
    [later, false, 'order_not_refundable'],
    [{}, true, 'order_not_refundable'],
    [{ show: { refundsUntilMs: Date.now() - 1 } }, true, 'order_not_refundable'],
  ] as const) {
    const sale = await setUp(t, change, paid);
    if (sale === null) return;
    t.like(await sale.giveBack(), { kind: 'refused', code });
    t.like(await sale.giveBack(randomUUID()), { kind: 'refused', code: 'not_found' });
    t.is((await sale.book.find(sale.order.orderId))?.status, paid ? 'confirmed' : 'awaiting_payment');
    t.true((await sale.book.ticketsOf(sale.order.orderId)).every((ticket) => !ticket.voided));
    t.false((await sale.said()).some(({ type }) => type === 'PedidoRejeitado'));
    t.deepEqual(await sale.audited(), []);
  }
});

for (const variant of ['embedded', 'real'] as const) {
  test(`${variant}: two tabs give an order back, the money returns once, and somebody else buys the seat`, async (t) => {
    const app = await startTestApp(t, variant);
    if (app === null) return;
    const eventId = await app.createEvent({ refundsUntil: new Date(Date.now() + HOUR_MS).toISOString() });
    const fan = await app.fan();
    const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
    const refund = `/v1/orders/${order.orderId}/refund`;
    t.is((await fan.ask('POST', refund)).status, 409, 'nothing has been paid');
    await pay(order);
    const [ticket] = (await fan.until(order.orderId, 'confirmed')).tickets;
    assert.ok(ticket !== undefined);
    const stranger = await app.fan();
    t.is((await stranger.ask('POST', refund)).status, 404);
    const both = await Promise.all([
      fan.ask<OrderDocument>('POST', refund),
      fan.ask<OrderDocument>('POST', refund),
    ]);
    t.deepEqual(
      both.map(({ status, body }) => [status, body.status, body.reason, body.tickets.length]),
      [
        [200, 'refunded', 'cancelled', 0],
        [200, 'refunded', 'cancelled', 0],
      ],
    );
    t.is((await ask(app.url, 'GET', new URL(ticket.svgUrl, app.url).pathname)).status, 404);
    await app.seatIs(eventId, 'A-1-1', 'free');
    await eventually(async () => {
      const { body } = await ask<{
        intents: { metadata: object; amount_received: number }[];
        refunds: { amount: number }[];
      }>(app.sandboxUrl, 'GET', '/sandbox/ledger');
      assert.deepEqual(
        body.refunds.map(({ amount }) => amount),
        [order.amountMinor],
      );
    });
    const next = await app.fan();
    const bought = await next.reachCheckout(eventId, ['A-1-1']);
    await pay(bought.order);
    await next.until(bought.order.orderId, 'confirmed');
    const { rows } = await app.database.query(
      'SELECT status, reason FROM payments.attempts WHERE order_id = $1',
      [order.orderId],
    );
    t.deepEqual(rows, [{ status: 'refunded', reason: 'cancelled' }]);
    const reviews = await app.operator<{ reviews: object[] }>('GET', '/reviews');
    t.deepEqual(reviews.body.reviews, []);
  });
}
