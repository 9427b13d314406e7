import { randomUUID } from 'node:crypto';
import test from 'ava';
import { ELSEWHERE, EVENT, passFor } from './fakes.ts';
import { refused, withServer, type Ask, type Bench } from './with-server.ts';

const definition = {
  name: 'Noite',
  venue: 'Arena',
  currency: 'BRL',
  opensAt: '2026-12-01T12:00:00Z',
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  admission: { ratePerMinute: 6000, insideMax: 2000 },
  sections: [{ id: 'PISTA', name: 'Pista', priceMinor: 12000, capacity: 5 }],
};

const holdFor = async (bench: Bench, fan: Bench['fan'], seatId: string): Promise<string> => {
  const reply = await bench.ask('POST', `/v1/events/${EVENT}/holds`, {
    token: fan.token,
    headers: { 'catraca-pass': passFor(EVENT, fan.id) },
    body: { sectionId: 'A', seatIds: [seatId] },
  });
  return (reply.body as unknown as { holdId: string }).holdId;
};

interface Creating {
  readonly name: string;
  /** Whose token it takes; null: nobody's. */
  readonly as: 'fan' | 'operator' | null;
  readonly status: number;
  /** A request that succeeds. */
  readonly good: (bench: Bench) => Promise<{ readonly path: string } & Pick<Ask, 'body' | 'headers'>>;
  /** Another request for the same route. */
  readonly other: (bench: Bench) => Promise<{ readonly path: string } & Pick<Ask, 'body' | 'headers'>>;
  /** A body of the wrong form; absent where any body will do. */
  readonly wrongBody?: unknown;
  /** Path or body names something of another fan, or of nobody. */
  readonly strange?: (bench: Bench) => Promise<{ readonly path: string } & Pick<Ask, 'body' | 'headers'>>;
}

const place = async (bench: Bench) => {
  const reply = await bench.ask('POST', `/v1/events/${EVENT}/line`, { token: bench.fan.token });
  return (reply.body as unknown as { place: string }).place;
};

const withPass = (bench: Bench) => ({ 'catraca-pass': passFor(EVENT, bench.fan.id) });

const CREATING: readonly Creating[] = [
  {
    name: 'POST /v1/fans',
    as: null,
    status: 201,
    good: async () => ({ path: '/v1/fans' }),
    other: async () => ({ path: '/v1/fans', body: {} }),
    wrongBody: [],
  },
  {
    name: 'joining the line',
    as: 'fan',
    status: 201,
    good: async () => ({ path: `/v1/events/${EVENT}/line` }),
    other: async () => ({ path: `/v1/events/${ELSEWHERE}/line` }),
    wrongBody: 'text',
    strange: async () => ({ path: `/v1/events/${ELSEWHERE}/line` }),
  },
  {
    name: 'admission',
    as: 'fan',
    status: 201,
    good: async (bench) => ({ path: `/v1/events/${EVENT}/admission`, body: { place: await place(bench) } }),
    other: async () => ({ path: `/v1/events/${EVENT}/admission`, body: { place: 'another' } }),
    wrongBody: { place: 7 },
  },
  {
    name: 'holding seats',
    as: 'fan',
    status: 201,
    good: async (bench) => ({
      path: `/v1/events/${EVENT}/holds`,
      body: { sectionId: 'A', seatIds: ['A-1-1'] },
      headers: withPass(bench),
    }),
    other: async (bench) => ({
      path: `/v1/events/${EVENT}/holds`,
      body: { sectionId: 'A', seatIds: ['A-1-2'] },
      headers: withPass(bench),
    }),
    wrongBody: { sectionId: 'A' },
  },
  {
    name: 'extending a hold',
    as: 'fan',
    status: 200,
    good: async (bench) => ({ path: `/v1/holds/${await holdFor(bench, bench.fan, 'A-1-1')}/extend` }),
    other: async (bench) => ({ path: `/v1/holds/${await holdFor(bench, bench.fan, 'A-1-2')}/extend` }),
    wrongBody: 7,
    strange: async (bench) => ({
      path: `/v1/holds/${await holdFor(bench, bench.stranger, 'A-1-3')}/extend`,
    }),
  },
  {
    name: 'ordering',
    as: 'fan',
    status: 201,
    good: async (bench) => ({
      path: '/v1/orders',
      body: { holdIds: [await holdFor(bench, bench.fan, 'A-1-1')] },
    }),
    other: async (bench) => ({
      path: '/v1/orders',
      body: { holdIds: [await holdFor(bench, bench.fan, 'A-1-2')] },
    }),
    wrongBody: { holdIds: ['not an id'] },
    strange: async (bench) => ({
      path: '/v1/orders',
      body: { holdIds: [await holdFor(bench, bench.stranger, 'A-1-3')] },
    }),
  },
  {
    name: 'creating an event',
    as: 'operator',
    status: 201,
    good: async () => ({ path: '/v1/operator/events', body: definition }),
    other: async () => ({ path: '/v1/operator/events', body: { ...definition, name: 'Outra' } }),
    wrongBody: { ...definition, sections: [] },
  },
];

