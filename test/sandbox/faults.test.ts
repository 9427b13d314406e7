import test from 'ava';
import { Stripe } from 'stripe';
import { createFaults } from '../../src/sandbox/faults.ts';
import { ORDER, seededRandom, SECRET_KEY, testSandbox } from './support.ts';

test('an error before leaves nothing behind, and the same key then works', async (t) => {
  const { stripe, fault } = await testSandbox(t);
  await fault({ kind: 'error_before', operation: 'create', next: 1 });
  const create = () => stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
  const error = await t.throwsAsync(create(), { instanceOf: Stripe.errors.StripeAPIError });
  t.is(error.statusCode, 500);
  t.is((await stripe.paymentIntents.list()).data.length, 0);
  t.is((await create()).status, 'requires_payment_method');
});

test('an error after has its effect, and its key brings the same error again', async (t) => {
  const { stripe, fault } = await testSandbox(t);
  await fault({ kind: 'error_after', operation: 'create', next: 1 });
  const create = () => stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
  await t.throwsAsync(create(), { instanceOf: Stripe.errors.StripeAPIError });
  const again = await t.throwsAsync(create(), { instanceOf: Stripe.errors.StripeAPIError });
  t.like(again.headers, { 'idempotent-replayed': 'true' });
  t.is((await stripe.paymentIntents.list()).data.length, 1);
});

test('a timeout after success has its effect, and its key then brings the answer', async (t) => {
  const { stripe, fault } = await testSandbox(t);
  await fault({ kind: 'timeout_after_success', operation: 'create', next: 1 });
  const create = (timeout: number) => stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k', timeout });
  await t.throwsAsync(create(1_500), {
    instanceOf: Stripe.errors.StripeConnectionError,
  });
  const [left] = (await stripe.paymentIntents.list()).data;
  t.is((await create(5_000)).id, left?.id ?? '');
});

test('faults strike the hosted page and reads as well', async (t) => {
  const { stripe, fault, pay, clearFaults } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  await fault({ kind: 'error_before', operation: 'pay' }, { kind: 'error_after', operation: 'retrieve' });
  t.is((await pay(id, { card: '4242424242424242' })).status, 500);
  await t.throwsAsync(stripe.paymentIntents.retrieve(id), { instanceOf: Stripe.errors.StripeAPIError });
  await clearFaults();
  t.is((await stripe.paymentIntents.retrieve(id)).status, 'requires_payment_method');
  await fault({ kind: 'error_after', operation: 'pay', next: 1 });
  t.is((await pay(id, { card: '4242424242424242' })).status, 500);
  t.is((await stripe.paymentIntents.retrieve(id)).status, 'requires_capture');
});

test('rules are shown with how often they struck, and cleared', async (t) => {
  const { url, stripe, fault, clearFaults } = await testSandbox(t);
  await fault({ kind: 'slow', operation: 'any', delayMs: 1, next: 2 });
  await stripe.paymentIntents.create(ORDER);
  const shown = async (): Promise<unknown> => (await fetch(`${url}/sandbox/faults`)).json();
  t.deepEqual(await shown(), {
    faults: [{ kind: 'slow', operation: 'any', delayMs: 1, next: 2, probability: 1, struck: 1 }],
  });
  await clearFaults();
  t.deepEqual(await shown(), { faults: [] });
});

test('a probability strikes about that often, and the same seed strikes the same', (t) => {
  const run = (seed: number): boolean[] => {
    const faults = createFaults(seededRandom(seed));
    faults.add([{ kind: 'error_before', operation: 'create', probability: 0.3 }]);
    return Array.from({ length: 1_000 }, () => faults.strikeRequest('create') !== null);
  };
  const struck = run(1).filter(Boolean).length;
  t.true(struck > 250 && struck < 350, String(struck));
  t.deepEqual(run(1), run(1));
  t.notDeepEqual(run(1), run(2));
  t.is(createFaults(seededRandom(1)).strikeRequest('create'), null);
});

test('a stop ends the waiting that faults impose', async (t) => {
  const { url, sandbox, fault } = await testSandbox(t);
  await fault({ kind: 'slow', operation: 'retrieve', delayMs: 600_000 });
  const waiting = fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${SECRET_KEY}` } }).then(
    (answer) => answer.status,
    () => 'cut',
  );
  await fault();
  const startedMs = performance.now();
  await sandbox.stop();
  t.true(performance.now() - startedMs < 5_000);
  t.true([500, 'cut'].includes(await waiting));
});
