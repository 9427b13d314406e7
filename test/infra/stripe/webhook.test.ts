import assert from 'node:assert/strict';
import test from 'ava';
import { silentLog } from '../../../src/infra/log.ts';
import { createStripeGateway } from '../../../src/infra/stripe/stripe-gateway.ts';
import {
  ORDER,
  SECRET_KEY,
  signed,
  startReceiver,
  testSandbox,
  WEBHOOK_SECRET,
} from '../../sandbox/support.ts';
import { eventually } from '../../support/eventually.ts';

const NOW_SECONDS = 1_700_000_000;
const NOW_MS = NOW_SECONDS * 1_000;
const RAW = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  type: 'customer.created',
  created: NOW_SECONDS - 5,
  data: { object: { id: 'cus_1', object: 'customer' } },
});

const gateway = createStripeGateway({
  secretKey: SECRET_KEY,
  webhookSecret: WEBHOOK_SECRET,
  apiUrl: 'http://127.0.0.1:9',
  checkoutUrlTemplate: null,
  timeoutMs: 1_000,
  maxNetworkRetries: 0,
  log: silentLog,
});

const verify = (raw: string, signature: string) => gateway.verifyWebhook(Buffer.from(raw), signature, NOW_MS);

test('a webhook is genuine within 300 seconds either way and forged beyond', (t) => {
  const at = (offset: number) => verify(RAW, signed(RAW, WEBHOOK_SECRET, NOW_SECONDS + offset)).kind;
  t.is(at(0), 'genuine');
  t.is(at(-300), 'genuine');
  t.is(at(-301), 'forged');
  t.is(at(300), 'genuine');
  t.is(at(301), 'forged');
  t.is(at(86_400), 'forged');
});

test('an event of something that is no payment has no intent', (t) => {
  t.deepEqual(verify(RAW, signed(RAW, WEBHOOK_SECRET, NOW_SECONDS)), {
    kind: 'genuine',
    event: { gatewayEventId: 'evt_1', type: 'customer.created', createdAtMs: NOW_MS - 5_000, intent: null },
  });
});

test('whatever does not carry the right signature is forged, and nothing throws', (t) => {
  const good = signed(RAW, WEBHOOK_SECRET, NOW_SECONDS);
  const signature = good.split('v1=')[1] ?? '';
  const future = NOW_SECONDS + 900;
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    'another body': [`${RAW} `, good],
    'another secret': [RAW, signed(RAW, 'whsec_other', NOW_SECONDS)],
    'another time': [RAW, `t=${NOW_SECONDS + 1},v1=${signature}`],
    'a time in the past put behind a true one from the future': [
      RAW,
      `${signed(RAW, WEBHOOK_SECRET, future)},t=${NOW_SECONDS}`,
    ],
    'a true time from the future put behind one of now': [
      RAW,
      `t=${NOW_SECONDS},${signed(RAW, WEBHOOK_SECRET, future)}`,
    ],
    'no time': [RAW, `v1=${signature}`],
    'no number': [RAW, `t=soon,v1=${signature}`],
    'another scheme': [RAW, good.replace('v1=', 'v0=')],
    'an empty header': [RAW, ''],
    'a nonsense header': [RAW, ',=,t,v1'],
    'an empty body': ['', signed('', WEBHOOK_SECRET, NOW_SECONDS)],
    'a body that is no JSON': ['{', signed('{', WEBHOOK_SECRET, NOW_SECONDS)],
    'a body that is null': ['null', signed('null', WEBHOOK_SECRET, NOW_SECONDS)],
    'a body that is no event': ['{"id":1}', signed('{"id":1}', WEBHOOK_SECRET, NOW_SECONDS)],
  };
  for (const [name, [raw, header]] of Object.entries(cases)) t.is(verify(raw, header).kind, 'forged', name);
});

test('the gateway’s events arrive with the intent as it was', async (t) => {
  const receiver = await startReceiver(t);
  const { stripe, pay } = await testSandbox(t, { webhookUrl: receiver.url });
  const { id } = await stripe.paymentIntents.create(ORDER);
  await pay(id, { card: '4000000000009987' });
  await pay(id, { card: '4242424242424242' });
  await stripe.paymentIntents.capture(id);
  await stripe.refunds.create({ payment_intent: id, amount: 4_000 });
  await eventually(() => assert.equal(receiver.got.length, 6));
  const intents = new Map(
    receiver.got.map(({ raw, signature, type }) => {
      const verdict = gateway.verifyWebhook(Buffer.from(raw), signature, Date.now());
      return [type, verdict.kind === 'genuine' ? verdict.event.intent : verdict];
    }),
  );
  const ours = {
    intentId: id,
    attemptId: 'a-1',
    orderId: 'o-1',
    eventId: 'e-1',
    amountMinor: 25_000,
    currency: 'BRL',
  };
  t.like(intents.get('payment_intent.created'), { ...ours, status: 'open', declineCode: null });
  t.like(intents.get('payment_intent.payment_failed'), { ...ours, status: 'open', declineCode: 'lost_card' });
  t.like(intents.get('payment_intent.amount_capturable_updated'), { ...ours, status: 'authorised' });
  t.like(intents.get('payment_intent.succeeded'), { ...ours, status: 'captured', capturedMinor: 25_000 });
  t.like(intents.get('charge.refunded'), {
    ...ours,
    status: 'captured',
    capturedMinor: 25_000,
    refundedMinor: 4_000,
  });
  t.is(intents.get('refund.created'), null);
});
