import { connect, type Socket } from 'node:net';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../support/eventually.ts';
import { EVENT } from './fakes.ts';
import type { WaitingRequestsOptions } from '../../src/domain/waiting-requests.ts';
import { refused, withServer, type Ask, type Bench, type Reply } from './with-server.ts';

/** The least there is: the limit has no room to move, so that no busy machine changes what these tests see. */
const LIMIT = 16;
const HOLD = '0190a000-0000-7000-8000-00000000aaaa';

/** One request of each priority that answers at once, the dearest first, and how many may be under way before it. */
const PROBES: readonly (readonly [name: string, below: number, method: string, path: string])[] = [
  ['pay', 15.2, 'GET', `/v1/orders/${HOLD}`],
  ['hold', 14.4, 'POST', `/v1/events/${EVENT}/holds`],
  ['release', 13.6, 'DELETE', `/v1/holds/${HOLD}`],
  ['map', 12, 'GET', `/v1/events/${EVENT}/sections/A/seats`],
  ['join', 10.4, 'POST', `/v1/events/${EVENT}/line`],
  ['poll', 8, 'GET', `/v1/events/${EVENT}/line`],
];
const WEBHOOK = '/v1/payments/webhooks/stripe';
const WEBHOOK_REST = 'Stripe-Signature: s\r\nContent-Length: 2';

interface Crowd {
  readonly bench: Bench;
  /** One more request that is under way until `letGo`. */
  readonly more: () => Promise<void>;
  readonly letGo: () => Promise<void>;
  /** Keys that were claimed in the store. */
  readonly claimed: () => number;
}

