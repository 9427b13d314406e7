import test, { type ExecutionContext } from 'ava';
import { createClient } from '../../src/rush/client.ts';
import { crowdOf, type Persona } from '../../src/rush/crowd.ts';
import { runFan } from '../../src/rush/fan.ts';
import { createLineBoard } from '../../src/rush/line-board.ts';
import { createMemory } from '../../src/rush/memory.ts';
import { createTally } from '../../src/rush/tally.ts';
import { createSeatBoard, type World } from '../../src/rush/world.ts';
import { numberIn } from '../../src/domain/lanes.ts';
import { fakeServer, type Script, type Seen } from './fake-server.ts';

const EVENT = 'event-1';
const TAKEN = { fanId: 'fan-1', token: 'token-2', place: 'place-2', number: 5, recoveryCode: 'code-2' };
const HOLD = {
  holdId: 'hold-1',
  sectionId: 'A',
  seats: ['A-1-1', 'A-1-2'],
  amountMinor: 2_000,
  expiresAt: '2099-01-01T00:00:00.000Z',
};

const persona = (change: Partial<Persona> = {}): Persona => ({
  ...(crowdOf({ fans: 1, durationMs: 1, seed: 1, seatsPerFan: 4 })[0] as Persona),
  index: 1,
  wantsFrontRow: true,
  namesSeats: true,
  quantity: 2,
  linePatienceMs: 60_000,
  lateMs: 0,
  shopPatienceMs: 20_000,
  thinkMs: 1,
  ending: 'pays',
  takesAlong: false,
  doubleClicks: false,
  hangsUpAfterMs: null,
  streams: false,
  ...change,
});

/** A sale in which everything goes well; `twist` may answer instead, or say `AS_USUAL`. */
const sale = (origin: () => string, twist: Script): Script => {
  let paid = false;
  let takenAlong = false;
  const order = () => ({
    orderId: 'order-1',
    status: paid ? 'confirmed' : 'awaiting_payment',
    amountMinor: 2_000,
    checkoutUrl: `${origin()}/pay/pi_1`,
    payBy: '2099-01-01T00:00:00.000Z',
    seats: HOLD.seats,
    tickets: paid
      ? HOLD.seats.map((seatId) => ({ ticketId: `t-${seatId}`, seatId, code: `c-${seatId}` }))
      : [],
  });
  const routes: Readonly<Record<string, (seen: Seen) => { status: number; body?: unknown }>> = {
    'POST /v1/fans': () => ({ status: 201, body: { fanId: 'fan-1', token: 'token-1' } }),
    [`POST /v1/events/${EVENT}/line`]: () => ({
      status: 201,
      body: { place: 'place-1', number: 5, recoveryCode: 'code-1' },
    }),
    [`POST /v1/events/${EVENT}/line/recovery`]: ({ body }) => {
      if ((body as { code: string }).code !== 'code-1')
        return { status: 404, body: { code: 'recovery_code_invalid' } };
      takenAlong = true;
      return { status: 200, body: TAKEN };
    },
    [`GET /v1/events/${EVENT}/line`]: () => ({
      status: 200,
      body: {
        serving: 5,
        joined: 9,
        inside: 1,
        ratePerMinute: 60,
        reason: 'rate',
        at: new Date().toISOString(),
      },
    }),
    [`POST /v1/events/${EVENT}/admission`]: ({ body }) =>
      takenAlong && (body as { place: string }).place === 'place-1'
        ? { status: 409, body: { code: 'place_handed_over' } }
        : { status: 201, body: { pass: 'pass-1', expiresAt: '' } },
    [`DELETE /v1/events/${EVENT}/admission`]: () => ({ status: 204 }),
    [`GET /v1/events/${EVENT}/sections/A/seats`]: () => ({
      status: 200,
      body: {
        seats: HOLD.seats.map((seatId, index) => ({ seatId, row: '1', number: index + 1, status: 'free' })),
      },
    }),
    [`POST /v1/events/${EVENT}/holds`]: () => ({ status: 201, body: HOLD }),
    'DELETE /v1/holds/hold-1': () => ({ status: 204 }),
    'POST /v1/orders': () => ({ status: 201, body: order() }),
    'GET /v1/orders/order-1': () => ({ status: 200, body: order() }),
    'DELETE /v1/orders/order-1': () => ({ status: 200, body: order() }),
    'POST /pay/pi_1/pay': ({ body }) => {
      if ((body as { card: string }).card !== '4242424242424242') {
        return { status: 402, body: { error: { code: 'card_declined' } } };
      }
      paid = true;
      return { status: 200, body: {} };
    },
  };
  return (seen) => {
    const name = `${seen.method} ${seen.path}`;
    const answer = twist(seen);
    if (answer === null || answer.status !== 0) return answer;
    return routes[name]?.(seen) ?? { status: 404, body: { code: 'not_found' } };
  };
};

