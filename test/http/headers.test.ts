import test from 'ava';
import { EVENT, passFor } from './fakes.ts';
import { withServer } from './with-server.ts';

const CACHEABLE = [
  '/v1/events',
  `/v1/events/${EVENT}`,
  `/v1/events/${EVENT}/sections/A/seats`,
  `/v1/events/${EVENT}/map`,
  `/v1/events/${EVENT}/seats`,
  `/v1/events/${EVENT}/line`,
  `/v1/events/${EVENT}/draw`,
  '/v1/tickets/keys',
];

for (const path of CACHEABLE) {
  test(`GET ${path.replace(EVENT, ':eventId')} may be kept for a second and revalidated`, async (t) => {
    const bench = await withServer(t);
    const first = await bench.ask('GET', path);
    t.is(first.status, 200);
    t.is(first.headers.get('cache-control'), 'public, max-age=1, s-maxage=1');
    const etag = first.headers.get('etag') ?? '';
    t.regex(etag, /^"[\w-]{22}"$/);
    const again = await bench.ask('GET', path, { headers: { 'if-none-match': etag } });
    t.is(again.status, 304);
    t.is(again.text, '');
    const other = await bench.ask('GET', path, { headers: { 'if-none-match': '"another"' } });
    t.is(other.text, first.text);
    const head = await bench.ask('HEAD', path).catch((error: unknown) => error);
    t.true(head instanceof Error || (head as { text: string }).text === '');
  });
}

test('another state has another ETag', async (t) => {
  let version = 1;
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      seatMap: async (eventId, sectionId) => ({ eventId, sectionId, version, seats: [] }),
    },
  }));
  const path = `/v1/events/${EVENT}/sections/A/seats`;
  const etag = (await bench.ask('GET', path)).headers.get('etag') ?? '';
  version = 2;
  const next = await bench.ask('GET', path, { headers: { 'if-none-match': etag } });
  t.is(next.status, 200);
  t.is((next.body as unknown as { version: number }).version, 2);
});

test('what is personal is never kept', async (t) => {
  const bench = await withServer(t);
  const token = bench.fan.token;
  const signedIn = await bench.ask('POST', '/v1/fans');
  const joined = await bench.ask('POST', `/v1/events/${EVENT}/line`, { token });
  const place = (joined.body as unknown as { place: string }).place;
  const standing = await bench.ask('GET', `/v1/events/${EVENT}/line/me`, {
    token,
    headers: { 'catraca-place': place },
  });
  const left = await bench.ask('DELETE', `/v1/events/${EVENT}/admission`, { token });
  t.is(standing.status, 200);
  t.is(left.status, 204);
  for (const reply of [signedIn, joined, standing, left]) {
    t.is(reply.headers.get('cache-control'), 'no-store');
    t.is(reply.headers.get('etag'), null);
  }
});

test('answers, good and bad, may not run, be framed, be sniffed or leak where they came from', async (t) => {
  const bench = await withServer(t);
  for (const path of ['/v1/events', '/v1/nothing']) {
    const { headers } = await bench.ask('GET', path);
    t.regex(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.is(headers.get('referrer-policy'), 'no-referrer');
    t.is(headers.get('x-powered-by'), null);
  }
});

test('a sane request id is kept, another is replaced', async (t) => {
  const bench = await withServer(t);
  const ask = (id: string) => bench.ask('GET', '/livez', { headers: { 'x-request-id': id } });
  t.is((await ask('trace-42')).headers.get('x-request-id'), 'trace-42');
  for (const bad of ['a b', 'x'.repeat(129), '{"a":1}']) {
    const id = (await ask(bad)).headers.get('x-request-id') ?? '';
    t.regex(id, /^[0-9a-f-]{36}$/);
  }
});

test('the access log names the request and what it made, and none of its secrets', async (t) => {
  const bench = await withServer(t);
  const hold = await bench.ask('POST', `/v1/events/${EVENT}/holds`, {
    token: bench.fan.token,
    headers: { 'catraca-pass': passFor(EVENT, bench.fan.id) },
    body: { sectionId: 'A', quantity: 1 },
  });
  const { holdId } = hold.body as unknown as { holdId: string };
  const order = await bench.ask('POST', '/v1/orders', {
    token: bench.fan.token,
    body: { holdIds: [holdId] },
  });
  const { orderId } = order.body as unknown as { orderId: string };
  bench.sale.change(orderId, { status: 'confirmed' });
  const [ticket] = [...bench.sale.tickets.keys()];
  await bench.ask('GET', `/v1/tickets/${ticket}.svg?code=geheim`);
  const lines = bench.logged.filter((line) => line.message === 'request');
  t.like(lines.find((line) => line.fields['route'] === '/v1/orders')?.fields, {
    method: 'POST',
    status: 201,
    orderId,
    caller: bench.fan.id,
    requestId: order.headers.get('x-request-id'),
  });
  const all = JSON.stringify(bench.logged);
  t.false(all.includes(bench.fan.token));
  t.notRegex(all, /pass:|geheim|"place"/);
  const hot = lines.find((line) => line.fields['route'] === '/v1/events/:eventId/holds');
  t.is(hot?.level, 'debug', 'the hot path is silent at the usual level');
});
