import test from 'ava';
import { Stripe } from 'stripe';
import { fingerprintOf } from '../../src/sandbox/idempotency.ts';
import { ORDER, testSandbox } from './support.ts';

test('the same key and parameters bring the stored answer, and say so', async (t) => {
  const { stripe } = await testSandbox(t);
  const first = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k1' });
  await stripe.paymentIntents.cancel(first.id);
  const second = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k1' });
  t.is(second.id, first.id);
  t.is(second.status, 'requires_payment_method');
  t.is(second.lastResponse.headers['idempotent-replayed'], 'true');
  t.is(first.lastResponse.headers['idempotent-replayed'], undefined);
  t.is((await stripe.paymentIntents.list()).data.length, 1);
});

test('a decline is stored as well: the same key never charges a second time', async (t) => {
  const { stripe } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  const confirm = () =>
    stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_chargeDeclined' }, { idempotencyKey: 'k2' });
  const first = await t.throwsAsync(confirm(), { instanceOf: Stripe.errors.StripeCardError });
  const second = await t.throwsAsync(confirm(), { instanceOf: Stripe.errors.StripeCardError });
  t.is(first?.message, second?.message);
  t.is((await stripe.events.list({ type: 'payment_intent.payment_failed' })).data.length, 1);
});

test('a key that comes with other parameters or for another endpoint is refused', async (t) => {
  const { stripe } = await testSandbox(t);
  const made = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k3' });
  const options = { idempotencyKey: 'k3' };
  for (const call of [
    stripe.paymentIntents.create({ ...ORDER, amount: 999 }, options),
    stripe.paymentIntents.cancel(made.id, {}, options),
  ]) {
    const error = await t.throwsAsync(call, { instanceOf: Stripe.errors.StripeIdempotencyError });
    t.is(error.statusCode, 400);
  }
});

test('while the first request runs, a second one with its key is told to wait', async (t) => {
  const { stripe, fault } = await testSandbox(t);
  await fault({ kind: 'slow', operation: 'create', delayMs: 1_500, next: 1 });
  const create = () => stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k4' });
  const answers = await Promise.allSettled([create(), create(), create()]);
  const conflicts = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as Stripe.errors.StripeError] : [],
  );
  t.is(conflicts.length, 2);
  for (const conflict of conflicts) t.like(conflict, { statusCode: 409, code: 'idempotency_key_in_use' });
  t.is((await create()).lastResponse.headers['idempotent-replayed'], 'true');
  t.is((await stripe.paymentIntents.list()).data.length, 1);
});

test('what was refused before it ran is not stored: the corrected request may use its key', async (t) => {
  const { stripe } = await testSandbox(t);
  await t.throwsAsync(stripe.paymentIntents.create({ ...ORDER, amount: 1 }, { idempotencyKey: 'k5' }));
  t.is(
    (await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k5' })).status,
    'requires_payment_method',
  );
});

test('a key is forgotten after its day', async (t) => {
  let nowMs = 1_700_000_000_000;
  const clock = { nowMs: () => nowMs, after: () => () => undefined };
  const { stripe } = await testSandbox(t, { clock });
  const create = () => stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k6' });
  const first = await create();
  nowMs += 86_399_000;
  t.is((await create()).id, first.id);
  nowMs += 1_000;
  t.not((await create()).id, first.id);
});

test('a request is the same in whatever order its parameters stand', (t) => {
  t.is(fingerprintOf('POST', '/a', 'x=1&y=2'), fingerprintOf('POST', '/a', 'y=2&x=1'));
  t.not(fingerprintOf('POST', '/a', 'x=1&y=2'), fingerprintOf('POST', '/b', 'x=1&y=2'));
  t.not(fingerprintOf('POST', '/a', 'x=1'), fingerprintOf('POST', '/a', 'x=2'));
});
