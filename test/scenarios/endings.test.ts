import test from 'ava';
import { openBoth } from './both-services.ts';

test.serial('HONOURED: a charge after the cancel finds its seats free, and is kept for them', async (t) => {
  const both = await openBoth(t);
  if (both === null) return;
  const order = await both.checkout(await both.admit(), ['A-1-1', 'A-1-2']);
  t.is(await both.service.cancel(order.orderId), 'cancelled');
  await both.until(order, 'failed');
  await both.chargeAfterCancel(order);
  await both.until(order, 'confirmed', 'honoured');
  await both.attemptIs(order, 'captured');
  t.is(both.intentOf(order).refundedMinor, 0);
  t.deepEqual(await both.seatsOf(order.orderId), ['A-1-1', 'A-1-2']);
  t.deepEqual(await both.reviews(), []);
  t.deepEqual(await both.breaches([...both.gateway.intents.values()]), []);
});

test.serial(
  'RESEATED and REFUNDED: a charge after the resale buys other seats where the event allows it, and goes back once where not',
  async (t) => {
    for (const reseat of [true, false]) {
      const both = await openBoth(t, { lateMoney: { reseat } });
      if (both === null) return;
      const lost = await both.checkout(await both.admit(), ['A-1-1', 'A-1-2']);
      await both.service.cancel(lost.orderId);
      await both.until(lost, 'failed');
      const won = await both.checkout(await both.admit(), ['A-1-2']);
      await both.pay(won);
      await both.until(won, 'confirmed');
      await both.chargeAfterCancel(lost);
      await both.chargeAfterCancel(lost).catch(() => undefined);
      if (reseat) {
        const order = await both.until(lost, 'confirmed', 'reseated');
        t.deepEqual(order.seatIds, ['A-1-3', 'A-1-4']);
        await both.attemptIs(lost, 'captured');
      } else {
        await both.until(lost, 'rejected', 'refunded');
        await both.attemptIs(lost, 'refunded');
        t.is(both.intentOf(lost).refundedMinor, lost.amountMinor);
        t.is(both.gateway.effects.filter((one) => one === 'refunded').length, 1);
      }
      await both.attemptIs(won, 'captured');
      t.deepEqual(await both.seatsOf(won.orderId), ['A-1-2']);
      t.deepEqual(await both.breaches([...both.gateway.intents.values()]), []);
    }
  },
);

test.serial(
  'REVIEW: a refund that the gateway refuses waits for a person, who tries again or settles it by hand',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const lost = await both.checkout(await both.admit(), ['A-1-1']);
    await both.service.cancel(lost.orderId);
    await both.until(lost, 'failed');
    await both.hold(await both.admit(), ['A-1-1']);
    both.gateway.fail('refund', { refuse: 'insufficient_balance' });
    await both.chargeAfterCancel(lost);
    await both.attemptIs(lost, 'review');
    const review = await both.theReview();
    t.like(review, { kind: 'refund_refused', orderId: lost.orderId, attemptId: lost.attemptId });
    t.is(both.intentOf(lost).refundedMinor, 0);
    t.is(await both.decide(review, 'refund'), 'decided');
    t.is(await both.decide(review, 'refund'), 'repeated');
    t.is(await both.decide(review, 'dismiss'), 'review_decided');
    await both.attemptIs(lost, 'refunded');
    t.is(both.intentOf(lost).refundedMinor, lost.amountMinor);
    t.is(both.gateway.effects.filter((one) => one === 'refunded').length, 1);
    t.deepEqual(await both.reviews(), []);
    t.like((await both.reviewStore.list('all', 10))[0]?.resolution, {
      action: 'refund',
      note: 'n',
      by: 'ana',
    });
  },
);

test.serial('REVIEW: a refund by a person that is refused once more is open again', async (t) => {
  const both = await openBoth(t);
  if (both === null) return;
  const lost = await both.checkout(await both.admit(), ['A-1-1']);
  await both.service.cancel(lost.orderId);
  await both.until(lost, 'failed');
  await both.hold(await both.admit(), ['A-1-1']);
  both.gateway.fail('refund', { refuse: 'insufficient_balance' });
  await both.chargeAfterCancel(lost);
  await both.attemptIs(lost, 'review');
  const first = await both.theReview();
  both.gateway.fail('refund', { refuse: 'insufficient_balance' });
  t.is(await both.decide(first, 'refund'), 'decided');
  const again = await both.theReview();
  t.is(again.reviewId, first.reviewId);
  // It is tried on meanwhile, at rising intervals, and may get through before the person has seen it.
  t.is(await both.decide(again, 'dismiss'), 'decided');
  t.deepEqual(await both.reviews(), []);
});

