import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { ask } from '../support/api.ts';
import { sharedStage, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const LANES = [
  { id: 'general', name: 'General', sharePercent: 70, access: 'open' },
  { id: 'club', name: 'Fan club', sharePercent: 30, access: 'code' },
];

interface Made {
  readonly created: number;
  readonly codes: readonly string[];
  readonly code?: string;
}

interface Joined {
  readonly code?: string;
  readonly lane: string | null;
  readonly number: number;
  readonly place: string;
}

interface Ready {
  readonly code?: string;
  readonly ready: boolean;
  readonly lane: string | null;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly code: string | null }[];
}

let stage: ReturnType<typeof sharedStage>;
let shared: TestApp | null = null;

test.before(async (t) => {
  stage = sharedStage(t);
  shared = await startTestApp(stage, 'real');
});
test.after.always(() => stage.end());

const open = async (t: ExecutionContext, change: object = {}) => {
  const app = shared;
  if (app === null) {
    t.pass();
    return null;
  }
  const eventId = await app.createEvent({ lanes: LANES, ...change });
  const operator = <B>(method: string, path: string, body?: object, key?: string) =>
    ask<B>(app.url, method, `/v1/operator/events/${eventId}${path}`, {
      token: app.operatorToken,
      ...(body === undefined ? {} : { body }),
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  const make = async (order: object): Promise<readonly string[]> => {
    const made = await operator<Made>('POST', '/codes', { lane: 'club', ...order });
    assert.equal(made.status, 201, made.text);
    return made.body.codes;
  };
  const join = async (fan: Awaited<ReturnType<TestApp['fan']>>, body: object = {}) =>
    fan.ask<Joined>('POST', `/v1/events/${eventId}/line`, { body });
  const ready = async (fan: Awaited<ReturnType<TestApp['fan']>>, body?: object) =>
    fan.ask<Ready>(
      body === undefined ? 'GET' : 'POST',
      `/v1/events/${eventId}/line/ready`,
      body === undefined ? {} : { body },
    );
  return { app, eventId, operator, make, join, ready };
};

test.serial(
  'two hundred fans with one single-use code at once: it is one fan’s, and the others are told so',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { app, make, ready, join } = world;
    const [code] = await make({ count: 1 });
    const fans = await Promise.all(Array.from({ length: 200 }, () => app.fan()));
    // A door that is too full has done nothing: whoever was turned away there comes again.
    const bring = async (fan: (typeof fans)[number]): ReturnType<typeof ready> => {
      const reply = await ready(fan, { code });
      return reply.status === 503 ? bring(fan) : reply;
    };
    const replies = await Promise.all(fans.map((fan) => bring(fan)));
    const won = replies.flatMap((reply, index) => (reply.status === 200 ? [index] : []));
    t.is(won.length, 1);
    t.true(
      replies.every(
        (reply) => reply.status === 200 || (reply.status === 409 && reply.body.code === 'code_used'),
      ),
    );
    const winner = fans[won[0] ?? -1];
    assert(winner !== undefined);
    t.is((await ready(winner, { code })).status, 200, 'the same fan again');
    t.like(
      (await join(winner)).body,
      { lane: 'club', number: 1 },
      'reserved: joining needs no code any more',
    );
  },
);

test.serial(
  'a code opens its lane as often and as long as it may, and what is wrong with it is said',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { app, operator, make, join } = world;
    const fresh = async (code: string | undefined) => (await join(await app.fan(), { code })).body;
    const [twice] = await make({ count: 1, usesMax: 2 });
    t.like(await fresh(twice), { lane: 'club', number: 1 });
    t.like(await fresh(twice?.toLowerCase().replaceAll('-', ' ')), { lane: 'club', number: 2 });
    t.is((await fresh(twice)).code, 'code_used');
    t.is((await fresh('NOSUCHCODE')).code, 'code_invalid');
    const [early] = await make({ count: 1, startsAt: new Date(Date.now() + 3_600_000).toISOString() });
    t.is((await fresh(early)).code, 'code_too_early');
    const [late] = await make({ count: 1, endsAt: new Date(Date.now() - 1_000).toISOString() });
    t.is((await fresh(late)).code, 'code_expired');
    const own = await operator<Made>('POST', '/codes', {
      lane: 'club',
      codes: ['FANCLUB2026', 'FANCLUB2026'],
      usesMax: null,
      label: 'club',
    });
    t.is(own.body.created, 1);
    t.like(await fresh('fanclub2026'), { lane: 'club', number: 3 });
    const { body } = await operator<{
      codes: { codeId: string; label: string; uses: number }[];
      totals: object;
    }>('GET', '/codes');
    t.deepEqual(
      body.codes.map(({ label, uses }) => [label, uses]),
      [
        ['', 2],
        ['', 0],
        ['', 0],
        ['club', 1],
      ],
    );
    t.like(body.totals, { codes: 4, redemptions: 3, bypasses: 0 });
    t.is((await operator('POST', `/codes/${body.codes[3]?.codeId}/revocation`)).status, 200);
    t.is((await fresh('FANCLUB2026')).code, 'code_revoked');
    const { rows } = await app.database.query<{ row: string }>(
      'SELECT row_to_json(c)::text AS row FROM line.access_codes c UNION ALL SELECT row_to_json(a)::text FROM edge.audit a',
    );
    t.false(
      rows.some(({ row }) => /FANCLUB2026/i.test(row)),
      'no code is written down',
    );
  },
);

