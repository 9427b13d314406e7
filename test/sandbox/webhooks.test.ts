import assert from 'node:assert/strict';
import test from 'ava';
import { freePort } from '../../src/infra/free-port.ts';
import { eventually } from '../support/eventually.ts';
import { ORDER, postJson, sdk, signed, startReceiver, testSandbox, WEBHOOK_SECRET } from './support.ts';

test('every change is told to the webhook, and the SDK accepts the signature', async (t) => {
  const receiver = await startReceiver(t);
  const { stripe, pay } = await testSandbox(t, { webhookUrl: receiver.url });
  const { id } = await stripe.paymentIntents.create(ORDER);
  await pay(id, { card: '4000000000000002' });
  await pay(id, { card: '4242424242424242' });
  await stripe.paymentIntents.capture(id);
  await stripe.refunds.create({ payment_intent: id });
  await eventually(() => assert.equal(receiver.got.length, 6));
  t.deepEqual(receiver.got.map((event) => event.type).toSorted(), [
    'charge.refunded',
    'payment_intent.amount_capturable_updated',
    'payment_intent.created',
    'payment_intent.payment_failed',
    'payment_intent.succeeded',
    'refund.created',
  ]);
  for (const { raw, signature, id: eventId } of receiver.got) {
    t.is(stripe.webhooks.constructEvent(raw, signature, WEBHOOK_SECRET).id, eventId);
    t.is(signature, signed(raw, WEBHOOK_SECRET, Number(/t=(\d+)/.exec(signature)?.[1])));
    t.throws(() => stripe.webhooks.constructEvent(`${raw} `, signature, WEBHOOK_SECRET));
  }
  await eventually(async () => {
    const { data } = await stripe.events.list({ limit: 100 });
    assert.ok(data.every((event) => event.pending_webhooks === 0));
  });
});

test('a webhook that is answered with an error is sent again, signed anew', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push(500, 404, 503);
  const { stripe } = await testSandbox(t, { webhookUrl: receiver.url });
  await stripe.paymentIntents.create(ORDER);
  await eventually(() => assert.equal(receiver.got.length, 4));
  t.is(new Set(receiver.got.map((event) => event.id)).size, 1);
});

test('a receiver that is down gets everything when it is back', async (t) => {
  // Not one that the system chose: an outgoing connection of whatever runs beside this may have it by the time of the second.
  const gone = await startReceiver(t, await freePort());
  await gone.close();
  const { stripe } = await testSandbox(t, { webhookUrl: gone.url });
  const made = await Promise.all(Array.from({ length: 20 }, () => stripe.paymentIntents.create(ORDER)));
  const receiver = await startReceiver(t, gone.port);
  await eventually(() =>
    assert.deepEqual(
      receiver.got.map((event) => event.intentId).toSorted(),
      made.map((intent) => intent.id).toSorted(),
    ),
  );
  t.is(new Set(receiver.got.map((event) => event.id)).size, 20);
});

test('without an address events wait for one', async (t) => {
  const { sandbox, stripe } = await testSandbox(t);
  await stripe.paymentIntents.create(ORDER);
  const receiver = await startReceiver(t);
  t.is(receiver.got.length, 0);
  sandbox.setWebhookUrl(receiver.url);
  await eventually(() => assert.equal(receiver.got.length, 1));
});

test('webhooks are duplicated, lost and late on demand', async (t) => {
  const receiver = await startReceiver(t);
  const { url, stripe, fault } = await testSandbox(t, { webhookUrl: receiver.url });
  await fault(
    { kind: 'duplicate', operation: 'webhook', next: 1 },
    { kind: 'lose', operation: 'webhook', next: 1 },
    { kind: 'late', operation: 'webhook', next: 1, delayMs: 1_500 },
  );
  const twice = await stripe.paymentIntents.create(ORDER);
  const lost = await stripe.paymentIntents.create(ORDER);
  const late = await stripe.paymentIntents.create(ORDER);
  const plain = await stripe.paymentIntents.create(ORDER);
  await eventually(() => assert.equal(receiver.got.length, 4));
  t.deepEqual(
    receiver.got.map((event) => event.intentId),
    [twice.id, twice.id, plain.id, late.id],
  );
  t.is(receiver.got[0]?.id, receiver.got[1]?.id);
  const ledger = (await (await fetch(`${url}/sandbox/ledger`)).json()) as {
    events: { payment_intent: string; delivery: string }[];
  };
  t.is(ledger.events.find((event) => event.payment_intent === lost.id)?.delivery, 'lost');
  const answer = await postJson(`${url}/sandbox/webhooks/redeliver`, {});
  t.deepEqual(await answer.json(), { queued: 1 });
  await eventually(() => assert.equal(receiver.got.at(-1)?.intentId, lost.id));
});

test('a reordered webhook is overtaken by the next, and comes by itself if there is none', async (t) => {
  const receiver = await startReceiver(t);
  const { stripe, fault } = await testSandbox(t, { webhookUrl: receiver.url });
  await fault({ kind: 'reorder', operation: 'webhook', next: 1, eventType: 'payment_intent.created' });
  const { id } = await stripe.paymentIntents.create(ORDER);
  await stripe.paymentIntents.cancel(id);
  await eventually(() =>
    assert.deepEqual(
      receiver.got.map((event) => event.type),
      ['payment_intent.canceled', 'payment_intent.created'],
    ),
  );
  await fault({ kind: 'reorder', operation: 'webhook', next: 1 });
  await stripe.paymentIntents.create(ORDER);
  await eventually(() => assert.equal(receiver.got.length, 3));
  t.is(receiver.got[2]?.type, 'payment_intent.created');
});

test('a redelivery may name its events, or take all', async (t) => {
  const receiver = await startReceiver(t);
  const { url, stripe } = await testSandbox(t, { webhookUrl: receiver.url });
  await stripe.paymentIntents.create(ORDER);
  await eventually(async () => assert.equal((await stripe.events.list()).data[0]?.pending_webhooks, 0));
  const redeliver = async (body: object) =>
    (await postJson(`${url}/sandbox/webhooks/redeliver`, body)).json();
  t.deepEqual(await redeliver({}), { queued: 0 });
  t.deepEqual(await redeliver({ events: [receiver.got[0]?.id, 'evt_none'] }), { queued: 1 });
  t.deepEqual(await redeliver({ all: true }), { queued: 1 });
  await eventually(() => assert.equal(receiver.got.length, 3));
});

test('a sandbox that is stopped lets go of a receiver that never answers', async (t) => {
  const { sandbox, stripe, url } = await testSandbox(t);
  const silent = await testSandbox(t);
  await silent.fault({ kind: 'slow', operation: 'any', delayMs: 600_000 });
  sandbox.setWebhookUrl(`${silent.url}/pay/pi_x/pay`);
  await stripe.paymentIntents.create(ORDER);
  const startedMs = performance.now();
  await sandbox.stop();
  await silent.sandbox.stop();
  t.true(performance.now() - startedMs < 5_000);
  await t.throwsAsync(sdk(url).paymentIntents.list());
});
