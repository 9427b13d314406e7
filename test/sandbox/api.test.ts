import test, { type ExecutionContext } from 'ava';
import { Stripe } from 'stripe';
import { parseForm } from '../../src/sandbox/form.ts';
import { ORDER, postJson, sdk, SECRET_KEY, testSandbox } from './support.ts';

const rejection = async (t: ExecutionContext, call: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  return t.throwsAsync(call, { instanceOf: Stripe.errors.StripeError });
};

test('the official SDK opens, confirms, captures and refunds an intent', async (t) => {
  const { stripe } = await testSandbox(t);
  const opened = await stripe.paymentIntents.create(ORDER);
  t.like(opened, {
    object: 'payment_intent',
    status: 'requires_payment_method',
    amount: 25_000,
    currency: 'brl',
  });
  t.deepEqual({ ...opened.metadata }, { ...ORDER.metadata });
  t.regex(opened.lastResponse.requestId, /^req_/);
  const held = await stripe.paymentIntents.confirm(opened.id, { payment_method: 'pm_card_visa' });
  t.like(held, { status: 'requires_capture', amount_capturable: 25_000, amount_received: 0 });
  const taken = await stripe.paymentIntents.capture(opened.id, { expand: ['latest_charge'] });
  t.like(taken, { status: 'succeeded', amount_capturable: 0, amount_received: 25_000 });
  t.like(taken.latest_charge, { amount_captured: 25_000, captured: true, refunded: false });
  const part = await stripe.refunds.create({ payment_intent: opened.id, amount: 1_000 });
  t.like(part, { object: 'refund', status: 'succeeded', amount: 1_000, payment_intent: opened.id });
  const rest = await stripe.refunds.create({ charge: part.charge as string });
  t.is(rest.amount, 24_000);
  const seen = await stripe.paymentIntents.retrieve(opened.id, { expand: ['latest_charge'] });
  t.like(seen.latest_charge, { amount_refunded: 25_000, refunded: true });
  t.is((await stripe.refunds.retrieve(part.id)).amount, 1_000);
  const refunds = await stripe.refunds.list({ payment_intent: opened.id });
  t.deepEqual(
    refunds.data.map((refund) => refund.id),
    [rest.id, part.id],
  );
  const again = await rejection(t, stripe.refunds.create({ payment_intent: opened.id }));
  t.is(again.code, 'charge_already_refunded');
});

test('create with confirm charges at once, or says no with the intent in the error', async (t) => {
  const { stripe } = await testSandbox(t);
  const { capture_method: _, ...automatic } = ORDER;
  const paid = await stripe.paymentIntents.create({
    ...automatic,
    confirm: true,
    payment_method: 'pm_card_visa',
  });
  t.is(paid.status, 'succeeded');
  const declined = await rejection(
    t,
    stripe.paymentIntents.create({ ...ORDER, confirm: true, payment_method: 'pm_card_visa_chargeDeclined' }),
  );
  t.true(declined instanceof Stripe.errors.StripeCardError);
  t.like(declined, { statusCode: 402, code: 'card_declined', decline_code: 'generic_decline' });
  t.is(declined.payment_intent?.status, 'requires_payment_method');
  t.is((await stripe.paymentIntents.list()).data.length, 2);
});

test('update changes what may be changed', async (t) => {
  const { stripe } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  const updated = await stripe.paymentIntents.update(id, {
    amount: 300,
    description: 'Outra',
    metadata: { orderId: '', 'with.dots': 'kept whole' },
  });
  t.like(updated, { amount: 300, description: 'Outra' });
  t.deepEqual({ ...updated.metadata }, { attemptId: 'a-1', eventId: 'e-1', 'with.dots': 'kept whole' });
});

test('a cancelled intent lets its reservation go and can never be paid', async (t) => {
  const { stripe } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create({
    ...ORDER,
    confirm: true,
    payment_method: 'pm_card_visa',
  });
  const cancelled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'requested_by_customer' });
  t.like(cancelled, {
    status: 'canceled',
    amount_capturable: 0,
    cancellation_reason: 'requested_by_customer',
  });
  t.is(typeof cancelled.canceled_at, 'number');
  for (const call of [
    stripe.paymentIntents.capture(id),
    stripe.paymentIntents.cancel(id),
    stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
    stripe.refunds.create({ payment_intent: id }),
  ]) {
    const error = await rejection(t, call);
    t.like(error, { statusCode: 400, code: 'payment_intent_unexpected_state' });
    t.is(error.payment_intent?.status, 'canceled');
  }
});