const tokenOf = (bench: Bench, as: Creating['as']): Pick<Ask, 'token'> =>
  as === null ? {} : { token: as === 'fan' ? bench.fan.token : bench.operator };

for (const route of CREATING) {
  test(`${route.name}: a repeated key gets the first answer again, byte for byte`, async (t) => {
    const bench = await withServer(t);
    const { path, ...rest } = await route.good(bench);
    const ask: Ask = { ...rest, ...tokenOf(bench, route.as), key: `key-${randomUUID()}` };
    const first = await bench.ask('POST', path, ask);
    t.is(first.status, route.status, first.text);
    t.is(first.headers.get('idempotent-replayed'), null);
    const again = await bench.ask('POST', path, ask);
    t.is(again.status, first.status);
    t.is(again.text, first.text);
    t.is(again.headers.get('idempotent-replayed'), 'true');
  });

  test(`${route.name}: a key used for another request is refused`, async (t) => {
    const bench = await withServer(t);
    const key = `key-${randomUUID()}`;
    const good = await route.good(bench);
    const other = await route.other(bench);
    const token = tokenOf(bench, route.as);
    t.is((await bench.ask('POST', good.path, { ...good, ...token, key })).status, route.status);
    refused(t, await bench.ask('POST', other.path, { ...other, ...token, key }), 'idempotency_key_reused');
  });

  test(`${route.name}: a key that is not 1 to 200 visible characters is refused`, async (t) => {
    const bench = await withServer(t);
    const { path, ...rest } = await route.good(bench);
    for (const key of ['with space', 'x'.repeat(201), 'é'.repeat(20)]) {
      const reply = await bench.ask('POST', path, { ...rest, ...tokenOf(bench, route.as), key });
      refused(t, reply, 'invalid_request');
    }
  });

  test(`${route.name}: without a key each request stands for itself`, async (t) => {
    const bench = await withServer(t);
    const { path, ...rest } = await route.good(bench);
    const first = await bench.ask('POST', path, { ...rest, ...tokenOf(bench, route.as) });
    t.is(first.status, route.status);
    t.is(bench.idempotency.keys.size, 0);
  });

  if (route.as !== null) {
    test(`${route.name}: no token, a forged one and one of the wrong role get nothing`, async (t) => {
      const bench = await withServer(t);
      const { path, ...rest } = await route.good(bench);
      const wrongRole = route.as === 'fan' ? bench.operator : bench.fan.token;
      const forged = `${bench.fan.token.slice(0, -4)}AAAA`;
      const without = await bench.ask('POST', path, rest);
      refused(t, without, 'unauthenticated');
      t.regex(without.headers.get('www-authenticate') ?? '', /^Bearer/);
      refused(t, await bench.ask('POST', path, { ...rest, token: forged }), 'unauthenticated');
      refused(t, await bench.ask('POST', path, { ...rest, token: wrongRole }), 'forbidden');
    });
  }

  if (route.strange !== undefined) {
    const { strange } = route;
    test(`${route.name}: what belongs to another fan, or to nobody, is not found`, async (t) => {
      const bench = await withServer(t);
      const { path, ...rest } = await strange(bench);
      const reply = await bench.ask('POST', path, {
        ...rest,
        ...tokenOf(bench, route.as),
        key: 'k'.repeat(20),
      });
      refused(t, reply, 'not_found');
      t.is(bench.idempotency.keys.size, 0, 'a refusal keeps no key');
    });
  }

  test(`${route.name}: malformed bodies are refused before anything is done`, async (t) => {
    const bench = await withServer(t);
    const good = await route.good(bench);
    const before = { ...bench.sale.calls };
    const ask = { ...good, ...tokenOf(bench, route.as) };
    refused(t, await bench.ask('POST', good.path, { ...ask, body: '{"a":' }), 'malformed_json');
    refused(
      t,
      await bench.ask('POST', good.path, {
        ...ask,
        body: '{}',
        headers: { ...good.headers, 'content-type': 'text/plain' },
      }),
      'unsupported_media_type',
    );
    const wrong = await bench.ask('POST', good.path, { ...ask, body: JSON.stringify(route.wrongBody) });
    refused(t, wrong, 'invalid_request');
    t.true((wrong.body as unknown as { errors: unknown[] }).errors.length > 0);
    t.deepEqual(bench.sale.calls, before);
  });
}

