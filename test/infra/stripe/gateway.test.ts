import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type {
  GatewayAnswer,
  Intent,
  OpenIntent,
  PaymentGateway,
} from '../../../src/domain/ports/payment-gateway.ts';
import { systemIds } from '../../../src/infra/environment.ts';
import { silentLog } from '../../../src/infra/log.ts';
import { createStripeGateway, type StripeGatewayOptions } from '../../../src/infra/stripe/stripe-gateway.ts';
import { SECRET_KEY, testSandbox, WEBHOOK_SECRET, type TestSandbox } from '../../sandbox/support.ts';

const GOOD = '4242424242424242';

const options = (
  apiUrl: string | null,
  overrides: Partial<StripeGatewayOptions> = {},
): StripeGatewayOptions => ({
  secretKey: SECRET_KEY,
  webhookSecret: WEBHOOK_SECRET,
  apiUrl,
  checkoutUrlTemplate: null,
  timeoutMs: 15_000,
  maxNetworkRetries: 0,
  log: silentLog,
  ...overrides,
});

const request = (overrides: Partial<OpenIntent> = {}): OpenIntent => ({
  attemptId: systemIds.next(),
  orderId: systemIds.next(),
  eventId: systemIds.next(),
  amountMinor: 25_000,
  currency: 'BRL',
  description: 'Noite de Abertura: A-1-20',
  ...overrides,
});

const intentsOf = async ({ stripe }: TestSandbox): Promise<number> =>
  (await stripe.paymentIntents.list({ limit: 100 })).data.length;

const setUp = async (t: ExecutionContext, overrides: Partial<StripeGatewayOptions> = {}) => {
  const world: TestSandbox = await testSandbox(t);
  const gateway = createStripeGateway(options(world.url, overrides));
  const count = () => intentsOf(world);
  const opened = async (card: string | null = null): Promise<{ intentId: string; attemptId: string }> => {
    const order = request();
    const { intentId } = value(await gateway.open(order));
    if (card !== null) await world.pay(intentId, { card });
    return { intentId, attemptId: order.attemptId };
  };
  return { ...world, gateway, count, opened };
};

const value = (answer: GatewayAnswer<Intent>): Intent => {
  if (answer.kind !== 'ok') throw new Error(`not ok: ${JSON.stringify(answer)}`);
  return answer.value;
};

const kind = (answer: GatewayAnswer<Intent>): string =>
  answer.kind === 'refused' ? `refused ${answer.code}` : answer.kind;

test('an intent is opened with our ids in it, paid, captured and refunded', async (t) => {
  const { gateway, pay } = await setUp(t);
  const order = request();
  const intent = value(await gateway.open(order));
  t.like(intent, {
    attemptId: order.attemptId,
    orderId: order.orderId,
    eventId: order.eventId,
    status: 'open',
    amountMinor: 25_000,
    currency: 'BRL',
    capturedMinor: 0,
    declineCode: null,
  });
  await pay(intent.intentId, { card: '4000000000009995' });
  t.like(value(await gateway.read(intent.intentId)), { status: 'open', declineCode: 'insufficient_funds' });
  await pay(intent.intentId, { card: GOOD });
  t.like(value(await gateway.read(intent.intentId)), { status: 'authorised', declineCode: null });
  t.like(value(await gateway.capture(intent.intentId, order.attemptId)), {
    status: 'captured',
    capturedMinor: 25_000,
    refundedMinor: 0,
  });
  t.like(value(await gateway.refund(intent.intentId, order.attemptId)), {
    status: 'captured',
    capturedMinor: 25_000,
    refundedMinor: 25_000,
  });
});

test('every call may be repeated and happens once', async (t) => {
  const { gateway, pay, stripe, count } = await setUp(t);
  const order = request();
  const { intentId } = value(await gateway.open(order));
  t.is(value(await gateway.open(order)).intentId, intentId);
  await pay(intentId, { card: GOOD });
  t.is(value(await gateway.open(order)).status, 'authorised');
  for (const _ of [1, 2]) t.is(value(await gateway.capture(intentId, order.attemptId)).status, 'captured');
  for (const _ of [1, 2]) t.is(value(await gateway.refund(intentId, order.attemptId)).refundedMinor, 25_000);
  t.like(value(await gateway.capture(intentId, order.attemptId)), { refundedMinor: 25_000 });
  t.is(await count(), 1);
  t.is((await stripe.refunds.list()).data.length, 1);
});

