import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Hold } from '../../src/domain/hold.ts';
import type { Order, PlaceOrder } from '../../src/domain/order.ts';
import type { PaymentMessage } from '../../src/domain/ports/order-book.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { admitFan, createShow, holdRequest, type AdmittedFan } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

const setUp = async (t: ExecutionContext) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const { eventId } = await createShow(pool);
  const ledger = createSeatLedger(pool);
  const book = createOrderBook(pool);

  const hold = async (fan: AdmittedFan, seatIds: readonly string[], ttlMs = 300_000): Promise<Hold> => {
    const [result] = await ledger.holdSeats([holdRequest(eventId, fan, seatIds, { ttlMs })]);
    if (result?.kind !== 'held') throw new Error(`not held: ${JSON.stringify(result)}`);
    return result.hold;
  };
  const order = async (fan: AdmittedFan, holds: readonly Hold[]): Promise<Order> => {
    const placed = await book.place(placing(fan.fanId, holds));
    if (isRefusal(placed)) throw new Error(placed.code);
    return placed;
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const { rows } = await pool.query('SELECT status, count(*) AS n FROM tickets.seats GROUP BY status');
    return Object.fromEntries(rows.map((row) => [row.status, row.n]));
  };
  const outbox = async (): Promise<
    readonly { type: string; order_id: string; data: Record<string, unknown> }[]
  > => (await pool.query('SELECT type, order_id, data FROM tickets.outbox ORDER BY position')).rows;
  const usage = async (fanId: string) =>
    (await pool.query('SELECT seats, holds FROM tickets.fan_usage WHERE fan_id = $1', [fanId])).rows[0];
  return {
    pool,
    eventId,
    ledger,
    book,
    hold,
    order,
    statuses,
    outbox,
    usage,
    admit: () => admitFan(pool, eventId),
  };
};

const placing = (fanId: string, holds: readonly Hold[], change: Partial<PlaceOrder> = {}): PlaceOrder => ({
  orderId: randomUUID(),
  attemptId: randomUUID(),
  fanId,
  holdIds: holds.map((one) => one.holdId),
  payWithinMs: 600_000,
  fingerprint: 'f',
  ...change,
});

const paid = (order: Order, change: Partial<PaymentMessage> = {}): PaymentMessage =>
  ({
    id: randomUUID(),
    type: 'PagamentoOK',
    occurredAtMs: 0,
    eventId: order.eventId,
    orderId: order.orderId,
    data: { attemptId: order.attemptId, amountMinor: order.amountMinor, currency: order.currency },
    ...change,
  }) as PaymentMessage;

const failed = (order: Order, reason: 'declined' | 'cancelled' | 'expired'): PaymentMessage => ({
  id: randomUUID(),
  type: 'PagamentoFalhou',
  occurredAtMs: 0,
  eventId: order.eventId,
  orderId: order.orderId,
  data: { attemptId: order.attemptId, reason },
});

test('an order turns its holds to paying, frees the hold counter, and asks for the money in the same transaction', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const holds = [await sale.hold(fan, ['A-1-1', 'A-1-2']), await sale.hold(fan, ['PISTA-3'])];
  const order = await sale.order(fan, holds);
  t.like(order, { status: 'awaiting_payment', amountMinor: 62_000, currency: 'BRL', fanId: fan.fanId });
  t.deepEqual([...order.seatIds].sort(), ['A-1-1', 'A-1-2', 'PISTA-3']);
  t.is((await sale.statuses())['paying'], 3);
  t.deepEqual(await sale.usage(fan.fanId), { seats: 3, holds: 0 });
  const [message, ...rest] = await sale.outbox();
  t.is(rest.length, 0);
  t.like(message, {
    type: 'PedidoCriado',
    order_id: order.orderId,
    data: {
      attemptId: order.attemptId,
      amountMinor: 62_000,
      currency: 'BRL',
      fanId: fan.fanId,
      payByMs: order.payByMs,
    },
  });
});

test('an order repeated with its id is the first order; the same holds in another order are refused', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const holds = [await sale.hold(fan, ['A-1-1'])];
  const request = placing(fan.fanId, holds);
  const both = await Promise.all([sale.book.place(request), sale.book.place(request)]);
  t.deepEqual(
    both.map((one) => (isRefusal(one) ? one.code : one.orderId)),
    [request.orderId, request.orderId],
  );
  t.like(await sale.book.place({ ...request, fingerprint: 'other' }), { code: 'idempotency_key_reused' });
  t.like(await sale.book.place(placing(fan.fanId, holds)), { code: 'hold_not_active' });
  t.is((await sale.outbox()).length, 1);
});

