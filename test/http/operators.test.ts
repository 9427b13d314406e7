import test from 'ava';
import type { SaleEvent } from '../../src/domain/event.ts';
import { definitionDocument, definitionOf, eventDefinitionSchema } from '../../src/http/event-definition.ts';
import { ELSEWHERE, EVENT, NOW_MS, saleEvent } from './fakes.ts';
import { refused, withServer, type Ask } from './with-server.ts';

const OPERATIONS: readonly { readonly method: string; readonly path: string; readonly body?: unknown }[] = [
  { method: 'POST', path: '/v1/operator/events', body: {} },
  { method: 'PATCH', path: `/v1/operator/events/${EVENT}/admission`, body: { paused: true } },
  { method: 'PATCH', path: `/v1/operator/events/${EVENT}`, body: { name: 'x' } },
  { method: 'GET', path: `/v1/operator/events/${EVENT}/definition` },
  { method: 'POST', path: `/v1/operator/events/${EVENT}/phase`, body: { phase: 'closed' } },
  { method: 'GET', path: `/v1/operator/events/${EVENT}` },
  { method: 'GET', path: `/v1/operator/events/${EVENT}/stream` },
  { method: 'GET', path: '/v1/operator/actors' },
  { method: 'DELETE', path: '/v1/operator/actors/sale/A' },
  { method: 'GET', path: '/v1/operator/audit' },
  { method: 'GET', path: '/v1/operator/money' },
  { method: 'GET', path: '/v1/operator/session' },
  { method: 'GET', path: '/v1/operator/queues/tickets/parked' },
  { method: 'POST', path: '/v1/operator/queues/tickets/redrive' },
  { method: 'GET', path: '/v1/operator/reviews' },
  {
    method: 'POST',
    path: `/v1/operator/reviews/${ELSEWHERE}/resolution`,
    body: { action: 'dismiss', note: 'x' },
  },
];

for (const { method, path, body } of OPERATIONS) {
  test(`${method} ${path.replace(EVENT, ':eventId')} is for operators`, async (t) => {
    const bench = await withServer(t);
    const ask: Ask = body === undefined ? {} : { body };
    refused(t, await bench.ask(method, path, ask), 'unauthenticated');
    refused(t, await bench.ask(method, path, { ...ask, token: bench.fan.token }), 'forbidden');
    if (method !== 'GET')
      refused(t, await bench.ask(method, path, { ...ask, token: bench.viewer }), 'forbidden');
    t.deepEqual(bench.operators.acts, []);
  });
}

const definition = {
  name: 'Noite',
  venue: 'Arena',
  currency: 'BRL',
  opensAt: '2026-12-01T09:00:00-03:00',
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  admission: { ratePerMinute: 6000, insideMax: 2000 },
  sections: [
    { id: 'A', name: 'Cadeira A', priceMinor: 25000, rows: [{ name: '1', seats: 20 }] },
    { id: 'PISTA', name: 'Pista', priceMinor: 12000, capacity: 5000 },
  ],
};

test('an event is created as it was defined', async (t) => {
  const bench = await withServer(t);
  const reply = await bench.ask('POST', '/v1/operator/events', { token: bench.operator, body: definition });
  t.is(reply.status, 201);
  const { eventId } = reply.body as unknown as { eventId: string };
  t.is(reply.headers.get('location'), `/v1/events/${eventId}`);
  const { opensAt: _, ...rest } = definition;
  t.like(bench.operators.acts[0]?.detail, {
    ...rest,
    opensAtMs: Date.parse('2026-12-01T12:00:00Z'),
  });
});

const [rows, area] = definition.sections;
const WRONG: readonly [string, object, string][] = [
  ['two sections of one id', { sections: [area, area] }, 'sections'],
  ['a section with rows and a capacity', { sections: [{ ...rows, capacity: 5 }] }, 'sections.0'],
  ['a section with neither', { sections: [{ id: 'A', name: 'A', priceMinor: 1 }] }, 'sections.0'],
  [
    'two rows of one name',
    { sections: [{ ...rows, rows: [rows?.rows?.[0], rows?.rows?.[0]] }] },
    'sections.0.rows',
  ],
  ['a section id unfit for an actor', { sections: [{ ...area, id: 'A/B' }] }, 'sections.0.id'],
  [
    'a row name with a dash',
    { sections: [{ ...rows, rows: [{ name: 'a-b', seats: 1 }] }] },
    'sections.0.rows.0.name',
  ],
  ['an empty row', { sections: [{ ...rows, rows: [{ name: '1', seats: 0 }] }] }, 'sections.0.rows.0.seats'],
  ['more than 200,000 seats', { sections: [{ ...area, capacity: 200_000 }, rows] }, 'sections'],
  ['a negative price', { sections: [{ ...area, priceMinor: -1 }] }, 'sections.0.priceMinor'],
  ['a price in fractions', { sections: [{ ...area, priceMinor: 0.5 }] }, 'sections.0.priceMinor'],
  ['limits below one', { limits: { seatsPerFan: 0, holdsPerFan: 2 } }, 'limits.seatsPerFan'],
  ['a currency that is none', { currency: 'real' }, 'currency'],
  ['an opening that is no instant', { opensAt: 'tomorrow' }, 'opensAt'],
  ['an opening without a zone', { opensAt: '2026-12-01T12:00:00' }, 'opensAt'],
  ['a negative rate', { admission: { ratePerMinute: -1, insideMax: 1 } }, 'admission.ratePerMinute'],
  ['no name', { name: '  ' }, 'name'],
];