test.serial('codes are made again as the same by the same key, and a wrong order makes none', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { operator } = world;
  const order = { lane: 'club', count: 3 };
  const [one, again] = [
    await operator<Made>('POST', '/codes', order, 'k1'),
    await operator<Made>('POST', '/codes', order, 'k1'),
  ];
  t.is(new Set(one.body.codes).size, 3);
  t.deepEqual(again.body.codes, one.body.codes);
  t.deepEqual([one.body.created, again.body.created], [3, 0]);
  for (const wrong of [
    {},
    { lane: 'club' },
    { lane: 'club', bypass: true, count: 1 },
    { lane: 'club', count: 0 },
    { lane: 'club', codes: ['abc'] },
  ]) {
    t.is((await operator('POST', '/codes', wrong)).status, 400, JSON.stringify(wrong));
  }
  t.is((await operator<Made>('POST', '/codes', { lane: 'nowhere', count: 1 })).body.code, 'lane_unknown');
});

test.serial('a fan who guesses is stopped with a code of its own, before the right one too', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { app, make, join } = world;
  const [code] = await make({ count: 1 });
  const guesser = await app.fan();
  const answers = await Promise.all(
    Array.from({ length: 15 }, (_, index) => join(guesser, { code: `GUESS${index}000` })),
  );
  t.is(answers.filter(({ body }) => body.code === 'code_invalid').length, 10);
  t.is(answers.filter(({ status, body }) => status === 429 && body.code === 'code_attempts').length, 5);
  t.is((await join(guesser, { code })).body.code, 'code_attempts');
  t.like((await join(await app.fan(), { code })).body, { lane: 'club' });
});

test.serial(
  'the ready check tells before the opening what a join would meet, and reserves the code',
  async (t) => {
    const opensAt = new Date(Date.now() + 3_600_000).toISOString();
    const only = [{ id: 'presale', name: 'Presale', sharePercent: 100, access: 'code' }];
    const world = await open(t, { opensAt, lanes: only });
    if (world === null) return;
    const { app, operator, ready, join } = world;
    const made = await operator<Made>('POST', '/codes', { lane: 'presale', count: 1 });
    const fan = await app.fan();
    const before = await ready(fan);
    t.like(before.body, { ready: false, lane: null });
    t.like(
      before.body.checks.find(({ check }) => check === 'access'),
      { ok: false, code: 'code_required' },
    );
    t.is((await join(fan)).body.code, 'code_required');
    t.like((await ready(fan, { code: 'WRONGCODE' })).body, { code: 'code_invalid' });
    t.like((await ready(fan, { code: made.body.codes[0] })).body, { ready: true, lane: 'presale' });
    t.is((await ready(await app.fan(), { code: made.body.codes[0] })).body.code, 'code_used');
    t.like((await ready(fan)).body, { ready: true, lane: 'presale' });
    t.like((await join(fan)).body, { lane: 'presale', number: 1 });
    t.is((await ask(app.url, 'GET', `/v1/events/${world.eventId}/line/ready`, {})).status, 401);
  },
);

