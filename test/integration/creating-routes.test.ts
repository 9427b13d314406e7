import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { ask, newKey, type Ask, type Reply } from '../support/api.ts';
import { definition, MANY_EVENTS, sharedStage, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import type { Fan } from '../support/fan.ts';

/**
 * Every route that creates, on the whole app over real servers: who may, what a repeat gets, what a bad request gets, and
 * that a repeat is still a repeat after the process was started anew.
 */
interface Scene {
  readonly app: TestApp;
  readonly eventId: string;
  readonly fan: Fan;
}

interface Prepared {
  readonly path: string;
  readonly ask: Ask;
  /** The same path and key, another body. Null: the route takes none. */
  readonly otherBody: object | null;
  /** The same route with an id that this caller has no right to. Null: there is no id in it. */
  readonly stranger: { readonly path: string; readonly ask: Ask; readonly code: string } | null;
  readonly malformed: readonly unknown[];
  readonly status: number;
}

interface CreatingRoute {
  readonly name: string;
  readonly role: 'anybody' | 'fan' | 'operator';
  /** Brings the scene to where the request succeeds once. */
  readonly prepare: (scene: Scene) => Promise<Prepared>;
}

const NOT_JSON = '{"holdIds": [';
const nowhere = (path: (id: string) => string, request: Ask = {}) => ({
  path: path(randomUUID()),
  ask: request,
  code: 'not_found',
});

const ROUTES: readonly CreatingRoute[] = [
  {
    name: 'POST /v1/fans',
    role: 'anybody',
    prepare: async () => ({
      path: '/v1/fans',
      ask: {},
      otherBody: null,
      stranger: null,
      malformed: [NOT_JSON, [], 'null', '"text"'],
      status: 201,
    }),
  },
  {
    name: 'POST /v1/events/:eventId/line',
    role: 'fan',
    prepare: async ({ eventId, fan }) => ({
      path: `/v1/events/${eventId}/line`,
      ask: { token: fan.token },
      otherBody: null,
      stranger: nowhere((id) => `/v1/events/${id}/line`, { token: fan.token }),
      malformed: [NOT_JSON, []],
      status: 201,
    }),
  },
  {
    name: 'POST /v1/events/:eventId/line/appeals',
    role: 'fan',
    prepare: async ({ eventId, fan }) => {
      const body = { message: 'my device cannot solve it' };
      return {
        path: `/v1/events/${eventId}/line/appeals`,
        ask: { token: fan.token, body },
        otherBody: { message: 'something else' },
        stranger: nowhere((id) => `/v1/events/${id}/line/appeals`, { token: fan.token, body }),
        malformed: [NOT_JSON, [], {}, { message: '' }, { message: 7 }, { message: 'x', by: 'me' }],
        status: 201,
      };
    },
  },
  {
    name: 'POST /v1/events/:eventId/admission',
    role: 'fan',
    async prepare({ app, eventId, fan }) {
      await fan.join(eventId);
      const other = await app.fan();
      await other.join(eventId);
      const path = `/v1/events/${eventId}/admission`;
      // On a busy machine the line's next step may be some time away.
      await eventually(async () => assert.equal((await fan.standing(eventId)).state, 'called'));
      return {
        path,
        ask: { token: fan.token, body: { place: fan.place() } },
        otherBody: { place: other.place() },
        stranger: {
          path,
          ask: { token: fan.token, body: { place: other.place() } },
          code: 'place_invalid',
        },
        malformed: [NOT_JSON, {}, { place: 7 }, { place: '' }],
        status: 201,
      };
    },
  },
  {
    name: 'POST /v1/events/:eventId/holds',
    role: 'fan',
    async prepare({ eventId, fan }) {
      const headers = { 'catraca-pass': await fan.comeIn(eventId) };
      const body = { sectionId: 'A', seatIds: ['A-1-1', 'A-1-2'] };
      return {
        path: `/v1/events/${eventId}/holds`,
        ask: { token: fan.token, headers, body },
        otherBody: { sectionId: 'A', seatIds: ['A-1-3'] },
        // A pass is of one event: in another it is none.
        stranger: {
          ...nowhere((id) => `/v1/events/${id}/holds`, { token: fan.token, headers, body }),
          code: 'pass_invalid',
        },
        malformed: [
          NOT_JSON,
          {},
          { sectionId: 'A' },
          { sectionId: 'A', seatIds: [] },
          { sectionId: 'A', seatIds: ['A-1-1', 'A-1-1'] },
          { sectionId: 'A', seatIds: ["A-1-1'; --"] },
          { sectionId: 'A', quantity: 0 },
          { sectionId: 'A', quantity: 1, seatIds: ['A-1-1'] },
        ],
        status: 201,
      };
    },
  },
  {
    name: 'POST /v1/holds/:holdId/extend',
    role: 'fan',
    async prepare({ app, eventId, fan }) {
      await fan.comeIn(eventId);
      const { holdId } = await fan.hold(eventId, ['A-1-1']);
      const other = await app.fan();
      await other.comeIn(eventId);
      const theirs = await other.hold(eventId, ['B-1-1']);
      return {
        path: `/v1/holds/${holdId}/extend`,
        ask: { token: fan.token },
        otherBody: null,
        stranger: {
          path: `/v1/holds/${theirs.holdId}/extend`,
          ask: { token: fan.token },
          code: 'not_found',
        },
        malformed: [NOT_JSON, []],
        status: 200,
      };
    },
  },
  {
    name: 'POST /v1/orders',
    role: 'fan',
    async prepare({ app, eventId, fan }) {
      await fan.comeIn(eventId);
      const { holdId } = await fan.hold(eventId, ['A-1-1']);
      const second = await fan.hold(eventId, ['A-1-2']);
      const other = await app.fan();
      await other.comeIn(eventId);
      const theirs = await other.hold(eventId, ['B-1-1']);
      return {
        path: '/v1/orders',
        ask: { token: fan.token, body: { holdIds: [holdId] } },
        otherBody: { holdIds: [second.holdId] },
        stranger: {
          path: '/v1/orders',
          ask: { token: fan.token, body: { holdIds: [second.holdId, theirs.holdId] } },
          code: 'not_found',
        },
        malformed: [
          NOT_JSON,
          {},
          { holdIds: [] },
          { holdIds: 'all' },
          { holdIds: ['x'] },
          { holdIds: [holdId, holdId] },
        ],
        status: 201,
      };
    },
  },
  {
    name: 'POST /v1/operator/events',
    role: 'operator',
    prepare: async ({ app }) => ({
      path: '/v1/operator/events',
      ask: { token: app.operatorToken, body: definition() },
      otherBody: definition({ name: 'Another night' }),
      stranger: null,
      malformed: [
        NOT_JSON,
        {},
        definition({ currency: 'reais' }),
        definition({ sections: [] }),
        definition({ opensAt: 'soon' }),
        definition({ limits: { seatsPerFan: 0, holdsPerFan: 1 } }),
      ],
      status: 201,
    }),
  },
];

let shared: TestApp | null = null;
let end = (): Promise<void> => Promise.resolve();

test.before('one app for all', async (t) => {
  const stage = sharedStage(t);
  end = () => stage.end();
  shared = await startTestApp(stage, 'real', MANY_EVENTS);
});

test.after.always('stop the app', () => end());

const onStage = (title: string, run: (scene: Scene, route: CreatingRoute) => Promise<void>): void => {
  for (const route of ROUTES) {
    test.serial(`${route.name}: ${title}`, async (t) => {
      t.pass();
      if (shared === null) return t.log('not run: real servers were not found');
      const scene = { app: shared, eventId: await shared.createEvent(), fan: await shared.fan() };
      await run(scene, route);
    });
  }
};

const refused = (reply: Reply, status: number, code: string, why: string): void => {
  assert.deepEqual([reply.status, reply.body.code], [status, code], `${why}: ${reply.text}`);
  assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
};

const post = (app: TestApp, path: string, request: Ask): Promise<Reply> =>
  ask(app.url, 'POST', path, request);

onStage('whoever is not the right one is refused, and nothing is done', async (scene, route) => {
  if (route.role === 'anybody') return;
  const { app } = scene;
  const prepared = await route.prepare(scene);
  const { token: _token, ...anonymous } = prepared.ask;
  const wrongRole = route.role === 'fan' ? app.operatorToken : scene.fan.token;
  const forged = `${String(prepared.ask.token).slice(0, -6)}AAAAAA`;
  const key = newKey();
  refused(await post(app, prepared.path, { ...anonymous, key }), 401, 'unauthenticated', 'no token');
  for (const token of ['nonsense', forged])
    refused(await post(app, prepared.path, { ...anonymous, token, key }), 401, 'unauthenticated', token);
  const strange = await post(app, prepared.path, { ...anonymous, token: wrongRole, key });
  refused(strange, 403, 'forbidden', 'the token of another role');
  const right = await post(app, prepared.path, { ...prepared.ask, key });
  assert.equal(right.status, prepared.status, right.text);
  assert.equal(right.headers.get('idempotent-replayed'), null, 'what was refused left no answer behind');
});

onStage('the id of a stranger, or of nothing, is refused', async (scene, route) => {
  const { stranger } = await route.prepare(scene);
  if (stranger === null) return;
  const status = stranger.code === 'not_found' ? 404 : 403;
  refused(
    await post(scene.app, stranger.path, { ...stranger.ask, key: newKey() }),
    status,
    stranger.code,
    'keyed',
  );
  refused(await post(scene.app, stranger.path, stranger.ask), status, stranger.code, 'without a key');
});

onStage('the same key gets the same answer, with another body it is refused', async (scene, route) => {
  const { app } = scene;
  const { path, ask: request, otherBody, status } = await route.prepare(scene);
  const key = newKey();
  const first = await post(app, path, { ...request, key });
  assert.equal(first.status, status, first.text);
  assert.equal(first.headers.get('idempotent-replayed'), null);
  const second = await post(app, path, { ...request, key });
  assert.equal(second.status, status, second.text);
  assert.equal(second.headers.get('idempotent-replayed'), 'true');
  assert.deepEqual(second.body, first.body);
  if (otherBody === null) return;
  refused(
    await post(app, path, { ...request, key, body: otherBody }),
    422,
    'idempotency_key_reused',
    'another body',
  );
});

onStage('of many at once with one key only one takes effect', async (scene, route) => {
  const { app } = scene;
  const { path, ask: request, status } = await route.prepare(scene);
  const key = newKey();
  const replies = await Promise.all(Array.from({ length: 6 }, () => post(app, path, { ...request, key })));
  const good = replies.filter((reply) => reply.status === status);
  assert.ok(good.length >= 1);
  for (const reply of good) assert.deepEqual(reply.body, good[0]?.body);
  for (const reply of replies.filter((one) => one.status !== status))
    refused(reply, 409, 'idempotency_in_progress', 'while the first is running');
  assert.deepEqual((await post(app, path, { ...request, key })).body, good[0]?.body);
});

onStage('a malformed body is refused, and leaves its key free', async (scene, route) => {
  const { app } = scene;
  const { path, ask: request, malformed, status } = await route.prepare(scene);
  const key = newKey();
  for (const body of malformed) {
    const reply = await post(app, path, { ...request, key, body });
    const code = body === NOT_JSON ? 'malformed_json' : 'invalid_request';
    refused(reply, 400, code, JSON.stringify(body));
  }
  const right = await post(app, path, { ...request, key });
  assert.equal(right.status, status, right.text);
});

onStage('a key of the wrong form is refused', async (scene, route) => {
  const { path, ask: request } = await route.prepare(scene);
  for (const key of ['with space', 'x'.repeat(201)])
    refused(await post(scene.app, path, { ...request, key }), 400, 'invalid_request', key);
  if (route.role === 'anybody')
    refused(await post(scene.app, path, { ...request, key: 'guessable' }), 400, 'invalid_request', 'short');
});

test.serial('after a restart on the same database every key still gets its answer', async (t) => {
  const app = await startTestApp(t, 'real', MANY_EVENTS);
  if (app === null) return;
  const asked = [];
  for (const route of ROUTES) {
    const scene = { app, eventId: await app.createEvent(), fan: await app.fan() };
    const { path, ask: request, status, otherBody } = await route.prepare(scene);
    const key = newKey();
    const first = await post(app, path, { ...request, key });
    t.is(first.status, status, `${route.name}: ${first.text}`);
    asked.push({ route, path, request, key, first, otherBody });
  }
  const { rows: before } = await app.database.query('SELECT count(*) FROM tickets.holds');
  const again = await app.restart();
  for (const { route, path, request, key, first, otherBody } of asked) {
    const reply = await post(again, path, { ...request, key });
    t.is(reply.status, first.status, `${route.name}: ${reply.text}`);
    t.is(reply.headers.get('idempotent-replayed'), 'true', route.name);
    t.deepEqual(reply.body, first.body, route.name);
    if (otherBody !== null)
      t.is((await post(again, path, { ...request, key, body: otherBody })).status, 422, route.name);
  }
  const { rows: after } = await again.database.query('SELECT count(*) FROM tickets.holds');
  t.deepEqual(after, before, 'nothing was made twice');
});