for (const [what, change, path] of WRONG) {
  test(`a definition with ${what} is refused at its place`, async (t) => {
    const bench = await withServer(t);
    const body = { ...definition, ...change };
    const reply = await bench.ask('POST', '/v1/operator/events', { token: bench.operator, body });
    refused(t, reply, 'invalid_request');
    const { errors } = reply.body as unknown as { errors: { path: string }[] };
    t.deepEqual(
      errors.map((error) => error.path),
      [path],
    );
    t.deepEqual(bench.operators.acts, []);
  });
}

test('knobs are turned one by one, and what is left out stays', async (t) => {
  const bench = await withServer(t);
  const turn = (body: object) =>
    bench.ask('PATCH', `/v1/operator/events/${EVENT}/admission`, { token: bench.operator, body });
  const reply = await turn({ ratePerMinute: 0 });
  t.deepEqual(bench.operators.acts[0]?.detail, { ratePerMinute: 0 });
  t.deepEqual(reply.body as object, {
    eventId: EVENT,
    ratePerMinute: 0,
    insideMax: 2_000,
    paused: false,
    closedLoop: true,
    joinProof: 'off',
    version: 2,
  });
  t.is((await turn({ ratePerMinute: 10_000_000, insideMax: 5, paused: true })).status, 200);
});

test('a knob that cannot be turned so is refused', async (t) => {
  const bench = await withServer(t);
  const wrong = [
    {},
    { ratePerMinute: -1 },
    { ratePerMinute: 10_000_001 },
    { ratePerMinute: 1.5 },
    { ratePerMinute: '100' },
    { ratePerMinute: null },
    { insideMax: -1 },
    { paused: 'yes' },
    { closedLoop: 1 },
    { ratePerMinut: 5 },
  ];
  for (const body of wrong) {
    const reply = await bench.ask('PATCH', `/v1/operator/events/${EVENT}/admission`, {
      token: bench.operator,
      body,
    });
    refused(t, reply, 'invalid_request');
  }
  t.deepEqual(bench.operators.acts, []);
});

test('a message to everybody is text of a bounded length, and null takes it back', async (t) => {
  const bench = await withServer(t);
  const path = `/v1/operator/events/${EVENT}/message`;
  const say = (body: object, token = bench.operator) => bench.ask('POST', path, { token, body });
  t.deepEqual((await say({ text: '  Doors at seven.\nSecond show added. 🎟️ ' })).body as object, {
    eventId: EVENT,
    message: { text: 'Doors at seven.\nSecond show added. 🎟️', at: '2026-12-01T12:00:00.000Z' },
  });
  t.deepEqual((await say({ text: null })).body as object, { eventId: EVENT, message: null });
  const acts = bench.operators.acts.length;
  for (const body of [
    {},
    { text: '' },
    { text: '   ' },
    { text: 'x'.repeat(501) },
    { text: 'bell \u0007' },
    { text: 7 },
  ])
    refused(t, await say(body), 'invalid_request');
  refused(t, await say({ text: 'a', also: 'b' }), 'invalid_request');
  refused(t, await say({ text: 'a' }, bench.fan.token), 'forbidden');
  t.is(bench.operators.acts.length, acts);
});