test.serial(
  'invited fans stand in their lane without a code, until the invitation is taken back',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { app, operator, join } = world;
    const [one, two, three] = [await app.fan(), await app.fan(), await app.fan()];
    t.like((await operator('POST', '/invitations', { lane: 'club', fanIds: [one.fanId, two.fanId] })).body, {
      changed: 2,
    });
    t.like((await join(one)).body, { lane: 'club', number: 1 });
    t.like((await operator('POST', '/invitations', { lane: null, fanIds: [two.fanId] })).body, {
      changed: 1,
    });
    t.like((await join(two)).body, { lane: 'general' });
    t.is((await operator('POST', '/invitations', { lane: 'club', networks: ['no address'] })).status, 400);
    t.is(
      (await operator('POST', '/invitations', { lane: 'club', networks: ['127.0.0.0/8', '::1'] })).status,
      200,
    );
    t.like((await join(three)).body, { lane: 'club', number: 2 });
  },
);

test.serial(
  'a bypass goes past everybody who waits into the next slot, counted and audited once',
  async (t) => {
    const world = await open(t, { admission: { ratePerMinute: 600, insideMax: 3 } });
    if (world === null) return;
    const { app, eventId, operator, join } = world;
    for (let count = 0; count < 6; count += 1) await join(await app.fan());
    const made = await operator<Made>('POST', '/codes', {
      bypass: true,
      count: 1,
      label: 'box office',
      usesMax: null,
    });
    await operator('PATCH', '/admission', { insideMax: 4 });
    await eventually(async () => {
      const { body } = await ask<{ serving: number }>(app.url, 'GET', `/v1/events/${eventId}/line`, {});
      assert.equal(body.serving, 4);
    });
    const till = await app.fan();
    const joined = await join(till, { code: made.body.codes[0] });
    t.like(joined.body, { lane: null, number: 1 });
    t.is((await join(till, { code: made.body.codes[0] })).status, 200);
    const comeIn = () =>
      till.ask('POST', `/v1/events/${eventId}/admission`, { body: { place: joined.body.place } });
    t.is((await comeIn()).status, 409, 'the house is full: a bypass goes past the line, not past its limits');
    await operator('PATCH', '/admission', { insideMax: 5 });
    await eventually(async () => {
      const reply = await comeIn();
      assert.equal(reply.status, 201, reply.text);
    }, 8_000);
    const { body: frame } = await ask<{ serving: number }>(app.url, 'GET', `/v1/events/${eventId}/line`, {});
    t.is(frame.serving, 4, 'nobody was called into the slot that it waited for');
    t.like((await operator<{ totals: object }>('GET', '/codes')).body.totals, { bypasses: 1 });
    const { body } = await ask<{ entries: { action: string; actor: string }[] }>(
      app.url,
      'GET',
      '/v1/operator/audit',
      {
        token: app.operatorToken,
      },
    );
    t.deepEqual(
      body.entries.filter(({ action }) => action === 'line.bypass').map(({ actor }) => actor),
      [till.fanId],
    );
  },
);

test.serial(
  'an operator changes the shares while it runs: the frame has them within a second, the audit old and new',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { app, eventId, operator } = world;
    const changed = LANES.map((lane, index) => ({ ...lane, sharePercent: index === 0 ? 20 : 80 }));
    t.is((await operator('POST', '/lanes', { lanes: changed })).status, 200);
    await eventually(async () => {
      const { body } = await ask<{ lanes: { sharePercent: number }[] }>(
        app.url,
        'GET',
        `/v1/events/${eventId}/line`,
        {},
      );
      assert.deepEqual(
        body.lanes.map(({ sharePercent }) => sharePercent),
        [20, 80],
      );
    }, 1_000);
    t.like((await operator<Made>('POST', '/lanes', { lanes: changed.toReversed() })).body, {
      code: 'lanes_fixed',
    });
    t.is((await operator('POST', '/lanes', { lanes: [LANES[0]] })).status, 400, 'shares that do not add up');
    const { body } = await ask<{ entries: { action: string; before: object; after: object }[] }>(
      app.url,
      'GET',
      '/v1/operator/audit',
      {
        token: app.operatorToken,
      },
    );
    const entry = body.entries.find(({ action }) => action === 'lanes.set');
    t.like(entry?.before, { 'general.sharePercent': 70, 'club.sharePercent': 30 });
    t.like(entry?.after, { 'general.sharePercent': 20, 'club.sharePercent': 80 });
  },
);