const AS_USUAL = { status: 0 } as const;

const live = async (
  t: ExecutionContext,
  who: Persona,
  twist: Script = () => AS_USUAL,
  lanes: World['lanes'] = null,
) => {
  let url = '';
  const server = await fakeServer(
    t,
    sale(() => url, twist),
  );
  url = server.url;
  const tally = createTally(1);
  const memory = createMemory();
  const client = createClient({ url, tally, sockets: 8, timeoutMs: 5_000 });
  const board = createLineBoard(client, `/v1/events/${EVENT}/line`, memory);
  t.teardown(() => {
    board.stop();
    client.close();
  });
  const world: World = {
    eventId: EVENT,
    sectionIds: ['A'],
    lanes,
    client,
    board,
    memory,
    tally,
    waitForSeatsMs: 60_000,
    takesBack: false,
    now: () => Date.now(),
    // Short: what is tested is the order of things, not how long a fan thinks.
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5))),
    stopped: () => false,
    soldOut: () => false,
    seatsOf: createSeatBoard(client, EVENT),
  };
  const outcome = await runFan(world, who, performance.now());
  const asked = (name: string) => server.seen.filter((seen) => `${seen.method} ${seen.path}` === name);
  return { outcome, asked, tally, history: memory.history(EVENT) };
};

const HOLDS = `POST /v1/events/${EVENT}/holds`;

test('a place that was taken to another device is used from there, and the old device is held to be refused', async (t) => {
  const { outcome, asked, tally, history } = await live(t, persona({ takesAlong: true }));
  t.is(outcome, 'bought');
  const redeemed = asked(`POST /v1/events/${EVENT}/admission`).map(({ token, body }) => [token, body]);
  t.deepEqual(redeemed, [
    ['Bearer token-1', { place: 'place-1' }],
    ['Bearer token-2', { place: 'place-2' }],
  ]);
  t.is(asked('POST /v1/orders')[0]?.token, 'Bearer token-2');
  t.is(tally.counts.handed_over, 1);
  t.deepEqual(history.untruths, []);
});

test('a server that lets the old device in, or gives another fan the place, is found out', async (t) => {
  const lies: readonly (readonly [string, unknown, RegExp])[] = [
    ['admission', { pass: 'pass-1', expiresAt: '' }, /had gone to another device/],
    ['line/recovery', { ...TAKEN, fanId: 'fan-2' }, /became 5 of fan-2/],
    ['line/recovery', { ...TAKEN, number: 6 }, /became 6 of fan-1/],
  ];
  for (const [path, body, found] of lies) {
    const { history } = await live(t, persona({ takesAlong: true, linePatienceMs: 100 }), (seen) =>
      `${seen.method} ${seen.path}` === `POST /v1/events/${EVENT}/${path}` ? { status: 200, body } : AS_USUAL,
    );
    t.regex(history.untruths[0] ?? '', found);
  }
});

const LANES = {
  ids: ['geral', 'clube'],
  open: ['geral'],
  coded: ['clube'],
  codes: [{ text: 'GOOD', laneId: 'clube' }],
};
const JOIN = `POST /v1/events/${EVENT}/line`;