test('a guest may not be named after a key that can be guessed', async (t) => {
  const bench = await withServer(t);
  refused(t, await bench.ask('POST', '/v1/fans', { key: 'fifteen-letters' }), 'invalid_request');
  t.is((await bench.ask('POST', '/v1/fans', { key: 'sixteen-letters!' })).status, 201);
});

test('two fans may use the same key', async (t) => {
  const bench = await withServer(t);
  const path = `/v1/events/${EVENT}/line`;
  const mine = await bench.ask('POST', path, { token: bench.fan.token, key: 'one' });
  const theirs = await bench.ask('POST', path, { token: bench.stranger.token, key: 'one' });
  t.is(mine.status, 201);
  t.is(theirs.status, 201);
  t.not(mine.text, theirs.text);
});

test('a key of one route cannot be used on another', async (t) => {
  const bench = await withServer(t);
  const joined = await bench.ask('POST', `/v1/events/${EVENT}/line`, { token: bench.fan.token, key: 'one' });
  t.is(joined.status, 201);
  const body = { place: (joined.body as unknown as { place: string }).place };
  const reply = await bench.ask('POST', `/v1/events/${EVENT}/admission`, {
    token: bench.fan.token,
    key: 'one',
    body,
  });
  refused(t, reply, 'idempotency_key_reused');
});

test('a repeat while the first still runs is told so, and when to come back', async (t) => {
  let finish = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let entered = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      async join(eventId, fanId) {
        entered();
        await gate;
        return line.service.join(eventId, fanId);
      },
    },
  }));
  const ask = { token: bench.fan.token, key: 'one' };
  const first = bench.ask('POST', `/v1/events/${EVENT}/line`, ask);
  await running;
  const second = await bench.ask('POST', `/v1/events/${EVENT}/line`, ask);
  refused(t, second, 'idempotency_in_progress');
  t.is(second.headers.get('retry-after'), '1');
  finish();
  t.is((await first).status, 201);
});

test('a creating request that breaks has an unknown outcome, and its repeat names the same order', async (t) => {
  const named: string[] = [];
  let broken = true;
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      async placeOrder(command) {
        named.push(command.orderId);
        const order = await sale.service.placeOrder(command);
        if (broken) throw new Error('the reply to COMMIT was lost');
        return order;
      },
    },
  }));
  const holdId = await holdFor(bench, bench.fan, 'A-1-1');
  const ask = { token: bench.fan.token, key: 'one', body: { holdIds: [holdId] } };
  const lost = await bench.ask('POST', '/v1/orders', ask);
  refused(t, lost, 'outcome_unknown');
  t.notRegex(lost.text, /COMMIT/);
  const misuse = { ...ask, body: { holdIds: [randomUUID()] } };
  refused(t, await bench.ask('POST', '/v1/orders', misuse), 'idempotency_key_reused');
  broken = false;
  const again = await bench.ask('POST', '/v1/orders', ask);
  t.is(again.status, 201);
  t.is(named.length, 2);
  t.is(named[0], named[1]);
  t.is(bench.sale.orders.size, 1);
});

test('a refusal forgets the key: the repeat tries again', async (t) => {
  let closed = true;
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      join: async (eventId, fanId) =>
        closed ? { kind: 'refused', code: 'line_closed' } : line.service.join(eventId, fanId),
    },
  }));
  const ask = { token: bench.fan.token, key: 'one' };
  refused(t, await bench.ask('POST', `/v1/events/${EVENT}/line`, ask), 'line_closed');
  closed = false;
  t.is((await bench.ask('POST', `/v1/events/${EVENT}/line`, ask)).status, 201);
});

test('with the idempotency store away a keyed request is refused before it does anything', async (t) => {
  const bench = await withServer(t, () => ({
    idempotency: {
      claim: async () => {
        throw new Error('no connection');
      },
      answer: async () => undefined,
      abandon: async () => undefined,
      release: async () => undefined,
    },
  }));
  const ask = { token: bench.fan.token, key: 'one' };
  refused(t, await bench.ask('POST', `/v1/events/${EVENT}/line`, ask), 'unavailable');
  t.is(bench.line.places.size, 0);
});
