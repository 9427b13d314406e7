import test from 'ava';
import fc from 'fast-check';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import { createHarness, PAY_WITHIN_MS, type Harness } from './payment-harness.ts';
import { settled } from './virtual-clock.ts';

const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const authorised = async (harness: Harness = createHarness()) => {
  const service = harness.restart();
  await service.start();
  await service.openCheckout(harness.order, '');
  harness.gateway.pay('pi_1');
  const { body, signature } = harness.gateway.webhook(harness.gateway.of('pi_1'));
  await service.receiveWebhook(body, signature);
  return { ...harness, service };
};

test('the seats are sold: captured once, however often it is said', async (t) => {
  const { deliver, envelope, gateway, status, said, service } = await authorised();
  t.is(await deliver(envelope('PedidoConfirmado', idOf(1))), 'ack');
  t.is(await deliver(envelope('PedidoConfirmado', idOf(1))), 'ack');
  t.is(await deliver(envelope('PedidoConfirmado', idOf(2))), 'ack');
  t.is(await status(), 'captured');
  t.deepEqual(gateway.effects, ['captured']);
  t.deepEqual(said(), ['PagamentoOK']);
  await service.stop();
});

test('the seats were lost: the reserved sum is let go, and the checkout says so', async (t) => {
  const { deliver, envelope, gateway, status, service, order } = await authorised();
  t.is(await deliver(envelope('PedidoRejeitado', idOf(1))), 'ack');
  t.is(await status(), 'voided');
  t.deepEqual(gateway.effects, ['cancelled']);
  t.like(await service.findCheckout(order.orderId), { authorised: false, returned: true });
  await service.stop();
});

test('taken money of a lost order is refunded', async (t) => {
  const { deliver, envelope, gateway, status, service } = await authorised();
  gateway.happens('pi_1', ['authorised'], { status: 'captured', capturedMinor: 25_000 });
  t.is(await deliver(envelope('PedidoRejeitado', idOf(1))), 'ack');
  t.is(await status(), 'refunded');
  t.deepEqual(gateway.effects, ['refunded']);
  await service.stop();
});

test('sold and lost both said: whichever came first is done, and the money is never both taken and let go', async (t) => {
  for (const types of [
    ['PedidoConfirmado', 'PedidoRejeitado'],
    ['PedidoRejeitado', 'PedidoConfirmado'],
  ] as const) {
    const { deliver, envelope, gateway, clock, service } = await authorised();
    let go = (): void => undefined;
    gateway.hanging = new Promise((resolve) => (go = resolve));
    for (const [n, type] of types.entries()) t.is(await deliver(envelope(type, idOf(n + 1))), 'ack');
    gateway.hanging = null;
    go();
    await settled();
    await clock.advance(60_000);
    const expected = types[0] === 'PedidoConfirmado' ? ['captured', 'refunded'] : ['cancelled'];
    t.deepEqual(gateway.effects, expected);
    await service.stop();
  }
});

test('a capture whose answer was lost is asked again under the same key', async (t) => {
  const { deliver, envelope, gateway, clock, status, service } = await authorised();
  gateway.fail('capture', 'after');
  await deliver(envelope('PedidoConfirmado', idOf(1)));
  t.is(await status(), 'capturing');
  await clock.advance(10_000);
  t.is(await status(), 'captured');
  t.deepEqual(gateway.effects, ['captured']);
  await service.stop();
});

test('a capture that the gateway refuses goes to a person, loudly', async (t) => {
  const { deliver, envelope, gateway, status, alarms, service } = await authorised();
  gateway.fail('capture', { refuse: 'card_expired' });
  await deliver(envelope('PedidoConfirmado', idOf(1)));
  t.is(await status(), 'review');
  t.deepEqual(alarms, ['capture_lost']);
  await service.stop();
});

test('an answer that overtakes its order comes again later, and is not counted', async (t) => {
  const { restart, deliver, envelope, gateway, order, status } = createHarness();
  const service = restart();
  await service.start();
  t.regex(String(await deliver(envelope('PedidoRejeitado', idOf(1)))), /^retry/);
  t.is(await deliver(envelope('PedidoCriado', idOf(2))), 'ack');
  t.is(await deliver(envelope('PedidoRejeitado', idOf(1))), 'ack');
  t.is(await status(), 'voided');
  t.is(gateway.of('pi_1').status, 'cancelled');
  t.like(await service.findCheckout(order.orderId), { returned: true });
  await service.stop();
});

