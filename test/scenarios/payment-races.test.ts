import { randomUUID } from 'node:crypto';
import test from 'ava';
import { openBoth } from './both-services.ts';

const SEATS = ['A-1-1', 'A-1-2', 'A-1-3', 'A-1-4', 'A-1-5', 'A-1-6', 'A-1-7', 'A-1-8'] as const;

test.serial(
  'cancels against payments in flight: each order ends one way, its stock comes back once, its money agrees',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const orders = await Promise.all(SEATS.map(async (seat) => both.checkout(await both.admit(), [seat])));
    await Promise.all(
      orders.flatMap((order, index) => {
        const cancel = () => both.service.cancel(order.orderId);
        const pay = () => both.pay(order).catch(() => undefined);
        // The gateway's own answers to both get lost now and then.
        if (index % 4 === 3) both.gateway.fail('cancel', 'after');
        return index % 2 === 0 ? [cancel(), pay(), cancel()] : [pay(), cancel(), pay()];
      }),
    );
    const ended = await Promise.all(
      orders.map(async (order) => {
        const intent = both.intentOf(order);
        const status = intent.status === 'cancelled' ? 'failed' : 'confirmed';
        await both.until(order, status);
        if (status === 'confirmed') await both.attemptIs(order, 'captured');
        return status;
      }),
    );
    const sold = ended.filter((one) => one === 'confirmed').length;
    t.deepEqual(await both.statuses(), sold === 0 ? { free: 25 } : { free: 25 - sold, sold });
    t.deepEqual(await both.reviews(), []);
    t.deepEqual(await both.breaches([...both.gateway.intents.values()]), []);
  },
);

test.serial(
  'refund against its own webhook, twice each: the money goes back once and the stock returns once',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const fan = await both.admit();
    const order = await both.checkout(fan, ['A-1-1']);
    both.gateway.fail('capture', { refuse: 'processing_error' });
    await both.pay(order);
    await both.until(order, 'confirmed');
    const review = await both.theReview();
    // Meanwhile the gateway has captured it after all.
    const { intentId, amountMinor } = both.intentOf(order);
    both.gateway.happens(intentId, ['authorised'], { status: 'captured', capturedMinor: amountMinor });
    both.gateway.fail('refund', 'after');
    const before = both.intentOf(order);
    await Promise.all([
      both.decide(review, 'refund'),
      both.decide(review, 'refund'),
      both.tell(before),
      both.tell({ ...before, refundedMinor: amountMinor }).catch(() => undefined),
    ]);
    await both.until(order, 'refunded');
    await both.attemptIs(order, 'refunded');
    await both.tell(both.intentOf(order));
    await both.tell(before);
    t.true(both.gateway.effects.filter((one) => one === 'refunded').length <= 1);
    t.deepEqual(await both.statuses(), { free: 25 });
    t.deepEqual(await both.usage(fan.fanId), { seats: 0, holds: 0 });
  },
);

test.serial(
  'PagamentoOK again and again, news out of order and three days old: sold once, taken once',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const order = await both.checkout(await both.admit(), ['A-1-1', 'A-1-2']);
    const opened = both.intentOf(order);
    both.gateway.happens(opened.intentId, ['open'], { declineCode: 'insufficient_funds' });
    const declined = both.intentOf(order);
    both.gateway.pay(opened.intentId);
    const authorised = both.intentOf(order);
    await Promise.all([authorised, declined, authorised, opened, authorised].map((one) => both.tell(one)));
    await both.until(order, 'confirmed');
    await both.attemptIs(order, 'captured');
    for (const old of [opened, declined, authorised, both.intentOf(order)]) await both.tell(old);
    // Every word that was said is said again, as after a broker that lost its memory.
    await both.pool.query('UPDATE payments.outbox SET sent_at = NULL, leased_until = NULL');
    await both.pool.query('DELETE FROM bus.messages');
    await both.service.sweep();
    await both.attemptIs(order, 'captured');
    t.deepEqual(await both.seatsOf(order.orderId), ['A-1-1', 'A-1-2']);
    t.deepEqual(both.gateway.effects, ['captured']);
    t.deepEqual(await both.said(order.orderId), ['PedidoCriado', 'PedidoConfirmado']);
  },
);

test.serial(
  'a webhook before the payment service knows its intent, and one before it knows the order: neither is lost',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    // The create took effect and its answer was lost: the fan's page exists, its id is not in our books.
    const order = await both.orderSeats(await both.admit(), ['A-1-1']);
    both.gateway.fail('open', 'after');
    await both.service.openCheckout(order, 'seats');
    await both.pay(order);
    await both.until(order, 'confirmed');
    // An attempt that is not there at all: its money is nobody's until a person has looked.
    const stray = {
      ...both.intentOf(order),
      intentId: 'pi_stray',
      attemptId: randomUUID(),
      orderId: randomUUID(),
    };
    t.is(await both.tell({ ...stray, status: 'open' }), 'ignored');
    t.is(await both.tell({ ...stray, status: 'authorised' }), 'accepted');
    const review = await both.theReview();
    t.like(review, { kind: 'unknown_order', paymentRef: 'pi_stray', orderId: stray.orderId });
    await both.attemptIs(order, 'captured');
  },
);

test.serial(
  'a retry after a decline goes through the same intent and key: one intent, one capture',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const order = await both.checkout(await both.admit(), ['A-1-1']);
    const { intentId } = both.intentOf(order);
    both.gateway.happens(intentId, ['open'], { declineCode: 'card_declined' });
    await both.tell(both.intentOf(order));
    t.is((await both.book.find(order.orderId))?.status, 'awaiting_payment');
    const again = await both.service.openCheckout(order, 'seats');
    t.true(again.checkoutUrl?.endsWith(intentId));
    await both.pay(order);
    await both.until(order, 'confirmed');
    await both.attemptIs(order, 'captured');
    t.is(both.gateway.intents.size, 1);
    t.deepEqual(both.gateway.effects, ['captured']);
  },
);
