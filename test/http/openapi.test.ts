import test from 'ava';
import { templateOf } from '../../src/http/openapi.ts';
import { withServer } from './with-server.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: readonly Record<string, unknown>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Record<string, { readonly description: string; readonly content?: object }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}

/** The contract, by heart: what programs outside rely on. */
const CONTRACT = `
GET /v1/events
GET /v1/events/{eventId}
GET /v1/events/{eventId}/sections/{sectionId}/seats
GET /v1/events/{eventId}/map
GET /v1/events/{eventId}/seats
GET /v1/events/{eventId}/line
GET /v1/events/{eventId}/line/stream
GET /v1/events/{eventId}/draw
GET /v1/events/{eventId}/draw/leaves
GET /v1/events/{eventId}/lanes/{laneId}/draw
GET /v1/events/{eventId}/lanes/{laneId}/draw/leaves
POST /v1/fans
POST /v1/events/{eventId}/line
GET /v1/events/{eventId}/line/me
GET /v1/events/{eventId}/line/ready
POST /v1/events/{eventId}/line/ready
POST /v1/events/{eventId}/admission
DELETE /v1/events/{eventId}/admission
POST /v1/events/{eventId}/holds
DELETE /v1/holds/{holdId}
POST /v1/holds/{holdId}/extend
GET /v1/gate
POST /v1/orders
GET /v1/orders
GET /v1/orders/{orderId}
GET /v1/orders/{orderId}/stream
GET /v1/orders/{orderId}/tickets.pdf
DELETE /v1/orders/{orderId}
GET /v1/tickets/keys
GET /v1/tickets/{ticketId}
GET /v1/tickets/{ticketId}.ics
GET /v1/tickets/{ticketId}.pdf
GET /v1/tickets/{ticketId}.svg
POST /v1/orders/{orderId}/refund
POST /v1/payments/webhooks/stripe
POST /v1/operator/events
PATCH /v1/operator/events/{eventId}/admission
POST /v1/operator/events/{eventId}/launch
POST /v1/operator/events/{eventId}/message
POST /v1/operator/events/{eventId}/lanes
POST /v1/operator/events/{eventId}/codes
GET /v1/operator/events/{eventId}/codes
POST /v1/operator/events/{eventId}/codes/{codeId}/revocation
POST /v1/operator/events/{eventId}/invitations
POST /v1/operator/events/{eventId}/phase
POST /v1/operator/events/{eventId}/draw/beacon
GET /v1/operator/events/{eventId}
GET /v1/operator/events/{eventId}/stream
GET /v1/operator/events/{eventId}/definition
PATCH /v1/operator/events/{eventId}
GET /v1/operator/actors
DELETE /v1/operator/actors/{path}
GET /v1/operator/audit
GET /v1/operator/money
GET /v1/operator/queues/{queue}/parked
POST /v1/operator/queues/{queue}/redrive
GET /v1/operator/reviews
POST /v1/operator/reviews/{reviewId}/resolution
GET /v1/operator/session
GET /livez
GET /readyz
GET /metrics
GET /openapi.json
GET /docs
GET /docs/rapidoc.js
GET /
GET /draw
GET /e/{eventId}
GET /e/{eventId}/draw
POST /e/{eventId}
GET /orders
GET /orders/{orderId}
GET /v1/events/{eventId}/line/puzzle
POST /v1/events/{eventId}/line/appeals
GET /v1/events/{eventId}/line/appeals/mine
POST /v1/events/{eventId}/line/recovery
GET /v1/operator/events/{eventId}/appeals
POST /v1/operator/appeals/{appealId}/resolution
GET /operator
GET /operator/{path}
GET /assets/{name}`
  .trim()
  .split('\n')
  .sort();

test('the document, the mounted routes and the contract name the same operations', async (t) => {
  const bench = await withServer(t);
  const document = (await bench.ask('GET', '/openapi.json')).body as unknown as Document;
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const mounted = bench.routes.map((route) => `${route.method.toUpperCase()} ${templateOf(route.path)}`);
  t.deepEqual(described.sort(), CONTRACT);
  t.deepEqual(mounted.sort(), CONTRACT);
});

test('every described operation is answered by a route of its own', async (t) => {
  const bench = await withServer(t);
  for (const operation of CONTRACT) {
    const [method = '', template = ''] = operation.split(' ');
    const path = template
      .replace('{queue}', 'tickets')
      .replace(/\{\w+\}/g, '0190a000-0000-7000-8000-000000000001');
    const response = await fetch(`${bench.url}${path}`, { method, signal: AbortSignal.timeout(5_000) });
    t.not(response.status, 405, operation);
    const text = /event-stream/.test(response.headers.get('content-type') ?? '') ? '' : await response.text();
    if (text === '') await response.body?.cancel();
  }
  // A path that no route took is logged as unmatched; one whose thing is missing is not.
  const unmatched = bench.logged.filter((line) => line.fields['route'] === 'unmatched');
  t.deepEqual(unmatched, []);
});

test('the document says who may, with what parameters, and what may come back', async (t) => {
  const bench = await withServer(t);
  const document = (await bench.ask('GET', '/openapi.json')).body as unknown as Document;
  t.is(document.openapi, '3.1.0');
  const hold = document.paths['/v1/events/{eventId}/holds']?.['post'];
  t.deepEqual(hold?.security, [{ fan: [] }]);
  t.deepEqual(hold?.parameters?.map((one) => `${one.in} ${one.name}`).sort(), [
    'header Idempotency-Key',
    'header catraca-pass',
    'path eventId',
  ]);
  t.is(hold?.requestBody?.required, true);
  t.true(
    ['201', '400', '401', '403', '404', '409', '413', '415', '422', '500', '503'].every(
      (status) => hold?.responses[status],
    ),
  );
  t.regex(hold?.responses['409']?.description ?? '', /`seat_taken`/);
  const svg = document.paths['/v1/tickets/{ticketId}.svg']?.['get'];
  t.deepEqual(Object.keys(svg?.responses['200']?.content ?? {}), ['image/svg+xml']);
  const names = Object.keys(document.components.schemas);
  for (const name of ['Problem', 'Frame', 'Event', 'SeatMap', 'Hold', 'Order', 'LiveNumbers']) {
    t.true(names.includes(name), name);
  }
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      t.truthy(operation.summary, `${method} ${path}`);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      t.deepEqual(declared.sort(), named.sort(), `${method} ${path}`);
    }
  }
});

test('every reference in the document leads somewhere', async (t) => {
  const bench = await withServer(t);
  const { text, body } = await bench.ask('GET', '/openapi.json');
  const known = new Set(
    Object.keys((body as unknown as Document).components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    ),
  );
  const used = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
  t.true(used.length > 10);
  t.deepEqual(
    used.filter((reference) => !known.has(reference)),
    [],
  );
});