test('a capture or cancel of an intent that is there already is ok, whoever did it', async (t) => {
  const { gateway, stripe, opened } = await setUp(t);
  const taken = await opened(GOOD);
  await stripe.paymentIntents.capture(taken.intentId);
  t.is(value(await gateway.capture(taken.intentId, taken.attemptId)).status, 'captured');
  const gone = await opened();
  await stripe.paymentIntents.cancel(gone.intentId);
  t.is(value(await gateway.cancel(gone.intentId, gone.attemptId)).status, 'cancelled');
  const paid = await opened(GOOD);
  t.is(value(await gateway.cancel(paid.intentId, paid.attemptId)).refundedMinor, 0);
  await stripe.refunds.create({ payment_intent: taken.intentId });
  t.is(value(await gateway.refund(taken.intentId, taken.attemptId)).refundedMinor, 25_000);
});

test('what the intent’s state forbids is refused as unexpected_state', async (t) => {
  const { gateway, stripe, opened } = await setUp(t);
  const open = await opened();
  t.is(kind(await gateway.capture(open.intentId, open.attemptId)), 'refused unexpected_state');
  t.is(kind(await gateway.refund(open.intentId, open.attemptId)), 'refused payment_intent_unexpected_state');
  await stripe.paymentIntents.cancel(open.intentId);
  t.is(kind(await gateway.capture(open.intentId, open.attemptId)), 'refused unexpected_state');
  const paid = await opened(GOOD);
  await gateway.capture(paid.intentId, paid.attemptId);
  t.is(kind(await gateway.cancel(paid.intentId, paid.attemptId)), 'refused unexpected_state');
});

test('a refusal that the gateway remembers does not stand in the way once the intent can make the step', async (t) => {
  const { gateway, pay, opened } = await setUp(t);
  const { intentId, attemptId } = await opened();
  t.is(kind(await gateway.capture(intentId, attemptId)), 'refused unexpected_state');
  t.is(kind(await gateway.refund(intentId, attemptId)), 'refused payment_intent_unexpected_state');
  await pay(intentId, { card: GOOD });
  t.is(value(await gateway.capture(intentId, attemptId)).status, 'captured');
  t.is(value(await gateway.refund(intentId, attemptId)).refundedMinor, 25_000);
});

test('what the gateway does not take is refused with its code', async (t) => {
  const { gateway } = await setUp(t);
  t.is(kind(await gateway.open(request({ amountMinor: 1 }))), 'refused amount_too_small');
  t.is(kind(await gateway.open(request({ currency: 'ZZZ' }))), 'refused parameter_invalid');
  t.is(kind(await gateway.read('pi_none')), 'refused resource_missing');
  t.is(kind(await gateway.cancel('pi_none', 'a')), 'refused resource_missing');
  t.is(kind(await gateway.refund('pi_none', 'a')), 'refused resource_missing');
});

const CALLS = ['open', 'capture', 'cancel', 'refund'] as const;
const OPERATION = { open: 'create', capture: 'capture', cancel: 'cancel', refund: 'refund' } as const;

for (const name of CALLS) {
  test(`a timeout of "${name}" after its success is unknown; the same call again is ok and did it once`, async (t) => {
    const { url, gateway, stripe, pay, fault, count } = await setUp(t);
    const order = request();
    const intentId = name === 'open' ? null : value(await gateway.open(order)).intentId;
    if (intentId !== null) await pay(intentId, { card: GOOD });
    if (intentId !== null && name === 'refund') await gateway.capture(intentId, order.attemptId);
    const call = (through: PaymentGateway) =>
      name === 'open' ? through.open(order) : through[name](intentId ?? '', order.attemptId);
    await fault({ kind: 'timeout_after_success', operation: OPERATION[name], next: 1 });
    t.is(kind(await call(createStripeGateway(options(url, { timeoutMs: 1_500 })))), 'unknown');
    t.is(kind(await call(gateway)), 'ok');
    t.is(await count(), 1);
    t.is((await stripe.refunds.list()).data.length, name === 'refund' ? 1 : 0);
  });

  test(`a 500 of "${name}", before or after its effect, is unknown; the same call again is ok and did it once`, async (t) => {
    for (const fault of ['error_before', 'error_after']) {
      const world = await setUp(t);
      const order = request();
      const intentId = name === 'open' ? null : value(await world.gateway.open(order)).intentId;
      if (intentId !== null) await world.pay(intentId, { card: GOOD });
      if (intentId !== null && name === 'refund') await world.gateway.capture(intentId, order.attemptId);
      const call = () =>
        name === 'open' ? world.gateway.open(order) : world.gateway[name](intentId ?? '', order.attemptId);
      await world.fault({ kind: fault, operation: OPERATION[name], next: 1 });
      t.is(kind(await call()), 'unknown');
      t.is(kind(await call()), 'ok');
      t.is(await world.count(), 1);
      t.is((await world.stripe.refunds.list()).data.length, name === 'refund' ? 1 : 0);
    }
  });
}

