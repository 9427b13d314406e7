import test from 'ava';
import { formatAmount } from '../../src/sandbox/pages.ts';
import { ORDER, testSandbox } from './support.ts';

const form = (url: string, fields: Record<string, string>): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

const DECLINES: readonly (readonly [string, string, string | undefined])[] = [
  ['4000000000000002', 'card_declined', 'generic_decline'],
  ['4000000000009995', 'card_declined', 'insufficient_funds'],
  ['4000000000009987', 'card_declined', 'lost_card'],
  ['4000000000000069', 'expired_card', undefined],
  ['4000000000000127', 'incorrect_cvc', undefined],
  ['4000000000000119', 'processing_error', undefined],
  ['4242424242424241', 'incorrect_number', undefined],
  ['4111111111111111', 'incorrect_number', undefined],
];

for (const [card, code, declineCode] of DECLINES) {
  test(`the card ${card} is declined with ${declineCode ?? code}, and another card may be tried`, async (t) => {
    const { stripe, pay } = await testSandbox(t);
    const { id } = await stripe.paymentIntents.create(ORDER);
    const answer = await pay(id, { card });
    t.is(answer.status, 402);
    t.like(answer.body.error, { type: 'card_error', code });
    t.is(answer.body.error?.decline_code, declineCode);
    t.is(answer.body.error?.payment_intent?.status, 'requires_payment_method');
    const seen = await stripe.paymentIntents.retrieve(id);
    t.is(seen.last_payment_error?.code, code);
    t.is((await pay(id, { card: '4242 4242 4242 4242' })).status, 200);
  });
}

test('a program pays with one request, and is told when it pays again', async (t) => {
  const { stripe, pay, url } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  const paid = await pay(id, { card: '4242424242424242' });
  t.is(paid.status, 200);
  t.like(paid.body, { status: 'requires_capture', client_secret: null });
  const again = await pay(id, { card: '4242424242424242' });
  t.is(again.status, 400);
  t.like(again.body.error, { code: 'payment_intent_unexpected_state' });
  t.is(again.body.error?.payment_intent?.status, 'requires_capture');
  t.is((await pay('pi_none', { card: '4242424242424242' })).status, 404);
  t.is((await pay(id, {})).status, 400);
  t.is((await pay(id, { card: 42 })).status, 400);
  t.is((await fetch(`${url}/pay/${id}/pay`, { method: 'POST' })).status, 400);
});

test('a card that asks for authentication waits for its owner, who may approve or deny', async (t) => {
  const { stripe, pay } = await testSandbox(t);
  const one = await stripe.paymentIntents.create(ORDER);
  t.like((await pay(one.id, { card: '4000002500003155' })).body, { status: 'requires_action' });
  const asked = await stripe.paymentIntents.retrieve(one.id);
  t.regex(asked.next_action?.redirect_to_url?.url ?? '', new RegExp(`/pay/${one.id}$`));
  t.like((await pay(one.id, { authenticate: 'approve' })).body, { status: 'requires_capture' });
  const two = await stripe.paymentIntents.create(ORDER);
  const denied = await pay(two.id, { card: '4000000000003220', authenticate: 'deny' });
  t.is(denied.status, 402);
  t.is(denied.body.error?.code, 'payment_intent_authentication_failure');
  const types = (await stripe.events.list({ limit: 100 })).data.map((event) => event.type).reverse();
  t.deepEqual(types, [
    'payment_intent.created',
    'payment_intent.requires_action',
    'payment_intent.amount_capturable_updated',
    'payment_intent.created',
    'payment_intent.requires_action',
    'payment_intent.payment_failed',
  ]);
});