test('planned rates rise in time, and what could not be meant is refused', async (t) => {
  const bench = await withServer(t);
  const path = `/v1/operator/events/${EVENT}/launch`;
  const plan = (curve: unknown) => bench.ask('POST', path, { token: bench.operator, body: { curve } });
  const points = [
    { afterSeconds: 0, ratePerMinute: 600 },
    { afterSeconds: 60, ratePerMinute: 3_000 },
  ];
  const full = {
    startsAt: '2026-12-01T12:00:00.000Z',
    firstBatch: 200,
    points,
    taper: { belowShare: 0.1, toShare: 0.2 },
  };
  t.deepEqual((await plan(full)).body as object, { eventId: EVENT, launch: { curve: full, active: true } });
  t.deepEqual((await plan(null)).body as object, { eventId: EVENT, launch: null });
  const acts = bench.operators.acts.length;
  for (const wrong of [
    undefined,
    {},
    { points: [] },
    { points: [points[1], points[0]] },
    { points: [points[0], points[0]] },
    { points: [{ afterSeconds: -1, ratePerMinute: 1 }] },
    { points: [{ afterSeconds: 0, ratePerMinute: -1 }] },
    { points: [{ afterSeconds: 0, ratePerMinute: 1e9 }] },
    { points, firstBatch: -1 },
    { points, taper: { belowShare: 0, toShare: 0.5 } },
    { points, taper: { belowShare: 0.5, toShare: 1.5 } },
    { points, startsAt: 'soon' },
    { points, plateau: 5 },
  ])
    refused(t, await plan(wrong), 'invalid_request');
  t.is(bench.operators.acts.length, acts);
});

test('the phase is set to one of three', async (t) => {
  const bench = await withServer(t);
  const path = `/v1/operator/events/${EVENT}/phase`;
  const set = (phase: string, at = path) => bench.ask('POST', at, { token: bench.operator, body: { phase } });
  for (const phase of ['open', 'paused', 'closed']) {
    t.deepEqual((await set(phase)).body as object, { eventId: EVENT, phase });
  }
  refused(t, await set('scheduled'), 'invalid_request');
  refused(t, await set('open', `/v1/operator/events/${ELSEWHERE}/phase`), 'not_found');
});

test('viewers and operators see numbers, actors, audit and parked messages', async (t) => {
  const bench = await withServer(t);
  for (const token of [bench.viewer, bench.operator]) {
    for (const path of [
      `/v1/operator/events/${EVENT}`,
      '/v1/operator/actors',
      '/v1/operator/audit?limit=5',
      '/v1/operator/queues/payments/parked',
    ]) {
      t.is((await bench.ask('GET', path, { token })).status, 200, path);
    }
  }
  refused(
    t,
    await bench.ask('GET', '/v1/operator/queues/other/parked', { token: bench.viewer }),
    'not_found',
  );
  refused(
    t,
    await bench.ask('GET', `/v1/operator/events/${ELSEWHERE}`, { token: bench.viewer }),
    'not_found',
  );
});

test('the balance of the money names every class and every difference', async (t) => {
  const bench = await withServer(t);
  const answer = await bench.ask('GET', '/v1/operator/money', { token: bench.viewer });
  const body = answer.body as unknown as {
    readonly unbalanced: number;
    readonly classes: readonly object[];
    readonly differences: readonly Record<string, unknown>[];
  };
  t.is(body.unbalanced, 1);
  t.deepEqual(body.classes, [{ class: 'unbalanced', currency: 'BRL', payments: 1, amountMinor: 25_000 }]);
  const [difference] = body.differences;
  t.is(difference?.['kind'], 'unknown_intent');
  t.is(difference?.['intentId'], 'pi_1');
  t.is(difference?.['standingMs'], 180_000);
});

test('parked messages are sent round again', async (t) => {
  const bench = await withServer(t);
  const path = '/v1/operator/queues/tickets/redrive';
  t.deepEqual((await bench.ask('POST', path, { token: bench.operator })).body as object, { redriven: 1 });
  const reply = await bench.ask('POST', path, { token: bench.operator, body: { limit: 0 } });
  refused(t, reply, 'invalid_request');
});

test('an actor is killed by its path where chaos is allowed, and nowhere else', async (t) => {
  const calm = await withServer(t);
  refused(t, await calm.ask('DELETE', '/v1/operator/actors/sale/A', { token: calm.operator }), 'forbidden');
  t.deepEqual(calm.operators.acts, []);
  const chaos = await withServer(t, () => ({ options: { chaos: true } }));
  t.is((await chaos.ask('DELETE', '/v1/operator/actors/sale/A', { token: chaos.operator })).status, 204);
  t.like(chaos.operators.acts[0], { act: 'kill', target: '/sale/A' });
  refused(t, await chaos.ask('DELETE', '/v1/operator/actors/sale/B', { token: chaos.operator }), 'not_found');
  refused(
    t,
    await chaos.ask('DELETE', '/v1/operator/actors/%E0%A4%A', { token: chaos.operator }),
    'not_found',
  );
});