test('one basket checked out from two tabs becomes one order', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const holds = [await sale.hold(fan, ['A-1-1']), await sale.hold(fan, ['B-1-1'])];
  const tabs = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      sale.book.place(placing(fan.fanId, index % 2 === 0 ? holds : holds.toReversed())),
    ),
  );
  t.is(tabs.filter((one) => !isRefusal(one)).length, 1);
  t.is((await sale.statuses())['paying'], 2);
});

test('no order from an expired hold, from a stranger, from nothing, or across events', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [fan, stranger] = [await sale.admit(), await sale.admit()];
  const late = await sale.hold(fan, ['A-1-1'], 0);
  t.like(await sale.book.place(placing(fan.fanId, [late])), { code: 'hold_expired' });
  await sale.ledger.expireHolds(10);
  t.like(await sale.book.place(placing(fan.fanId, [late])), { code: 'hold_expired' });
  const fresh = await sale.hold(fan, ['A-1-1']);
  t.like(await sale.book.place(placing(stranger.fanId, [fresh])), { code: 'not_found' });
  t.like(await sale.book.place(placing(fan.fanId, [])), { code: 'not_found' });
  const other = await createShow(sale.pool);
  const pass = await admitFan(sale.pool, other.eventId, { fanId: fan.fanId });
  const [there] = await sale.ledger.holdSeats([holdRequest(other.eventId, pass, ['A-1-1'])]);
  t.like(
    await sale.book.place(placing(fan.fanId, [fresh, ...(there?.kind === 'held' ? [there.hold] : [])])),
    { code: 'mixed_holds' },
  );
  t.deepEqual((await sale.outbox()).length, 0, 'a refusal leaves no trace');
});

test('money received sells the seats once, however often and in however many batches the message comes', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const order = await sale.order(fan, [await sale.hold(fan, ['A-1-1', 'A-1-2'])]);
  const message = paid(order);
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => sale.book.settle([message, paid(order)])),
  );
  t.is(outcomes.flat().filter((one) => one.outcome === 'confirmed').length, 1);
  t.is((await sale.book.find(order.orderId))?.status, 'confirmed');
  t.deepEqual(
    (await sale.book.ticketsOf(order.orderId)).map((one) => one.seatId),
    ['A-1-1', 'A-1-2'],
  );
  t.is((await sale.statuses())['sold'], 2);
  t.deepEqual(
    (await sale.outbox()).map((row) => row.type),
    ['PedidoCriado', 'PedidoConfirmado'],
  );
});

test('a definite no frees the seats, gives the fan the room back, and a repeat changes nothing', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const order = await sale.order(fan, [await sale.hold(fan, ['A-1-1', 'A-1-2'])]);
  const no = failed(order, 'expired');
  t.deepEqual(
    (await sale.book.settle([no])).map((one) => one.outcome),
    ['freed'],
  );
  t.deepEqual(
    (await sale.book.settle([no, failed(order, 'cancelled')])).map((one) => one.outcome),
    ['nothing', 'nothing'],
  );
  t.like(await sale.book.find(order.orderId), { status: 'expired', reason: 'expired' });
  t.deepEqual(await sale.usage(fan.fanId), { seats: 0, holds: 0 });
  t.deepEqual(Object.keys(await sale.statuses()), ['free']);
});

test('money after the seats were resold is rejected and returned, and the new owner keeps them', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const [first, second] = [await sale.admit(), await sale.admit()];
  const lost = await sale.order(first, [await sale.hold(first, ['A-1-1'])]);
  await sale.book.settle([failed(lost, 'cancelled')]);
  const won = await sale.order(second, [await sale.hold(second, ['A-1-1'])]);
  const outcomes = await sale.book.settle([paid(lost), paid(won)]);
  t.deepEqual(outcomes.map((one) => one.outcome).sort(), ['confirmed', 'rejected']);
  t.is((await sale.book.find(lost.orderId))?.status, 'rejected');
  t.is((await sale.book.ticketsOf(won.orderId)).length, 1);
  t.true(
    (await sale.outbox()).some((row) => row.type === 'PedidoRejeitado' && row.order_id === lost.orderId),
  );
});

test('a sale whose fence no longer matches is rejected, never sold', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const order = await sale.order(fan, [await sale.hold(fan, ['A-1-1', 'A-1-2'])]);
  await sale.pool.query("UPDATE tickets.seats SET fence = fence + 1 WHERE seat_id = 'A-1-2'");
  t.deepEqual(
    (await sale.book.settle([paid(order)])).map((one) => one.outcome),
    ['rejected'],
  );
  t.is((await sale.book.ticketsOf(order.orderId)).length, 0);
  t.deepEqual((await sale.statuses())['sold'] ?? 0, 0);
});