test.serial(
  'REVIEW: money returned at the gateway’s own pages leaves the tickets to a person, whose refund takes them back',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const fan = await both.admit();
    const order = await both.checkout(fan, ['A-1-1', 'A-1-2']);
    await both.pay(order);
    await both.until(order, 'confirmed');
    await both.attemptIs(order, 'captured');
    const { intentId, amountMinor } = both.intentOf(order);
    t.true(both.gateway.happens(intentId, ['captured'], { refundedMinor: amountMinor }));
    await both.tell(both.intentOf(order));
    await both.attemptIs(order, 'refunded');
    const review = await both.theReview();
    t.like(review, { kind: 'refunded_elsewhere', orderId: order.orderId, attemptId: order.attemptId });
    t.is((await both.until(order, 'confirmed')).status, 'confirmed', 'no rule takes a ticket away');
    t.deepEqual(review.actions, ['refund', 'dismiss'], 'no money is left to honour it with');
    t.is(await both.decide(review, 'honour'), 'review_action_impossible');
    t.is(await both.decide(review, 'refund'), 'decided');
    t.deepEqual(
      (await both.reviewStore.list('all', 10)).map(({ actions }) => actions),
      [[]],
      'decided is decided',
    );
    t.is(await both.decide(review, 'refund'), 'repeated');
    await both.until(order, 'refunded');
    t.deepEqual(await both.statuses(), { free: 25 });
    t.deepEqual(await both.usage(fan.fanId), { seats: 0, holds: 0 });
    t.deepEqual(both.gateway.effects, ['captured']);
    t.deepEqual(await both.reviews(), []);
    t.deepEqual(await both.breaches([...both.gateway.intents.values()]), []);
  },
);

test.serial(
  'REVIEW: a sum that is not the order’s waits reserved; honoured by a person it buys the seats and is taken',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const order = await both.checkout(await both.admit(), ['A-1-1']);
    // The books of the ticket service say another price than was charged.
    await both.pool.query('UPDATE tickets.orders SET amount_minor = 30000');
    await both.pay(order);
    await both.until(order, 'rejected', 'review');
    await both.attemptIs(order, 'review');
    t.is(both.intentOf(order).status, 'authorised', 'neither taken nor let go');
    const review = await both.theReview();
    t.is(review.kind, 'amount_mismatch');
    t.is(await both.decide(review, 'honour'), 'decided');
    await both.until(order, 'confirmed', 'honoured');
    await both.attemptIs(order, 'kept');
    t.is(both.intentOf(order).status, 'captured');
  },
);

test.serial('REVIEW: honoured by a person when the seats are gone, the money is let go', async (t) => {
  const both = await openBoth(t);
  if (both === null) return;
  const order = await both.checkout(await both.admit(), ['A-1-1']);
  await both.pool.query('UPDATE tickets.orders SET amount_minor = 30000');
  await both.pay(order);
  await both.until(order, 'rejected', 'review');
  await both.hold(await both.admit(), ['A-1-1']);
  t.is(await both.decide(await both.theReview(), 'honour'), 'decided');
  await both.until(order, 'rejected', 'refunded');
  await both.attemptIs(order, 'refunded');
  t.is(both.intentOf(order).status, 'cancelled');
});

test.serial(
  'REVIEW: seats sold and a capture refused: a refund by a person voids the tickets and frees the seats',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const fan = await both.admit();
    const order = await both.checkout(fan, ['A-1-1']);
    both.gateway.fail('capture', { refuse: 'card_expired' });
    await both.pay(order);
    await both.until(order, 'confirmed');
    const review = await both.theReview();
    t.is(review.kind, 'capture_lost');
    t.is(await both.decide(review, 'refund'), 'decided');
    await both.until(order, 'refunded');
    await both.attemptIs(order, 'refunded');
    t.is(both.intentOf(order).status, 'cancelled');
    t.deepEqual(await both.seatsOf(order.orderId), []);
    t.deepEqual(await both.statuses(), { free: 25 });
    t.deepEqual(await both.usage(fan.fanId), { seats: 0, holds: 0 });
  },
);

test.serial('REVIEW: money for an order that the tickets do not have is neither kept nor lost', async (t) => {
  const both = await openBoth(t);
  if (both === null) return;
  const order = await both.checkout(await both.admit(), ['A-1-1']);
  // As after a restore of one service from an older copy.
  await both.pool.query('DELETE FROM tickets.orders');
  await both.pay(order);
  const review = await both.theReview();
  t.like(review, { kind: 'unknown_order', orderId: order.orderId });
  t.is(both.intentOf(order).status, 'authorised');
  t.is(await both.decide(review, 'honour'), 'decided');
  // The tickets are asked once more and still do not have it: then the money goes back.
  await both.attemptIs(order, 'refunded');
  t.is(both.intentOf(order).status, 'cancelled');
});

test.serial(
  'REVIEW: a matter reported again and again is one; only another payment is another',
  async (t) => {
    const both = await openBoth(t);
    if (both === null) return;
    const { reviewStore } = both;
    const matter = {
      kind: 'ledger_mismatch',
      paymentRef: 'pi_9',
      attemptId: null,
      orderId: null,
      details: { ours: 'captured' },
    } as const;
    const opened = await Promise.all(Array.from({ length: 10 }, () => reviewStore.open(matter)));
    t.is(opened.filter(Boolean).length, 1);
    t.true(await reviewStore.open({ ...matter, paymentRef: 'pi_10' }));
    const [first] = await both.reviews();
    t.deepEqual(first?.actions, ['dismiss']);
    t.is(await both.decide(first!, 'refund'), 'review_action_impossible', 'no attempt to move');
    const decided = await Promise.all(Array.from({ length: 5 }, () => both.decide(first!, 'dismiss')));
    t.is(decided.filter((one) => one === 'decided').length, 1);
    t.is(decided.filter((one) => one === 'repeated').length, 4);
    t.false(await reviewStore.open(matter), 'what was dismissed stays dismissed');
    t.is((await both.reviews()).length, 1);
  },
);
