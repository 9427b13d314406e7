import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string }[];
}

/** Takes OTLP over HTTP as a collector does. */
const collector = async (t: ExecutionContext) => {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      const body = (await json(request)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      for (const { scopeSpans } of body.resourceSpans) for (const one of scopeSpans) spans.push(...one.spans);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    };
    void take();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
};

test('a hold is followed from the request through actor and lock to its statement, and an order to its commit', async (t) => {
  const { url, spans } = await collector(t);
  const app = await startTestApp(t, 'real', { OTEL_EXPORTER_OTLP_ENDPOINT: url, TRACE_SHARE: '0' });
  if (app === null) return;
  const eventId = await app.createEvent();
  const fan = await app.fan();
  await fan.comeIn(eventId);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const wish = { sectionId: 'A', seatIds: ['A-1-1'] };
  const held = await fan.tryHold(eventId, wish, { headers: { traceparent } });
  assert.equal(held.status, 201, held.text);
  const order = await fan.order([held.body.holdId]);
  await pay(order);
  await fan.until(order.orderId, 'confirmed');
  await app.app.stop();

  const mine = spans.filter((one) => one.traceId === traceId);
  const named = (name: string): Span => {
    const found = mine.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${mine.map((one) => one.name).join(', ')}`);
    return found;
  };
  const request = named('POST /v1/events/:eventId/holds');
  t.is(request.parentSpanId, 'b7ad6b7169203331', 'it goes on with the trace of its caller');
  const asked = named('ask the section');
  t.is(asked.parentSpanId, request.spanId);
  for (const name of ['decide', 'lock seats', 'hold statement'])
    t.is(named(name).parentSpanId, asked.spanId, name);

  // The story of an order is found by its own id, over broker, crash and process.
  const story = spans.filter((one) => one.traceId === order.orderId.replaceAll('-', ''));
  const names = new Set(story.map((one) => one.name));
  for (const name of [
    'place order',
    'publish PedidoCriado',
    'publish PagamentoOK',
    'receive PagamentoOK',
    'commit sale',
    'publish PedidoConfirmado',
  ])
    await eventually(() => assert.ok(names.has(name), `${name}: ${[...names].join(', ')}`), 100);
  t.is(
    spans.filter((one) => one.name.startsWith('GET /v1/events')).length,
    0,
    'with a share of zero nothing else is traced',
  );
});
