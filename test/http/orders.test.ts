import test from 'ava';
import { eventually } from '../support/eventually.ts';
import { EVENT, passFor } from './fakes.ts';
import { refused, withServer, type Bench } from './with-server.ts';

interface OrderBody {
  readonly orderId: string;
  readonly status: string;
  readonly reason?: string;
  readonly checkoutUrl: string | null;
  readonly tickets: { readonly ticketId: string; readonly code: string; readonly svgUrl: string }[];
}

const placed = async (bench: Bench): Promise<OrderBody> => {
  const hold = await bench.ask('POST', `/v1/events/${EVENT}/holds`, {
    token: bench.fan.token,
    headers: { 'catraca-pass': passFor(EVENT, bench.fan.id) },
    body: { sectionId: 'A', seatIds: ['A-1-1', 'A-1-2'] },
  });
  const { holdId } = hold.body as unknown as { holdId: string };
  const reply = await bench.ask('POST', '/v1/orders', {
    token: bench.fan.token,
    body: { holdIds: [holdId] },
  });
  return reply.body as unknown as OrderBody;
};

const read = async (bench: Bench, orderId: string): Promise<OrderBody> =>
  (await bench.ask('GET', `/v1/orders/${orderId}`, { token: bench.fan.token })).body as unknown as OrderBody;

test('an order says what it costs, until when to pay, and where', async (t) => {
  const bench = await withServer(t);
  const order = await placed(bench);
  t.like(order, {
    status: 'awaiting_payment',
    amountMinor: 50_000,
    currency: 'BRL',
    payBy: '2026-12-01T13:00:00.000Z',
    seats: ['A-1-1', 'A-1-2'],
    tickets: [],
  });
  t.regex(order.checkoutUrl ?? '', /^https:\/\/pay\.test\//);
  t.deepEqual(await read(bench, order.orderId), order);
});

test('an order stands although its checkout could not be opened', async (t) => {
  const bench = await withServer(t, ({ sale }) => ({
    payments: {
      ...sale.payments,
      openCheckout: async () => {
        throw new Error('the gateway is away');
      },
    },
  }));
  const order = await placed(bench);
  t.is(order.status, 'awaiting_payment');
  t.is(order.checkoutUrl, null);
});

test('authorised money shows as confirming, and there is nothing to pay any more', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  bench.sale.checkouts.set(orderId, {
    orderId,
    checkoutUrl: 'https://pay.test/x',
    authorised: true,
    returned: false,
  });
  t.like(await read(bench, orderId), { status: 'confirming', checkoutUrl: null });
});

test('a confirmed order has a signed ticket for each seat', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  bench.sale.change(orderId, { status: 'confirmed' });
  const order = await read(bench, orderId);
  t.is(order.status, 'confirmed');
  t.is(order.tickets.length, 2);
  for (const ticket of order.tickets) t.is(ticket.code.split('.').length, 3);
});

test('an order that was paid too late stays rejected after its money went back', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  bench.sale.checkouts.set(orderId, { orderId, checkoutUrl: null, authorised: false, returned: true });
  bench.sale.change(orderId, { status: 'rejected', reason: 'seats_lost' });
  t.like(await read(bench, orderId), { status: 'rejected', reason: 'seats_lost' });
});

test('an order that late money has seated elsewhere names its seats and those that were asked for', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  t.false('ending' in (await read(bench, orderId)));
  bench.sale.change(orderId, { status: 'confirmed', ending: 'reseated', reseatedFrom: ['A-1-9'] });
  t.like(await read(bench, orderId), { status: 'confirmed', ending: 'reseated', reseatedFrom: ['A-1-9'] });
});

test('whoever knows only the id of an order gets nothing', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  const stranger = { token: bench.stranger.token };
  refused(t, await bench.ask('GET', `/v1/orders/${orderId}`, stranger), 'not_found');
  refused(t, await bench.ask('GET', `/v1/orders/${orderId}/stream`, stranger), 'not_found');
  refused(t, await bench.ask('DELETE', `/v1/orders/${orderId}`, stranger), 'not_found');
  refused(t, await bench.ask('GET', `/v1/orders/${orderId}`), 'unauthenticated');
  t.is((await read(bench, orderId)).status, 'awaiting_payment');
});

test('cancelling waits for the order to settle, and twice is fine', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  const reply = await bench.ask('DELETE', `/v1/orders/${orderId}`, { token: bench.fan.token });
  t.is(reply.status, 200);
  t.like(reply.body, { status: 'failed', reason: 'cancelled' });
  t.is(bench.sale.watchers.size, 0, 'nobody is left watching');
  t.is((await bench.ask('DELETE', `/v1/orders/${orderId}`, { token: bench.fan.token })).status, 200);
});