test('what can never be understood is parked, what the store could not take comes again', async (t) => {
  let broken = false;
  const harness = createHarness({
    breakStore: (store) => ({
      ...store,
      begin: (attempt) => (broken ? Promise.reject(new Error('away')) : store.begin(attempt)),
    }),
  });
  const { deliver, envelope, restart } = harness;
  const service = restart();
  await service.start();
  const placed = envelope('PedidoCriado', idOf(1));
  const bent: readonly AnyEnvelope[] = [
    { ...placed, data: { ...placed.data, amountMinor: -1 } } as AnyEnvelope,
    { ...placed, orderId: 'not-an-id' },
    { ...placed, type: 'PagamentoOK' } as AnyEnvelope,
    { ...placed, data: null } as unknown as AnyEnvelope,
  ];
  for (const one of bent) t.regex(String(await deliver(one)), /^park/);
  broken = true;
  t.is(await deliver(placed), 'retry: away');
  broken = false;
  t.is(await deliver(placed), 'ack');
  const dearer = { ...placed, id: idOf(2), data: { ...placed.data, amountMinor: 1 } } as AnyEnvelope;
  t.regex(String(await deliver(dearer)), /^park: its attempt id stands for another/);
  await service.stop();
});

test('the end of an order that could not be stored is not acked: it comes again, and then the money moves', async (t) => {
  let broken = true;
  const harness = createHarness({
    breakStore: (store) => ({
      ...store,
      receive: (...asked) => (broken ? Promise.reject(new Error('away')) : store.receive(...asked)),
    }),
  });
  const { deliver, envelope, status, service } = await authorised(harness);
  t.is(await deliver(envelope('PedidoConfirmado', idOf(1))), 'retry: away');
  t.is(await status(), 'authorised');
  broken = false;
  t.is(await deliver(envelope('PedidoConfirmado', idOf(1))), 'ack');
  t.is(await status(), 'captured');
  await service.stop();
});

// ---------------------------------------------------------------- being asked after an order

test('asked after an overdue order, it looks at once instead of at its next visit', async (t) => {
  for (const paid of [true, false]) {
    const { restart, deliver, envelope, gateway, clock, order, said } = createHarness();
    const service = restart();
    await service.openCheckout(order, '');
    await service.start();
    if (paid) gateway.pay('pi_1');
    const lateMs = clock.nowMs() + PAY_WITHIN_MS + 10_000;
    t.is(await deliver(envelope('PedidoCriado', idOf(1), lateMs)), 'ack');
    t.deepEqual(said(), [paid ? 'PagamentoOK' : 'PagamentoFalhou']);
    t.is(gateway.of('pi_1').status, paid ? 'authorised' : 'cancelled');
    t.is(gateway.calls.filter((call) => call.startsWith('read')).length, 1);
    await service.stop();
  }
});