const send = async (bench: Bench, text: string): Promise<Socket> => {
  const socket = connect(Number(new URL(bench.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
};

const postHead = (bench: Bench, path: string, more: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${bench.fan.token}\r\n${more}\r\n\r\n`;

const withCrowd = async (t: ExecutionContext, refusing?: WaitingRequestsOptions): Promise<Crowd> => {
  const waiting: (() => void)[] = [];
  let claims = 0;
  const bench = await withServer(t, ({ sale }) => ({
    options: { maxInFlight: LIMIT, ...(refusing === undefined ? {} : { refusing }) },
    payments: {
      ...sale.payments,
      receiveWebhook: async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return 'accepted';
      },
    },
  }));
  const { store } = bench.idempotency;
  const claim = store.claim.bind(store);
  Object.assign(store, {
    claim: (...args: Parameters<typeof claim>) => {
      claims += 1;
      return claim(...args);
    },
  });
  const answers: Promise<unknown>[] = [];
  return {
    bench,
    claimed: () => claims,
    async more() {
      const before = waiting.length;
      // Not with a client that gives up after some seconds: on a busy machine the test takes longer.
      const socket = await send(bench, postHead(bench, WEBHOOK, WEBHOOK_REST) + '{}');
      t.teardown(() => socket.destroy());
      answers.push(once(socket, 'data'));
      await eventually(() => assert.equal(waiting.length, before + 1));
    },
    async letGo() {
      for (const one of waiting.splice(0)) one();
      await Promise.all(answers.splice(0));
    },
  };
};

const probe = (bench: Bench, method: string, path: string, more: Ask = {}) =>
  bench.ask(method, path, { token: bench.fan.token, ...more });

test('the least dear is refused first: poll, join, map, release, hold, pay, and only then what was paid', async (t) => {
  const { bench, more, letGo } = await withCrowd(t);
  for (let underWay = 0; underWay < LIMIT; underWay += 1) {
    for (const [name, below, method, path] of PROBES) {
      const reply = await probe(bench, method, path);
      t.is(reply.body.code === 'overloaded', underWay >= below, `${name} with ${underWay} under way`);
    }
    await more();
  }
  refused(
    t,
    await bench.ask('POST', WEBHOOK, { headers: { 'stripe-signature': 's' }, body: {} }),
    'overloaded',
  );
  t.is((await bench.ask('GET', '/livez')).status, 200, 'a full house is no dead one');
  t.is((await bench.ask('GET', '/v1/operator/actors', { token: bench.operator })).status, 200);
  await letGo();
  for (const [name, , method, path] of PROBES) {
    t.not((await probe(bench, method, path)).body.code, 'overloaded', name);
  }
  const { text } = await bench.ask('GET', '/metrics');
  t.regex(text, /http_requests_refused_total\{priority="poll"\} 8/);
});

test('a refusal says when to come back, each a little differently, and is no more than that', async (t) => {
  const { bench, more, letGo } = await withCrowd(t);
  for (let underWay = 0; underWay < LIMIT; underWay += 1) await more();
  const waits = new Set<number>();
  for (let count = 0; count < 20; count += 1) {
    const reply = await probe(bench, 'GET', `/v1/events/${EVENT}/line?x=${count}`);
    refused(t, reply, 'overloaded');
    const { retryAfterMs, instance } = reply.body as unknown as { retryAfterMs: number; instance: string };
    t.true(retryAfterMs >= 2_000 && retryAfterMs <= 4_000, `${retryAfterMs}`);
    t.is(reply.headers.get('retry-after'), String(Math.ceil(retryAfterMs / 1_000)));
    t.is(reply.headers.get('x-request-id'), instance);
    t.is(reply.headers.get('x-content-type-options'), 'nosniff');
    waits.add(retryAfterMs);
  }
  t.true(waits.size > 5, [...waits].join(' '));
  const named = await probe(bench, 'GET', '/v1/events', { headers: { 'x-request-id': 'mine-1' } });
  t.like(named.body, { code: 'overloaded', instance: 'mine-1' });
  const head = await fetch(`${bench.url}/v1/events`, { method: 'HEAD' });
  t.is(head.status, 503);
  await letGo();
});

test('a refusal waits for no body, looks at no token and claims no key', async (t) => {
  const { bench, more, letGo, claimed } = await withCrowd(t);
  for (let underWay = 0; underWay < LIMIT; underWay += 1) await more();
  // The body is announced and never comes.
  const head = postHead(bench, `/v1/events/${EVENT}/line`, 'Content-Length: 1000\r\nIdempotency-Key: a-key');
  const socket = await send(bench, head);
  t.teardown(() => socket.destroy());
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.regex(answer.toString(), /^HTTP\/1\.1 503 [\s\S]*"code":"overloaded"/);
  const invalid = await probe(bench, 'POST', `/v1/events/${EVENT}/line`, { token: 'no token at all' });
  refused(t, invalid, 'overloaded');
  t.is(claimed(), 0);
  await letGo();
});

test('who sends a body slowly takes no place, and gets an answer when it is there', async (t) => {
  const { bench } = await withCrowd(t);
  const body = '{"a":1}';
  const head = postHead(bench, `/v1/events/${EVENT}/holds`, `Content-Length: ${body.length}`);
  const sockets: Socket[] = [];
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  for (let count = 0; count < 3 * LIMIT; count += 1) {
    sockets.push(await send(bench, head + body.slice(0, 2)));
    t.is((await probe(bench, 'GET', `/v1/events/${EVENT}/line`)).status, 200);
  }
  const [first] = sockets;
  first?.write(body.slice(2));
  const [answer] = (await once(first as Socket, 'data')) as [Buffer];
  t.regex(answer.toString(), /^HTTP\/1\.1 40/);
});

test('an open stream takes no place', async (t) => {
  const { bench } = await withCrowd(t);
  const leave = new AbortController();
  for (let count = 0; count < 2 * LIMIT; count += 1) {
    const stream = await fetch(`${bench.url}/v1/events/${EVENT}/line/stream`, { signal: leave.signal });
    t.is(stream.status, 200);
  }
  t.is((await probe(bench, 'GET', `/v1/events/${EVENT}/line`)).status, 200);
  leave.abort();
});

test('of a client that left, the work still counts until it is done', async (t) => {
  const { bench, more, letGo } = await withCrowd(t);
  for (let underWay = 0; underWay < 7; underWay += 1) await more();
  const gone = await send(bench, postHead(bench, WEBHOOK, WEBHOOK_REST) + '{}');
  const line = `/v1/events/${EVENT}/line`;
  await eventually(async () => assert.equal((await probe(bench, 'GET', line)).status, 503));
  gone.destroy();
  await once(gone, 'close');
  for (let count = 0; count < 5; count += 1) refused(t, await probe(bench, 'GET', line), 'overloaded');
  await letGo();
  await eventually(async () => assert.equal((await probe(bench, 'GET', line)).status, 200));
});

/** A full house in which saying no is dear: one refusal at once, and no more. */
const withDearRefusals = async (t: ExecutionContext, patienceMs: number) => {
  const crowd = await withCrowd(t, { refusalsPerSecond: 0, burst: 1, patienceMs, most: 8 });
  for (let underWay = 0; underWay < LIMIT; underWay += 1) await crowd.more();
  const ask = (): Promise<Reply> => probe(crowd.bench, 'GET', `/v1/events/${EVENT}/line`);
  const waits = (count: number): Promise<void> =>
    eventually(async () => {
      const { text } = await crowd.bench.ask('GET', '/metrics');
      assert.match(text, new RegExp(`http_requests_waiting ${count}\\b`));
    });
  return { ...crowd, ask, waits };
};

test('when saying no to everybody would cost too much, one waits for a place and gets it when it is free', async (t) => {
  const { ask, waits, letGo } = await withDearRefusals(t, 60_000);
  t.is((await ask()).status, 503, 'the first no is to be had at once');
  const answer = ask();
  await waits(1);
  await letGo();
  t.is((await answer).status, 200);
});

test('whoever waits too long for a place is refused', async (t) => {
  const { ask, letGo } = await withDearRefusals(t, 100);
  for (let count = 0; count < 3; count += 1) refused(t, await ask(), 'overloaded');
  await letGo();
});

test('of a client that gives up while it waits for a place, nothing is begun', async (t) => {
  const { bench, ask, waits, letGo, claimed } = await withDearRefusals(t, 60_000);
  refused(t, await ask(), 'overloaded');
  const gone = await send(
    bench,
    postHead(bench, `/v1/events/${EVENT}/line`, 'Content-Length: 2\r\nIdempotency-Key: a-key') + '{}',
  );
  await waits(1);
  gone.destroy();
  await waits(0);
  await letGo();
  t.is((await ask()).status, 200);
  t.is(claimed(), 0);
});

test('nobody waits for a place in a server that stops', async (t) => {
  const { bench, ask, waits, letGo } = await withDearRefusals(t, 60_000);
  refused(t, await ask(), 'overloaded');
  const answer = ask();
  await waits(1);
  const stopped = bench.server.stop(10_000);
  refused(t, await answer, 'overloaded');
  await letGo();
  await stopped;
});