test('a wrong key, a full gateway and one that is away are unknown, never refused', async (t) => {
  const world = await setUp(t);
  t.is(
    kind(await createStripeGateway(options(world.url, { secretKey: 'sk_old' })).open(request())),
    'unknown',
  );
  const answers = [429, 403, 503, 409];
  const server = http.createServer((_request, response) => {
    response.writeHead(answers.shift() ?? 200, { 'content-type': 'application/json' });
    response.end('{"error":{"type":"invalid_request_error","message":"no"}}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = createStripeGateway(options(url));
  while (answers.length > 0) t.is(kind(await gateway.open(request())), 'unknown');
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  t.is(kind(await gateway.open(request())), 'unknown');
  t.is(kind(await gateway.read('pi_1')), 'unknown');
});

test('an answer that never ends is given up after the time allowed', async (t) => {
  const timers = new Set<NodeJS.Timeout>();
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    timers.add(timer);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    for (const timer of timers) clearInterval(timer);
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const startedMs = performance.now();
  t.is(kind(await createStripeGateway(options(url, { timeoutMs: 300 })).read('pi_1')), 'unknown');
  t.true(performance.now() - startedMs < 3_000);
});

test('a call that fails is repeated by nobody but who made it', async (t) => {
  const world = await testSandbox(t);
  const count = () => intentsOf(world);
  const { maxNetworkRetries: _, ...unset } = options(world.url);
  const gateway = createStripeGateway(unset);
  const order = request();
  await world.fault({ kind: 'error_before', operation: 'create', next: 1 });
  t.is(kind(await gateway.open(order)), 'unknown');
  t.is(await count(), 0);
  t.is(kind(await gateway.open(order)), 'ok');
  t.is(await count(), 1);
});

test('the SDK’s own retries use the same key', async (t) => {
  const { gateway, fault, count } = await setUp(t, { maxNetworkRetries: 2 });
  await fault({ kind: 'error_before', operation: 'create', next: 1 });
  t.is(kind(await gateway.open(request())), 'ok');
  t.is(await count(), 1);
});

test('the same attempt with another description finds its intent instead of a second one', async (t) => {
  const { gateway, count } = await setUp(t);
  const order = request();
  const { intentId } = value(await gateway.open(order));
  t.is(value(await gateway.open({ ...order, description: 'Another wording' })).intentId, intentId);
  t.is(await count(), 1);
});

test('an intent that is still processing is neither taken nor refused', async (t) => {
  const { gateway, stripe } = await setUp(t);
  const { id } = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_usBankAccount_processing',
  });
  t.like(value(await gateway.read(id)), { status: 'processing', attemptId: null });
  t.is(kind(await gateway.capture(id, 'a')), 'unknown');
});

test('the ledger is the whole of it, newest first, or that of one event', async (t) => {
  const { gateway, stripe } = await setUp(t);
  const eventId = systemIds.next();
  const made: string[] = [];
  for (let number = 0; number < 120; number += 1) {
    const order = request(number % 3 === 0 ? { eventId } : {});
    made.unshift(value(await gateway.open(order)).intentId);
  }
  await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
  const all: Intent[] = [];
  for await (const intent of gateway.ledger()) all.push(intent);
  t.is(all.length, 121);
  t.is(all[0]?.attemptId, null);
  t.deepEqual(
    all.slice(1).map((intent) => intent.intentId),
    made,
  );
  const ours: Intent[] = [];
  for await (const intent of gateway.ledger(eventId)) ours.push(intent);
  t.is(ours.length, 40);
  t.true(ours.every((intent) => intent.eventId === eventId));
});

test('a ledger that cannot be read to its end throws', async (t) => {
  const { gateway, fault, opened } = await setUp(t);
  await opened();
  await fault({ kind: 'error_before', operation: 'retrieve' });
  await t.throwsAsync(
    async () => {
      for await (const intent of gateway.ledger()) t.log(intent.intentId);
    },
    { message: /could not be read to its end/ },
  );
});

test('the checkout page is the gateway’s own, or as the template says', async (t) => {
  const { gateway, url } = await setUp(t);
  t.is(gateway.checkoutUrl('pi_1'), `${url}/pay/pi_1`);
  const template = 'https://pay.example/x/{intent}?i={intent}';
  const elsewhere = createStripeGateway(options(null, { checkoutUrlTemplate: template }));
  t.is(elsewhere.checkoutUrl('pi/1'), 'https://pay.example/x/pi%2F1?i=pi%2F1');
  t.throws(() => createStripeGateway(options(null)), { message: /checkout URL/ });
  t.throws(() => createStripeGateway(options(url, { checkoutUrlTemplate: 'https://x/' })));
  t.throws(() => createStripeGateway(options(`${url}/base`)), { message: /origin/ });
});