/** A door that knows one code; `lane`: where whoever brings none comes to stand. */
const door =
  (code: string | null): Script =>
  ({ method, path, body }) => {
    if (`${method} ${path}` === `GET /v1/events/${EVENT}/line`) {
      const lanes = LANES.ids.map((id) => ({ id, serving: 5 }));
      return { status: 200, body: { serving: 0, joined: 9, inside: 1, lanes, at: new Date().toISOString() } };
    }
    if (`${method} ${path}` !== JOIN) return AS_USUAL;
    const asked = (body ?? {}) as { code?: string; lane?: string };
    const isRefused = asked.code !== undefined ? asked.code !== code : asked.lane === 'clube';
    if (isRefused && code !== null) return { status: 403, body: { code: 'code_invalid' } };
    const lane = asked.code === undefined ? 'geral' : 'clube';
    return { status: 201, body: { place: 'place-1', number: 5, lane, recoveryCode: 'code-1' } };
  };

test('a code leads into its lane, and what it opened is remembered', async (t) => {
  const { outcome, history, asked } = await live(t, persona({ wayIn: 'code' }), door('GOOD'), LANES);
  t.is(outcome, 'bought');
  t.deepEqual(asked(JOIN)[0]?.body, { code: 'GOOD' });
  t.deepEqual(history.lanesOpened, [{ fanId: 'fan-1', laneId: 'clube' }]);
  t.deepEqual(history.placesTold, [{ fanId: 'fan-1', number: numberIn(1, 5) }]);
});

test('who is refused with a code or at a lane that asks for one joins as everybody does', async (t) => {
  for (const wayIn of ['code', 'made_up_code', 'coded_lane'] as const) {
    const { outcome, history, asked } = await live(t, persona({ wayIn }), door('ANOTHER'), LANES);
    t.is(outcome, 'bought', wayIn);
    t.is(asked(JOIN).length, 2);
    t.deepEqual(history.lanesOpened, []);
    t.deepEqual(history.placesTold, [{ fanId: 'fan-1', number: 5 }]);
    t.deepEqual(history.untruths, []);
  }
});

test('a server that lets in whoever has no code is found out', async (t) => {
  for (const wayIn of ['made_up_code', 'coded_lane'] as const) {
    const { history } = await live(t, persona({ wayIn }), door(null), LANES);
    t.regex(history.untruths[0] ?? '', /was let in without a code/);
  }
});

test('a fan who pays is told tickets, remembers them and leaves', async (t) => {
  const { outcome, asked, history, tally } = await live(t, persona());
  t.is(outcome, 'bought');
  t.deepEqual(asked(HOLDS)[0]?.body, { sectionId: 'A', seatIds: ['A-1-1', 'A-1-2'] });
  t.is(asked('POST /v1/orders')[0]?.token, 'Bearer token-1');
  t.is(asked(`DELETE /v1/events/${EVENT}/admission`).length, 1);
  t.deepEqual(history.salesTold[0]?.tickets, [
    { ticketId: 't-A-1-1', seatId: 'A-1-1' },
    { ticketId: 't-A-1-2', seatId: 'A-1-2' },
  ]);
  t.deepEqual(history.untruths, []);
  t.is(tally.states.gone, 1);
  t.is(tally.outcomes.bought, 1);
});

test('a fan with a declined card pays with another one', async (t) => {
  const { outcome, asked, tally } = await live(t, persona({ ending: 'declined_first' }));
  t.is(outcome, 'bought');
  t.is(asked('POST /pay/pi_1/pay').length, 2);
  t.is(tally.counts.declines, 1);
});

test('a fan who changes their mind gives the seats back, and the time is remembered', async (t) => {
  const { outcome, asked, history } = await live(t, persona({ ending: 'releases' }));
  t.is(outcome, 'gave_seats_back');
  t.is(asked('DELETE /v1/holds/hold-1').length, 1);
  t.not(history.holdsTold[0]?.releasedAtMs, null);
});

