import test from 'ava';
import { createHarness, PAY_WITHIN_MS } from './payment-harness.ts';
import { settled } from './virtual-clock.ts';

test('opening a checkout gives the URL of the one intent, however often it is asked for', async (t) => {
  const { restart, order, gateway, status } = createHarness();
  const service = restart();
  const view = await service.openCheckout(order, 'two seats');
  t.deepEqual(view, {
    orderId: order.orderId,
    checkoutUrl: 'https://pay.test/pi_1',
    authorised: false,
    returned: false,
  });
  t.deepEqual(await service.openCheckout(order, 'two seats'), view);
  t.deepEqual(await restart().findCheckout(order.orderId), view);
  t.is(gateway.intents.size, 1);
  t.is(await status(), 'open');
});

test('a gateway that does not answer keeps the fan for four seconds only, and the sweeper goes on with the same key', async (t) => {
  const { restart, order, gateway, clock, status } = createHarness();
  const service = restart();
  let answerNow = (): void => undefined;
  gateway.hanging = new Promise((resolve) => (answerNow = resolve));
  let view: unknown = null;
  const opening = service.openCheckout(order, '').then((one) => (view = one));
  await clock.advance(3_999);
  t.is(view, null);
  await clock.advance(1);
  await opening;
  t.like(view, { checkoutUrl: null });
  answerNow();
  gateway.hanging = null;
  await settled();
  t.is(await status(), 'open');
  t.like(await service.findCheckout(order.orderId), { checkoutUrl: 'https://pay.test/pi_1' });
});

test('an answer lost after the intent was opened: the same key finds the same intent', async (t) => {
  const { restart, order, gateway, clock, status } = createHarness();
  const service = restart();
  gateway.fail('open', 'after');
  t.is((await service.openCheckout(order, '')).checkoutUrl, null);
  t.is(await status(), 'new');
  t.is(await service.sweep(), 0, 'not before the head start is over');
  await clock.advance(5_000);
  await service.sweep();
  t.is(gateway.intents.size, 1);
  t.is((await service.findCheckout(order.orderId))?.checkoutUrl, 'https://pay.test/pi_1');
});

test('PedidoCriado alone opens the checkout, and meets an open one without harm', async (t) => {
  const { restart, order, gateway, deliver, envelope } = createHarness();
  const service = restart();
  await service.start();
  const id = '00000000-0000-4000-8000-00000000000a';
  t.is(await deliver(envelope('PedidoCriado', id)), 'ack');
  t.is((await service.findCheckout(order.orderId))?.checkoutUrl, 'https://pay.test/pi_1');
  t.is(await deliver(envelope('PedidoCriado', id)), 'ack');
  await service.openCheckout(order, '');
  t.is(gateway.calls.filter((call) => call.startsWith('open')).length, 1);
  await service.stop();
});

test('a gateway that refuses to open at all fails the order, loudly', async (t) => {
  const { restart, order, gateway, said, alarms, memory } = createHarness();
  gateway.fail('open', { refuse: 'amount_too_small' });
  await restart().openCheckout(order, '');
  t.deepEqual(said(), ['PagamentoFalhou']);
  t.like(memory.said()[0]?.data, { reason: 'declined' });
  t.deepEqual(alarms, ['open_refused']);
});

test('an attempt id that stands for another order is a fault, never a payment', async (t) => {
  const { restart, order, gateway } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  await t.throwsAsync(service.openCheckout({ ...order, amountMinor: 1 }, ''));
  t.is(gateway.intents.size, 1);
});

// ---------------------------------------------------------------- the end of the time to pay

test('nobody pays: cancelled at the gateway first, PagamentoFalhou after', async (t) => {
  const { restart, order, gateway, clock, said, status, intentStatus, memory } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  await clock.advance(PAY_WITHIN_MS - 1);
  await service.sweep();
  t.is(await status(), 'open');
  await clock.advance(1);
  gateway.fail('cancel', 'before');
  await service.sweep();
  t.is(await status(), 'cancelling');
  t.deepEqual(said(), [], 'no word before the gateway agreed');
  await clock.advance(5_000);
  await service.sweep();
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
  t.like(memory.said()[0]?.data, { reason: 'expired' });
});