test('a cancellation that does not settle in time, or of which the gateway gives no word, answers 202', async (t) => {
  for (const outcome of ['cancelled', 'unknown'] as const) {
    const bench = await withServer(t, ({ sale }) => ({
      payments: { ...sale.payments, cancel: async () => outcome },
      options: { cancelWaitMs: 30 },
    }));
    const { orderId } = await placed(bench);
    const reply = await bench.ask('DELETE', `/v1/orders/${orderId}`, { token: bench.fan.token });
    t.is(reply.status, 202);
    t.is((reply.body as unknown as OrderBody).status, 'awaiting_payment');
    t.is(bench.sale.watchers.size, 0);
  }
});

test('an order whose money is authorised, or that is confirmed, cannot be cancelled', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  bench.sale.checkouts.set(orderId, { orderId, checkoutUrl: null, authorised: true, returned: false });
  const cancel = () => bench.ask('DELETE', `/v1/orders/${orderId}`, { token: bench.fan.token });
  refused(t, await cancel(), 'order_not_cancellable');
  bench.sale.change(orderId, { status: 'confirmed' });
  refused(t, await cancel(), 'order_not_cancellable');
});

test('a payment that has not begun cannot be cancelled yet', async (t) => {
  const bench = await withServer(t, ({ sale }) => ({
    payments: { ...sale.payments, cancel: async () => 'not_found' as const },
  }));
  const { orderId } = await placed(bench);
  refused(t, await bench.ask('DELETE', `/v1/orders/${orderId}`, { token: bench.fan.token }), 'unavailable');
});

test('the stream of an order tells each state once and ends when it is settled', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  const response = await fetch(`${bench.url}/v1/orders/${orderId}/stream`, {
    headers: { authorization: `Bearer ${bench.fan.token}` },
    signal: AbortSignal.timeout(10_000),
  });
  t.is(response.status, 200);
  await eventually(() => {
    if (bench.sale.watchers.size !== 1) throw new Error('not watched yet');
  });
  bench.sale.change(orderId, {});
  bench.sale.change(orderId, { status: 'confirmed' });
  const text = await response.text();
  const states = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? '') as OrderBody);
  t.deepEqual(
    states.map((order) => order.status),
    ['awaiting_payment', 'confirmed'],
  );
  t.is(states[1]?.tickets.length, 2);
  await eventually(() => {
    if (bench.sale.watchers.size !== 0) throw new Error('still watched');
  });
});

test('the stream of a settled order is that one state', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  bench.sale.change(orderId, { status: 'expired', reason: 'expired' });
  const response = await fetch(`${bench.url}/v1/orders/${orderId}/stream`, {
    headers: { authorization: `Bearer ${bench.fan.token}` },
    signal: AbortSignal.timeout(10_000),
  });
  t.is([...(await response.text()).matchAll(/^data: /gm)].length, 1);
});

test('my orders are mine alone, and as many as I ask for', async (t) => {
  const bench = await withServer(t);
  const order = await placed(bench);
  const mine = await bench.ask('GET', '/v1/orders', { token: bench.fan.token });
  t.like((mine.body as unknown as { orders: object[] }).orders, [
    { orderId: order.orderId, status: 'awaiting_payment', amountMinor: 50_000, seats: ['A-1-1', 'A-1-2'] },
  ]);
  const others = await bench.ask('GET', '/v1/orders', { token: bench.stranger.token });
  t.deepEqual(others.body as unknown, { orders: [] });
  refused(t, await bench.ask('GET', '/v1/orders'), 'unauthenticated');
  refused(t, await bench.ask('GET', '/v1/orders?limit=0', { token: bench.fan.token }), 'invalid_request');
});

test('a confirmed order is given back by its fan, again with the same answer, and by nobody else', async (t) => {
  const bench = await withServer(t);
  const { orderId } = await placed(bench);
  const path = `/v1/orders/${orderId}/refund`;
  refused(t, await bench.ask('POST', path, { token: bench.fan.token }), 'order_not_refundable');
  bench.sale.change(orderId, { status: 'confirmed' });
  refused(t, await bench.ask('POST', path, { token: bench.stranger.token }), 'not_found');
  refused(t, await bench.ask('POST', path), 'unauthenticated');
  const first = await bench.ask('POST', path, { token: bench.fan.token });
  t.is(first.status, 200);
  t.like(first.body, { status: 'refunded', reason: 'cancelled', tickets: [] });
  t.deepEqual((await bench.ask('POST', path, { token: bench.fan.token })).body, first.body);
});