test('lists are newest first, paged, and filtered by time', async (t) => {
  let nowMs = 1_700_000_000_000;
  const clock = { nowMs: () => nowMs, after: () => () => undefined };
  const { stripe } = await testSandbox(t, { clock });
  const made: string[] = [];
  for (let count = 0; count < 7; count += 1) {
    made.unshift((await stripe.paymentIntents.create(ORDER)).id);
    nowMs += 10_000;
  }
  const ids = (page: { data: { id: string }[] }): string[] => page.data.map((item) => item.id);
  const first = await stripe.paymentIntents.list({ limit: 3 });
  t.deepEqual(ids(first), made.slice(0, 3));
  t.true(first.has_more);
  const last = await stripe.paymentIntents.list({ limit: 4, starting_after: made[2] as string });
  t.deepEqual(ids(last), made.slice(3));
  t.false(last.has_more);
  const before = await stripe.paymentIntents.list({ limit: 2, ending_before: made[4] as string });
  t.deepEqual(ids(before), made.slice(2, 4));
  t.true(before.has_more);
  const since = await stripe.paymentIntents.list({ created: { gte: 1_700_000_020, lt: 1_700_000_040 } });
  t.deepEqual(ids(since), made.slice(3, 5));
  const all = await stripe.paymentIntents.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
  t.deepEqual(
    all.map((item) => item.id),
    made,
  );
  const wrong = await rejection(t, stripe.paymentIntents.list({ starting_after: 'pi_none' }));
  t.is(wrong.code, 'resource_missing');
});

test('events tell the story of an intent with what it was like at each point', async (t) => {
  const { stripe } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'key-1' });
  await rejection(t, stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_chargeDeclined' }));
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.capture(id);
  await stripe.refunds.create({ payment_intent: id });
  const events = (await stripe.events.list({ limit: 100 })).data.reverse();
  t.deepEqual(
    events.map((event) => event.type),
    [
      'payment_intent.created',
      'payment_intent.payment_failed',
      'payment_intent.amount_capturable_updated',
      'payment_intent.succeeded',
      'charge.refunded',
      'refund.created',
    ],
  );
  const statuses = events.slice(0, 4).map((event) => (event.data.object as Stripe.PaymentIntent).status);
  t.deepEqual(statuses, [
    'requires_payment_method',
    'requires_payment_method',
    'requires_capture',
    'succeeded',
  ]);
  t.is(events[0]?.request?.idempotency_key, 'key-1');
  const captured = await stripe.events.list({ type: 'payment_intent.succeeded' });
  t.is(captured.data.length, 1);
  t.is((await stripe.events.retrieve(captured.data[0]?.id ?? '')).type, 'payment_intent.succeeded');
});

test('what is wrong with a parameter is said with its name', async (t) => {
  const { stripe } = await testSandbox(t);
  const wrong = async (params: object) => rejection(t, stripe.paymentIntents.create({ ...ORDER, ...params }));
  t.like(await wrong({ amount: 12.5 }), {
    code: 'parameter_invalid_integer',
    param: 'amount',
    statusCode: 400,
  });
  t.like(await wrong({ amount: 49 }), { code: 'amount_too_small', param: 'amount' });
  t.like(await wrong({ amount: 100_000_000 }), { code: 'amount_too_large', param: 'amount' });
  t.like(await wrong({ amount: -100 }), { param: 'amount' });
  t.like(await wrong({ currency: 'zzz' }), { param: 'currency' });
  t.like(await wrong({ amount: undefined }), { code: 'parameter_missing', param: 'amount' });
  t.like(await wrong({ colour: 'red' }), { code: 'parameter_unknown', param: 'colour' });
  t.like(await wrong({ metadata: { [`k${'x'.repeat(50)}`]: 'v' } }), { statusCode: 400 });
  t.like(await wrong({ expand: ['customer'] }), { param: 'expand' });
  t.like(await wrong({ confirm: true, payment_method: 'pm_none' }), {
    code: 'resource_missing',
    statusCode: 404,
  });
  t.is((await stripe.paymentIntents.list()).data.length, 0);
});