test('a description is shown as text, never as markup', async (t) => {
  const { stripe, url } = await testSandbox(t);
  const description = `<script>alert("x")</script> & 'quotes'`;
  const { id } = await stripe.paymentIntents.create({ ...ORDER, description });
  const page = await fetch(`${url}/pay/${id}`);
  const text = await page.text();
  t.false(text.includes('<script'));
  t.true(text.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;quotes&#39;'));
  const policy = page.headers.get('content-security-policy') ?? '';
  t.true(policy.includes("default-src 'none'"));
  t.notRegex(policy, /unsafe|https?:/);
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
});

test('a person without JavaScript pays, is declined and tries again with the form alone', async (t) => {
  const { stripe, url } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  const show = async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text();
  const back = 'https://shop.example/orders/1?a=b&c=d';
  const open = await show(`/pay/${id}?return_url=${encodeURIComponent(back)}`);
  t.regex(open, /R\$250\.00/);
  t.regex(open, /<label for="card">/);
  t.regex(open, /4242 4242 4242 4242/);
  t.true(open.includes('href="https://shop.example/orders/1?a=b&amp;c=d"'));
  const declined = await form(`${url}/pay/${id}/pay`, { card: '4000000000009995', return_url: back });
  t.is(declined.status, 303);
  const location = declined.headers.get('location') ?? '';
  t.is(location, `/pay/${id}?return_url=${encodeURIComponent(back)}`);
  t.regex(await show(location), /role="alert"[\s\S]*insufficient funds[\s\S]*Pay R\$250\.00/);
  t.true(
    (await show(location)).includes('c=d&amp;redirect_status=failed"'),
    'the shop is told, as Stripe does',
  );
  await form(`${url}/pay/${id}/pay`, { card: '4242424242424242' });
  const paid = await show(location);
  t.true(paid.includes('c=d&amp;redirect_status=succeeded"'));
  t.regex(paid, /role="status"[\s\S]*Paid/);
  t.notRegex(paid, /<form/);
  t.is((await form(`${url}/pay/${id}/pay`, { card: '4242424242424242' })).status, 303);
  t.is((await form(`${url}/pay/pi_none/pay`, { card: '4242424242424242' })).status, 404);
  t.is((await form(`${url}/pay/${id}/pay`, {})).status, 400);
});

test('the page shows the bank asking, the refund, the cancellation, and that a page is unknown', async (t) => {
  const { stripe, url, pay } = await testSandbox(t);
  const show = async (id: string): Promise<string> => (await fetch(`${url}/pay/${id}`)).text();
  const { id } = await stripe.paymentIntents.create(ORDER);
  await pay(id, { card: '4000000000003220' });
  t.regex(await show(id), /name="authenticate"[\s\S]*value="approve"[\s\S]*value="deny"/);
  await form(`${url}/pay/${id}/pay`, { authenticate: 'approve' });
  await stripe.paymentIntents.capture(id);
  await stripe.refunds.create({ payment_intent: id, amount: 1_000 });
  t.regex(await show(id), /Refunded[\s\S]*R\$10\.00/);
  const cancelled = await stripe.paymentIntents.create(ORDER);
  await stripe.paymentIntents.cancel(cancelled.id);
  t.regex(await show(cancelled.id), /Cancelled/);
  const expired = await stripe.paymentIntents.create(ORDER);
  await stripe.paymentIntents.cancel(expired.id, { cancellation_reason: 'abandoned' });
  t.regex(await show(expired.id), /Expired/);
  const unknown = await fetch(`${url}/pay/pi_none`);
  t.is(unknown.status, 404);
  t.regex(await unknown.text(), /No such payment/);
});

test('a link back leads only to the web', async (t) => {
  const { stripe, url } = await testSandbox(t);
  const { id } = await stripe.paymentIntents.create(ORDER);
  for (const bad of [
    'javascript:alert(1)',
    'data:text/html,x',
    '//evil.example',
    'not a url',
    'file:///etc',
  ]) {
    const text = await (await fetch(`${url}/pay/${id}?return_url=${encodeURIComponent(bad)}`)).text();
    t.notRegex(text, /Back to the shop/, bad);
  }
});

test('amounts are written with the decimals of their currency', (t) => {
  t.is(formatAmount(25_000, 'brl'), 'R$250.00');
  t.is(formatAmount(25_000, 'jpy'), '¥25,000');
  t.is(formatAmount(25_000, 'usd'), '$250.00');
  t.regex(formatAmount(25_000, 'kwd'), /25\.000/);
});

test('the bank lets a reservation go that nobody captured within seven days', async (t) => {
  let nowMs = 1_700_000_000_000;
  const due: (() => void)[] = [];
  const clock = {
    nowMs: () => nowMs,
    after(_delayMs: number, task: () => void) {
      due.push(task);
      return () => undefined;
    },
  };
  const { stripe, pay } = await testSandbox(t, { clock });
  const { id } = await stripe.paymentIntents.create(ORDER);
  await pay(id, { card: '4242424242424242' });
  due.shift()?.();
  t.is((await stripe.paymentIntents.retrieve(id)).status, 'requires_capture');
  nowMs += 7 * 86_400_000 + 1;
  due.shift()?.();
  t.like(await stripe.paymentIntents.retrieve(id), { status: 'canceled', cancellation_reason: 'automatic' });
});