test('asked after an overdue order that it has never heard of, it opens and ends it', async (t) => {
  const { restart, deliver, envelope, gateway, clock, said } = createHarness();
  const service = restart();
  await service.start();
  await deliver(envelope('PedidoCriado', idOf(1), clock.nowMs() + PAY_WITHIN_MS + 10_000));
  t.is(gateway.of('pi_1').status, 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
  await service.stop();
});

test('asked after an order of which it had spoken, it says the same again, under the same id', async (t) => {
  const { deliver, envelope, clock, published, said, service } = await authorised();
  await clock.advance(2_000);
  t.deepEqual(
    published.map((one) => one.type),
    ['PagamentoOK'],
  );
  const lateMs = clock.nowMs() + PAY_WITHIN_MS + 10_000;
  t.is(await deliver(envelope('PedidoCriado', idOf(1), lateMs)), 'ack');
  await clock.advance(2_000);
  t.is(published.length, 2);
  t.is(published[1]?.id, published[0]?.id);
  t.deepEqual(said(), ['PagamentoOK'], 'one row only');
  await service.stop();
});

test('the first announcement of an open order costs no call at the gateway', async (t) => {
  const { restart, deliver, envelope, gateway, order } = createHarness();
  const service = restart();
  await service.start();
  await service.openCheckout(order, '');
  await deliver(envelope('PedidoCriado', idOf(1)));
  t.is(gateway.calls.length, 1);
  await service.stop();
});

test('an order announced by the request and by the bus at once: one call, and the fan gets the page of it', async (t) => {
  const { restart, deliver, envelope, gateway, order } = createHarness();
  const service = restart();
  await service.start();
  let go = (): void => undefined;
  gateway.hanging = new Promise((resolve) => (go = resolve));
  await deliver(envelope('PedidoCriado', idOf(1)));
  const opening = service.openCheckout(order, '');
  await settled();
  gateway.hanging = null;
  go();
  t.is((await opening).checkoutUrl, 'https://pay.test/pi_1');
  t.deepEqual(
    gateway.calls.map((call) => call.split(' ')[0]),
    ['open'],
  );
  await service.stop();
});

// ---------------------------------------------------------------- the end

test('a stop waits for what is in hand, takes nothing new and leaves no timer', async (t) => {
  const { restart, deliver, envelope, gateway, clock, status, order, subscribed } = createHarness();
  const service = restart();
  await service.start();
  let go = (): void => undefined;
  gateway.hanging = new Promise((resolve) => (go = resolve));
  await deliver(envelope('PedidoCriado', idOf(1)));
  let stopped = false;
  const stopping = service.stop().then(() => (stopped = true));
  await settled();
  t.false(stopped);
  t.false(subscribed());
  gateway.hanging = null;
  go();
  await stopping;
  t.is(await status(), 'open');
  t.is(clock.pending(), 0);
  const calls = gateway.calls.length;
  await service.cancel(order.orderId);
  t.is(gateway.calls.length, calls);
});

test('a stop that the gateway keeps waiting ends after ten seconds, and no timer stays', async (t) => {
  const { restart, deliver, envelope, gateway, clock } = createHarness();
  const service = restart();
  await service.start();
  gateway.hanging = new Promise(() => undefined);
  await deliver(envelope('PedidoCriado', idOf(1)));
  let stopped = false;
  const stopping = service.stop().then(() => (stopped = true));
  await clock.advance(9_999);
  t.false(stopped);
  await clock.advance(1);
  await stopping;
  t.is(clock.pending(), 0);
});

// ---------------------------------------------------------------- any history

type Act =
  | 'open'
  | 'placed'
  | 'decline'
  | 'pay'
  | 'webhook'
  | 'old webhook'
  | 'cancel'
  | 'answer'
  | 'wait'
  | 'restart'
  | 'fail before'
  | 'fail after'
  | 'expire';

const ACTS: readonly Act[] = [
  'open',
  'placed',
  'decline',
  'pay',
  'pay',
  'webhook',
  'webhook',
  'old webhook',
  'cancel',
  'answer',
  'wait',
  'restart',
  'fail before',
  'fail after',
  'expire',
];

const playAny = async (acts: readonly Act[], sold: boolean) => {
  const harness = createHarness();
  const { gateway, clock, order, deliver, envelope, published } = harness;
  let service = harness.restart();
  await service.start();
  const webhooks: ReturnType<typeof gateway.webhook>[] = [];
  const tell = (): void => {
    if (gateway.intents.has('pi_1')) webhooks.push(gateway.webhook(gateway.of('pi_1')));
    const last = webhooks.at(-1);
    if (last !== undefined) void service.receiveWebhook(last.body, last.signature);
  };
  const answer = async (): Promise<void> => {
    if (!published.some((one) => one.type === 'PagamentoOK')) return;
    await deliver(envelope(sold ? 'PedidoConfirmado' : 'PedidoRejeitado', idOf(2)));
  };
  const CALLS = ['open', 'read', 'capture', 'cancel', 'refund'] as const;
  let faults = 0;
  const fail = (fault: 'before' | 'after'): void =>
    gateway.fail(CALLS[faults++ % CALLS.length] ?? 'open', fault);
  const DO: Readonly<Record<Act, () => unknown>> = {
    open: () => void service.openCheckout(order, ''),
    placed: () => deliver(envelope('PedidoCriado', idOf(1))),
    decline: () => gateway.happens('pi_1', ['open'], { declineCode: 'insufficient_funds' }),
    pay: () => gateway.pay('pi_1'),
    webhook: tell,
    'old webhook': () => {
      const old = webhooks[0];
      if (old !== undefined) void service.receiveWebhook(old.body, old.signature);
    },
    cancel: () => void service.cancel(order.orderId),
    answer,
    wait: () => clock.advance(7_000),
    restart: async () => {
      await service.stop();
      service = harness.restart();
      await service.start();
    },
    'fail before': () => fail('before'),
    'fail after': () => fail('after'),
    expire: () => clock.advance(PAY_WITHIN_MS),
  };
  for (const act of acts) {
    await DO[act]();
    await settled();
  }
  // The world comes to rest: no faults any more, every message arrives, the time to pay passes.
  gateway.faults.length = 0;
  await deliver(envelope('PedidoCriado', idOf(1)));
  await clock.advance(PAY_WITHIN_MS + 60_000);
  await answer();
  await clock.advance(120_000);
  await service.stop();
  return { harness, intent: gateway.of('pi_1'), effects: gateway.effects };
};

test('any history ends with one word, and with money that agrees with it', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...ACTS), { minLength: 3, maxLength: 25 }),
      fc.boolean(),
      async (acts, sold) => {
        const { harness, intent, effects } = await playAny(acts, sold);
        const said = harness.said();
        if (said.length !== 1 || harness.gateway.intents.size !== 1) return false;
        const captures = effects.filter((one) => one === 'captured').length;
        const kept = intent.status === 'captured' && intent.refundedMinor === 0;
        if (said[0] === 'PagamentoFalhou') return intent.status === 'cancelled' && captures === 0;
        return sold ? kept && captures === 1 : intent.status === 'cancelled' && captures === 0;
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});