test('nobody vanishes with seats that would not come back in time', async (t) => {
  const { outcome, asked } = await live(t, persona({ ending: 'vanishes' }));
  t.is(outcome, 'cancelled');
  t.is(asked('DELETE /v1/orders/order-1').length, 1);
});

test('a double click is two requests with one key, and both ids are remembered', async (t) => {
  const { asked, history } = await live(t, persona({ doubleClicks: true }));
  const [first, second] = asked(HOLDS);
  t.is(asked(HOLDS).length, 2);
  t.truthy(first?.key);
  t.is(first?.key, second?.key ?? '');
  t.deepEqual(history.repeats[0]?.ids, ['hold-1', 'hold-1']);
});

test('who hung up asks again with the same key', async (t) => {
  let holds = 0;
  const { outcome, asked, history } = await live(t, persona({ hangsUpAfterMs: 20 }), (seen) => {
    if (`${seen.method} ${seen.path}` !== HOLDS) return AS_USUAL;
    holds += 1;
    return holds === 1 ? null : AS_USUAL;
  });
  t.is(outcome, 'bought');
  t.is(asked(HOLDS).length, 2);
  t.is(asked(HOLDS)[0]?.key, asked(HOLDS)[1]?.key ?? '');
  t.deepEqual(history.unknown, []);
});

test('a taken seat is no end: the fan looks again, under a new key', async (t) => {
  let holds = 0;
  const { outcome, asked, tally } = await live(t, persona(), (seen) => {
    if (`${seen.method} ${seen.path}` !== HOLDS) return AS_USUAL;
    holds += 1;
    return holds === 1 ? { status: 409, body: { code: 'seat_taken' } } : AS_USUAL;
  });
  t.is(outcome, 'bought');
  t.not(asked(HOLDS)[0]?.key, asked(HOLDS)[1]?.key ?? null);
  t.is(tally.refusals.get('seat_taken'), 1);
});

test('an unavailable server is asked again with the same key; nothing is unknown after a clear answer', async (t) => {
  let holds = 0;
  const { outcome, asked, history } = await live(t, persona(), (seen) => {
    if (`${seen.method} ${seen.path}` !== HOLDS) return AS_USUAL;
    holds += 1;
    return holds < 3 ? { status: 503, body: { code: 'unavailable' } } : AS_USUAL;
  });
  t.is(outcome, 'bought');
  t.is(new Set(asked(HOLDS).map((seen) => seen.key)).size, 1);
  t.deepEqual(history.unknown, []);
});

test('a refusal after an unknown outcome leaves it open that the first try was granted', async (t) => {
  let holds = 0;
  const { history } = await live(t, persona({ ending: 'releases' }), (seen) => {
    if (`${seen.method} ${seen.path}` !== HOLDS) return AS_USUAL;
    holds += 1;
    if (holds === 1) return { status: 503, body: { code: 'outcome_unknown' } };
    return holds === 2 ? { status: 409, body: { code: 'seat_taken' } } : AS_USUAL;
  });
  t.deepEqual(history.unknown, [{ fanId: 'fan-1', what: 'hold' }]);
});

test('an answer that does not fit its request is an untruth', async (t) => {
  const { history } = await live(t, persona({ ending: 'releases' }), (seen) =>
    `${seen.method} ${seen.path}` === HOLDS
      ? { status: 201, body: { ...HOLD, seats: ['A-9-9', 'A-1-2'] } }
      : AS_USUAL,
  );
  t.is(history.untruths.length, 1);
});

test('a fan whose patience ends in line goes home without asking to come in', async (t) => {
  const { outcome, asked } = await live(t, persona({ linePatienceMs: 0 }), (seen) =>
    `${seen.method} ${seen.path}` === `GET /v1/events/${EVENT}/line`
      ? { status: 200, body: { epoch: 1, asOf: null, serving: 1, joined: 9 } }
      : AS_USUAL,
  );
  t.is(outcome, 'gave_up_in_line');
  t.is(asked(`POST /v1/events/${EVENT}/admission`).length, 0);
});