test('a refund in another currency, without a subject, or of a stranger is refused', async (t) => {
  const { stripe } = await testSandbox(t);
  const { capture_method: _, ...automatic } = ORDER;
  const paid = await stripe.paymentIntents.create({
    ...automatic,
    confirm: true,
    payment_method: 'pm_card_visa',
  });
  t.like(await rejection(t, stripe.refunds.create({ payment_intent: paid.id, currency: 'usd' })), {
    param: 'currency',
  });
  t.like(await rejection(t, stripe.refunds.create({})), { code: 'parameter_missing' });
  t.like(await rejection(t, stripe.refunds.create({ payment_intent: 'pi_x' })), { code: 'resource_missing' });
  t.like(await rejection(t, stripe.refunds.create({ payment_intent: paid.id, amount: 25_001 })), {
    code: 'amount_too_large',
  });
});

test('only the secret key opens the API, as bearer or basic', async (t) => {
  const { url } = await testSandbox(t);
  const denied = await rejection(t, sdk(url, 'sk_test_wrong').paymentIntents.list());
  t.true(denied instanceof Stripe.errors.StripeAuthenticationError);
  t.is((await fetch(`${url}/v1/events`)).status, 401);
  const basic = `Basic ${Buffer.from(`${SECRET_KEY}:`).toString('base64')}`;
  t.is((await fetch(`${url}/v1/events`, { headers: { authorization: basic } })).status, 200);
});

test('bad input of every kind gets a coded answer and no trace of the inside', async (t) => {
  const { url } = await testSandbox(t);
  const headers = {
    authorization: `Bearer ${SECRET_KEY}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const intents = `${url}/v1/payment_intents`;
  const send = (body: string, extra: object = {}) =>
    fetch(intents, { method: 'POST', headers: { ...headers, ...extra }, body });
  const cases: readonly [number, Promise<Response>][] = [
    [404, fetch(`${url}/v1/customers`, { headers })],
    [404, fetch(`${url}/v1/payment_intents/pi_none`, { headers })],
    [404, fetch(`${url}/%E0%A4%A`)],
    [413, send(`description=${'x'.repeat(70_000)}`)],
    [400, send('a[b=1')],
    [400, send('metadata=x&metadata[a]=b&amount=100')],
    [400, send('amount=100&metadata[__proto__]=x&currency=brl&currency[a]=b')],
    [400, send('amount=100', { 'content-type': 'text/plain' })],
    [400, send('{"amount":100', { 'content-type': 'application/json' })],
    [400, send('amount=500&currency=brl', { 'idempotency-key': 'k'.repeat(256) })],
    [400, postJson(`${url}/sandbox/faults`, [{ kind: 'fire', operation: 'create' }])],
    [400, postJson(`${url}/sandbox/faults`, { kind: 'slow' })],
    [
      415,
      fetch(`${url}/sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: '[]',
      }),
    ],
  ];
  for (const [status, sent] of cases) {
    const answer = await sent;
    const text = await answer.text();
    t.is(answer.status, status, text);
    const body = JSON.parse(text) as { error: { type: string; message: string } };
    t.is(body.error.type, 'invalid_request_error');
    t.notRegex(text, /node_modules|\.[jt]s:\d/);
    t.regex(answer.headers.get('request-id') ?? '', /^req_/);
  }
  t.deepEqual(await (await fetch(`${url}/livez`)).json(), { status: 'ok' });
});

test('form encoding nests by brackets alone, and counts up where no index is given', (t) => {
  const flat = (text: string): unknown => JSON.parse(JSON.stringify(parseForm(text)));
  t.deepEqual(flat('a=1&b[c]=2&b[d][e]=3'), { a: '1', b: { c: '2', d: { e: '3' } } });
  t.deepEqual(flat('expand[]=x&expand[]=y'), { expand: { 0: 'x', 1: 'y' } });
  t.deepEqual(flat('metadata[order.id]=7'), { metadata: { 'order.id': '7' } });
  for (const bad of ['a[b', '[a]=1', 'a[b][c][d][e]=1', 'a=1&a[b]=2', 'a=1&'.repeat(400)]) {
    t.throws(() => parseForm(bad), { name: 'ApiError' }, bad);
  }
});
