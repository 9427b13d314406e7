import { createHash } from 'node:crypto';
import test from 'ava';
import { EVENT } from './fakes.ts';
import { refused, withServer } from './with-server.ts';

test('a node is ready while its vital parts are up', async (t) => {
  let postgres: 'up' | 'down' = 'up';
  let rabbit: 'up' | 'down' = 'up';
  const bench = await withServer(t, () => ({
    health: {
      parts: async () => [
        { name: 'postgres', where: 'localhost:5432', state: postgres, vital: true },
        { name: 'rabbitmq', where: 'localhost:5672', state: rabbit, vital: false },
      ],
    },
  }));
  t.like((await bench.ask('GET', '/readyz')).body, { status: 'ready' });
  rabbit = 'down';
  t.is((await bench.ask('GET', '/readyz')).status, 200);
  postgres = 'down';
  const reply = await bench.ask('GET', '/readyz');
  t.is(reply.status, 503);
  t.like(reply.body, { status: 'not_ready' });
  t.is((await bench.ask('GET', '/livez')).status, 200);
});

test('requests are measured by route and status, never by what is in the path', async (t) => {
  const bench = await withServer(t);
  await bench.ask('GET', `/v1/events/${EVENT}`);
  await bench.ask('GET', '/no/such/path');
  const { text } = await bench.ask('GET', '/metrics');
  t.regex(
    text,
    /http_request_duration_seconds_count\{method="GET",route="\/v1\/events\/:eventId",status="200"\} 1/,
  );
  t.regex(text, /http_request_duration_seconds_count\{method="ANY",route="unmatched",status="404"\} 1/);
  t.regex(text, /process_cpu_seconds_total/);
  t.false(text.includes(EVENT));
  t.false(text.includes('no/such'));
});

test('the docs page loads its script from here and allows nothing else', async (t) => {
  const bench = await withServer(t);
  const page = await bench.ask('GET', '/docs');
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.regex(page.headers.get('content-security-policy') ?? '', /script-src 'self';/);
  const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
  t.deepEqual(sources, ['/docs/rapidoc.js']);
  t.notRegex(page.text, /<script(?![^>]*src=)/);
  const script = await bench.ask('GET', '/docs/rapidoc.js');
  t.is(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  t.true(script.text.length > 100_000);
});

test('a gateway event reaches the payment service in the very bytes that were signed', async (t) => {
  const bench = await withServer(t);
  const bytes = new TextEncoder().encode('{ "a" : 1 ,\n"b": "\u00fc" }');
  const post = (headers: Record<string, string>) =>
    bench.ask('POST', '/v1/payments/webhooks/stripe', { body: bytes, headers });
  refused(t, await post({}), 'signature_invalid');
  refused(t, await post({ 'stripe-signature': 'forged' }), 'signature_invalid');
  const digest = createHash('sha256').update(bytes).digest('hex');
  const reply = await post({ 'stripe-signature': `signed:${digest}`, 'content-type': 'text/plain' });
  t.deepEqual(reply.body as object, { received: true, outcome: 'accepted' });
});

test('a gateway event that breaks is asked for again', async (t) => {
  const bench = await withServer(t, ({ sale }) => ({
    payments: {
      ...sale.payments,
      receiveWebhook: async () => {
        throw new Error('no database');
      },
    },
  }));
  const reply = await bench.ask('POST', '/v1/payments/webhooks/stripe', {
    body: '{}',
    headers: { 'stripe-signature': 'any' },
  });
  refused(t, reply, 'internal');
});