test('the fan pays at the last moment and the webhook is lost: the sweeper asks before it cancels, and it is OK', async (t) => {
  const { restart, order, gateway, clock, said, intentStatus } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  gateway.pay('pi_1');
  await clock.advance(PAY_WITHIN_MS);
  await service.sweep();
  t.deepEqual(said(), ['PagamentoOK']);
  t.is(intentStatus(), 'authorised');
  t.false(gateway.calls.includes('cancel pi_1'));
});

test('the fan pays between our look and our cancel: the cancel stands, and a late webhook of the payment changes nothing', async (t) => {
  const { restart, order, gateway, clock, said, intentStatus } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  await clock.advance(PAY_WITHIN_MS);
  const { cancel } = gateway;
  gateway.cancel = async (intentId, attemptId) => {
    gateway.pay(intentId);
    const paid = gateway.webhook(gateway.of(intentId));
    t.is(await service.receiveWebhook(paid.body, paid.signature), 'accepted');
    return cancel(intentId, attemptId);
  };
  await service.sweep();
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
});

test('a cancel that the gateway refuses because it has the money ends in PagamentoOK', async (t) => {
  const { restart, order, gateway, clock, said, status } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  await clock.advance(PAY_WITHIN_MS);
  const { cancel } = gateway;
  gateway.cancel = async (intentId, attemptId) => {
    gateway.happens(intentId, ['open'], { status: 'captured', capturedMinor: order.amountMinor });
    return cancel(intentId, attemptId);
  };
  await service.sweep();
  t.is(await status(), 'captured');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('the gateway was down the whole time: the intent is opened with the same key, then cancelled, so none can appear', async (t) => {
  const { restart, order, gateway, clock, said, intentStatus } = createHarness();
  const service = restart();
  gateway.down = true;
  await service.openCheckout(order, '');
  await clock.advance(PAY_WITHIN_MS + 60_000);
  await service.sweep();
  t.deepEqual(said(), []);
  gateway.down = false;
  await clock.advance(30_000);
  await service.sweep();
  t.is(gateway.intents.size, 1);
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
});

test('a lost webhook is noticed by looking, at rising intervals', async (t) => {
  const { restart, order, gateway, clock, said } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  gateway.calls.length = 0;
  for (let second = 0; second < 120; second += 1) {
    await clock.advance(1_000);
    await service.sweep();
  }
  t.is(gateway.calls.length, 3, 'after 15, 45 and 105 s');
  gateway.pay('pi_1');
  await clock.advance(130_000);
  await service.sweep();
  t.deepEqual(said(), ['PagamentoOK']);
});

// ---------------------------------------------------------------- the fan's own cancel

test('the fan cancels an open order: the gateway first, then the word', async (t) => {
  const { restart, order, said, intentStatus, memory } = createHarness();
  const service = restart();
  t.is(await service.cancel(order.orderId), 'not_found');
  await service.openCheckout(order, '');
  t.is(await service.cancel(order.orderId), 'cancelled');
  t.is(await service.cancel(order.orderId), 'cancelled');
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
  t.like(memory.said()[0]?.data, { reason: 'cancelled' });
});

test('a cancel after the payment is too late, also when the webhook has not come yet', async (t) => {
  const { restart, order, gateway, said } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  gateway.pay('pi_1');
  t.is(await service.cancel(order.orderId), 'too_late');
  t.deepEqual(said(), ['PagamentoOK']);
  t.is(await service.cancel(order.orderId), 'too_late');
});

test('a cancel without a word from the gateway is unknown, kept, and finished by the sweeper, whatever the fan pays meanwhile', async (t) => {
  const { restart, order, gateway, clock, said, intentStatus } = createHarness();
  const service = restart();
  await service.openCheckout(order, '');
  gateway.down = true;
  t.is(await service.cancel(order.orderId), 'unknown');
  gateway.down = false;
  gateway.pay('pi_1');
  await clock.advance(5_000);
  await service.sweep();
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
});