test('a payment of another amount or currency than the order is never sold, and waits for a person', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  for (const [seat, wrong] of [
    ['A-1-1', { amountMinor: 1 }],
    ['A-1-2', { currency: 'USD' }],
  ] as const) {
    const fan = await sale.admit();
    const order = await sale.order(fan, [await sale.hold(fan, [seat])]);
    const message = paid(order);
    const outcomes = await sale.book.settle([
      { ...message, data: { ...message.data, ...wrong } } as PaymentMessage,
    ]);
    t.deepEqual(
      outcomes.map((one) => one.outcome),
      ['review'],
    );
  }
});

test('messages about unknown orders are counted, sell nothing, and send money to a person', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const order = await sale.order(fan, [await sale.hold(fan, ['A-1-1'])]);
  const outcomes = await sale.book.settle([paid({ ...order, orderId: randomUUID() }), paid(order)]);
  t.deepEqual(
    outcomes.map((one) => one.outcome),
    ['nothing', 'confirmed'],
  );
  t.deepEqual(
    (await sale.outbox()).map((row) => [row.type, row.data['reason'] ?? null]),
    [
      ['PedidoCriado', null],
      ['PedidoRejeitado', 'unknown_order'],
      ['PedidoConfirmado', null],
    ],
  );
});

test('each payment message is noted once with what it did, however often it comes', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const order = await sale.order(fan, [await sale.hold(fan, ['A-1-1'])]);
  const message = paid(order);
  for (let times = 0; times < 3; times += 1) await sale.book.settle([message]);
  const { rows } = await sale.pool.query('SELECT message_id FROM tickets.inbox');
  t.deepEqual(rows, [{ message_id: message.id }]);
});

test('Postgres itself refuses a second live ticket for a seat, whoever writes it', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  await sale.book.settle([paid(await sale.order(fan, [await sale.hold(fan, ['A-1-1'])]))]);
  const forge = () =>
    sale.pool.query(
      `INSERT INTO tickets.tickets (ticket_id, order_id, event_id, section_id, seat_id, fan_id)
       SELECT gen_random_uuid(), order_id, event_id, section_id, seat_id, fan_id FROM tickets.tickets`,
    );
  await t.throwsAsync(forge, { message: /one_live_ticket_a_seat/ });
  await sale.pool.query('UPDATE tickets.tickets SET voided_at = now()');
  await t.notThrowsAsync(forge);
});

test('sales, holds and expiries of the same seats at once neither deadlock nor sell twice', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const buyers = await Promise.all(Array.from({ length: 10 }, () => sale.admit()));
  const orders = await Promise.all(
    buyers.map(async (fan, index) => sale.order(fan, [await sale.hold(fan, [`A-1-${index + 1}`])])),
  );
  const others = await Promise.all(Array.from({ length: 20 }, () => sale.admit()));
  await Promise.all([
    sale.book.settle(orders.slice(0, 5).map((order) => paid(order))),
    sale.book.settle(
      orders
        .slice(5)
        .toReversed()
        .map((order) =>
          Number(order.seatIds[0]?.slice(4)) % 2 === 0 ? paid(order) : failed(order, 'declined'),
        ),
    ),
    ...others.map((fan, index) =>
      sale.ledger.holdSeats([
        holdRequest(
          sale.eventId,
          fan,
          [`A-1-${10 - (index % 10)}`, `A-1-${(index % 10) + 1}`].filter(
            (id, at, all) => all.indexOf(id) === at,
          ),
          { ttlMs: 1 },
        ),
      ]),
    ),
    sale.ledger.expireHolds(50),
  ]);
  const { rows } = await sale.pool.query(
    'SELECT count(*) AS n, count(DISTINCT seat_id) AS seats FROM tickets.tickets',
  );
  t.is(rows[0].n, rows[0].seats);
  t.true(rows[0].n >= 5);
  const confirmed = await sale.pool.query(
    "SELECT count(*) AS n FROM tickets.orders WHERE status = 'confirmed'",
  );
  t.is(confirmed.rows[0].n, rows[0].n);
});

test('an order that is overdue and silent is asked about again, once a grace period', async (t) => {
  const sale = await setUp(t);
  if (sale === null) return;
  const fan = await sale.admit();
  const holds = [await sale.hold(fan, ['A-1-1'])];
  const placed = await sale.book.place(placing(fan.fanId, holds, { payWithinMs: 0 }));
  const orderId = isRefusal(placed) ? '' : placed.orderId;
  t.deepEqual(await sale.book.remindOverdue(60_000, 10), [], 'still within its grace');
  t.deepEqual(await sale.book.remindOverdue(0, 10), [orderId]);
  t.deepEqual(await sale.book.remindOverdue(60_000, 10), []);
  t.deepEqual(
    (await sale.outbox()).map((row) => row.type),
    ['PedidoCriado', 'PedidoCriado'],
  );
  t.is((await sale.statuses())['paying'], 1, 'the seat stays until the gateway has said no');
});