test('a review is seen and decided, with a note, and what cannot be done is said', async (t) => {
  const bench = await withServer(t);
  const { operator } = bench;
  const seen = await bench.ask('GET', '/v1/operator/reviews', { token: bench.viewer });
  t.like(seen.body, {
    reviews: [{ reviewId: ELSEWHERE, kind: 'refund_refused', paymentRef: 'pi_1', resolution: null }],
  });
  t.like(seen.body, { reviews: [{ actions: ['refund', 'dismiss'] }] });
  const path = `/v1/operator/reviews/${ELSEWHERE}/resolution`;
  const decide = (body: object, where = path) => bench.ask('POST', where, { token: operator, body });
  t.like((await decide({ action: 'refund', note: 'asked by phone' })).body, {
    resolution: { action: 'refund', note: 'asked by phone' },
    actions: [],
  });
  refused(t, await decide({ action: 'honour', note: 'x' }), 'review_action_impossible');
  refused(t, await decide({ action: 'refund', note: 'x' }, path.replace(ELSEWHERE, EVENT)), 'not_found');
  for (const body of [{ action: 'refund' }, { action: 'refund', note: ' ' }, { action: 'burn', note: 'x' }])
    refused(t, await decide(body), 'invalid_request');
  t.is(bench.operators.acts.length, 1);
});

test('a console learns who its token names and what this server allows', async (t) => {
  const calm = await withServer(t);
  const viewer = await calm.ask('GET', '/v1/operator/session', { token: calm.viewer });
  t.like(viewer.body, { role: 'viewer', chaos: false });
  const wild = await withServer(t, () => ({ options: { chaos: true } }));
  const operator = await wild.ask('GET', '/v1/operator/session', { token: wild.operator });
  t.like(operator.body, { role: 'operator', chaos: true });
});

test('an exported definition creates the same event again', async (t) => {
  const bench = await withServer(t);
  const exported = await bench.ask('GET', `/v1/operator/events/${EVENT}/definition`, { token: bench.viewer });
  t.is(exported.status, 200);
  const again = await bench.ask('POST', '/v1/operator/events', {
    token: bench.operator,
    body: exported.body,
  });
  t.is(again.status, 201, again.text);
  const [created] = bench.operators.acts;
  t.like(created?.detail, {
    name: 'Noite de Abertura',
    opensAtMs: NOW_MS,
    limits: { seatsPerFan: 4, holdsPerFan: 2 },
    sections: [{ id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 3 }] }],
  });
});

test('nothing that a definition may say gets lost when it is exported', (t) => {
  const said = definitionOf(
    eventDefinitionSchema.parse({
      name: 'Noite de Abertura',
      venue: 'Arena Norte',
      currency: 'BRL',
      opensAt: '2027-03-01T13:00:00.000Z',
      limits: { seatsPerFan: 3, holdsPerFan: 2, holdTtlSeconds: 240 },
      admission: { ratePerMinute: 900, insideMax: 400, closedLoop: false },
      joinProof: 'auto',
      lateMoney: { reseat: true },
      draw: { beacon: 'drand quicknet round 9000000' },
      showAt: '2027-06-01T22:00:00.000Z',
      doorsAt: '2027-06-01T20:00:00.000Z',
      address: 'Rua do Norte 1',
      lanes: [
        { id: 'general', name: 'Geral', sharePercent: 70, access: 'open' },
        { id: 'club', name: 'Clube', sharePercent: 30, access: 'code' },
      ],
      sections: [
        { id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 3 }] },
        { id: 'P', name: 'Pista', priceMinor: 9_000, capacity: 20 },
      ],
    }),
  );
  const event: SaleEvent = {
    ...saleEvent,
    ...said,
    admission: { ...saleEvent.admission, ...said.admission },
  };
  t.deepEqual(definitionOf(eventDefinitionSchema.parse(definitionDocument(event))), said);
});

test('an event is changed as far as it may be, and what may not is refused', async (t) => {
  const bench = await withServer(t);
  const patch = (body: object) =>
    bench.ask('PATCH', `/v1/operator/events/${EVENT}`, { token: bench.operator, body });
  const changed = await patch({ name: 'Outra Noite', sections: [{ id: 'A', priceMinor: 30_000 }] });
  t.like(changed.body, { name: 'Outra Noite', sections: [{ id: 'A', priceMinor: 30_000 }] });
  refused(t, await patch({ opensAt: '2027-01-01T00:00:00Z' }), 'event_opened');
  refused(t, await patch({ sections: [{ id: 'Z', name: 'Z' }] }), 'invalid_request');
  for (const body of [{}, { currency: 'USD' }, { sections: [{ id: 'A', rows: [] }] }])
    refused(t, await patch(body), 'invalid_request');
  t.is(bench.operators.acts.length, 1);
});
