import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import test from 'ava';
import { REFUSALS, RefusalError, refuse } from '../../src/domain/refusal.ts';
import { problemOf, STATUS_OF } from '../../src/http/problem.ts';
import { ELSEWHERE, EVENT } from './fakes.ts';
import { refused, withServer } from './with-server.ts';

test('every refusal of the catalogue has an error status', (t) => {
  for (const code of Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]) {
    t.true(STATUS_OF[code] >= 400 && STATUS_OF[code] < 600, code);
    t.is(problemOf(refuse(code), 'r').title, REFUSALS[code]);
  }
});

test('a path nobody has is not found', async (t) => {
  const bench = await withServer(t);
  for (const path of ['/', '/v1', '/v1/nothing', '/v1/events/', '/V1/events', '//v1/events']) {
    refused(t, await bench.ask('GET', path), 'not_found');
  }
});

test('a method a path does not take is refused with those it takes', async (t) => {
  const bench = await withServer(t);
  const reply = await bench.ask('PUT', `/v1/events/${EVENT}/line`);
  refused(t, reply, 'method_not_allowed');
  t.deepEqual((reply.headers.get('allow') ?? '').split(', ').sort(), ['GET', 'HEAD', 'POST']);
  const options = await fetch(`${bench.url}/v1/fans`, { method: 'OPTIONS' });
  t.is(options.status, 204);
  t.is(options.headers.get('allow'), 'POST');
});

const MALFORMED_IDS = [
  'x',
  '1',
  `${EVENT}0`,
  EVENT.toUpperCase().replaceAll('0', 'G'),
  '%E0%A4%A',
  "a'--",
  '..%2f..',
];

test('an id of the wrong shape is not found and never asked for', async (t) => {
  let asked = 0;
  const bench = await withServer(t, ({ sale, line }) => ({
    tickets: {
      ...sale.service,
      findEvent: async () => {
        asked += 1;
        return null;
      },
      seatMap: async () => {
        asked += 1;
        return refuse('not_found');
      },
      findOrder: async () => {
        asked += 1;
        return null;
      },
      findTicket: async () => {
        asked += 1;
        return null;
      },
    },
    waitingRoom: {
      ...line.service,
      frame: async () => {
        asked += 1;
        return null;
      },
    },
  }));
  const token = bench.fan.token;
  for (const id of MALFORMED_IDS) {
    for (const path of [
      `/v1/events/${id}`,
      `/v1/events/${id}/line`,
      `/v1/events/${EVENT}/sections/${id}'/seats`,
      `/v1/orders/${id}`,
      `/v1/tickets/${id}`,
      `/v1/tickets/${id}.svg`,
    ]) {
      refused(t, await bench.ask('GET', path, { token }), 'not_found');
    }
    refused(t, await bench.ask('DELETE', `/v1/holds/${id}`, { token }), 'not_found');
  }
  t.is(asked, 0);
});

test('what does not exist is not found', async (t) => {
  const bench = await withServer(t);
  for (const path of ['', '/line', '/line/stream', '/draw', '/sections/A/seats']) {
    refused(t, await bench.ask('GET', `/v1/events/${ELSEWHERE}${path}`), 'not_found');
  }
  refused(t, await bench.ask('GET', `/v1/events/${EVENT}/sections/B/seats`), 'not_found');
});

test('a body over the limit is refused, whether its length was announced or not', async (t) => {
  const bench = await withServer(t, () => ({ options: { bodyLimitBytes: 1_000 } }));
  const body = JSON.stringify({ holdIds: ['x'.repeat(1_000)] });
  refused(t, await bench.ask('POST', '/v1/orders', { token: bench.fan.token, body }), 'payload_too_large');
  const chunked = request(`${bench.url}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.fan.token}`, 'content-type': 'application/json' },
  });
  chunked.write(body.slice(0, 600));
  chunked.end(body.slice(600));
  const [response] = (await once(chunked, 'response')) as [IncomingMessage];
  t.is(response.statusCode, 413);
  response.resume();
});

test('an event’s definition may be larger than other bodies', async (t) => {
  const bench = await withServer(t);
  const body = `{"name":"${'x'.repeat(100_000)}"}`;
  refused(
    t,
    await bench.ask('POST', '/v1/operator/events', { token: bench.operator, body }),
    'invalid_request',
  );
});

test('only JSON in UTF-8, not compressed, is taken', async (t) => {
  const bench = await withServer(t);
  const wrong: readonly Record<string, string>[] = [
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ];
  for (const headers of wrong) {
    const reply = await bench.ask('POST', '/v1/orders', { token: bench.fan.token, body: '{}', headers });
    refused(t, reply, 'unsupported_media_type');
  }
  const fine = { 'content-type': 'application/json; charset=UTF-8' };
  const reply = await bench.ask('POST', '/v1/orders', { token: bench.fan.token, body: '{}', headers: fine });
  refused(t, reply, 'invalid_request');
});

test('a request of the wrong form is told which members are wrong', async (t) => {
  const bench = await withServer(t);
  const reply = await bench.ask('POST', '/v1/orders', { token: bench.fan.token, body: { holdIds: [7] } });
  refused(t, reply, 'invalid_request');
  const { errors } = reply.body as unknown as { errors: { path: string }[] };
  t.deepEqual(
    errors.map((error) => error.path),
    ['holdIds.0'],
  );
  const query = await bench.ask('GET', '/v1/operator/audit?limit=0', { token: bench.viewer });
  t.deepEqual(
    (query.body as unknown as { errors: { path: string }[] }).errors.map((error) => error.path),
    ['query.limit'],
  );
});

test('a fault tells its request id and nothing of itself', async (t) => {
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      listEvents: async () => {
        throw new Error('password of the database is hunter2');
      },
    },
  }));
  const reply = await bench.ask('GET', '/v1/events', { headers: { 'x-request-id': 'abc-1' } });
  refused(t, reply, 'internal');
  t.notRegex(reply.text, /hunter2|at .*\.ts/);
  t.is((reply.body as unknown as { instance: string }).instance, 'abc-1');
  const line = bench.logged.find((one) => one.level === 'error');
  t.like(line?.fields, { requestId: 'abc-1' });
  t.regex(String(line?.fields['err']), /hunter2/);
});

test('refusals are the same thrown and returned, and say when to try again', async (t) => {
  for (const thrown of [true, false]) {
    const refusal = refuse('overloaded', { retryAfterMs: 1_200 });
    const bench = await withServer(t, ({ line }) => ({
      waitingRoom: {
        ...line.service,
        join: async () => {
          if (thrown) throw new RefusalError(refusal);
          return refusal;
        },
      },
    }));
    const reply = await bench.ask('POST', `/v1/events/${EVENT}/line`, { token: bench.fan.token });
    refused(t, reply, 'overloaded');
    const { retryAfterMs } = reply.body as unknown as { retryAfterMs: number };
    t.true(retryAfterMs >= 1_200 && retryAfterMs <= 2_400, `${retryAfterMs}`);
    t.is(reply.headers.get('retry-after'), String(Math.ceil(retryAfterMs / 1_000)));
  }
});

test('what is not HTTP is answered as such and cut', async (t) => {
  const bench = await withServer(t);
  const socket = connect(Number(new URL(bench.url).port), '127.0.0.1');
  socket.write('NOT HTTP AT ALL\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  t.regex(text, /^HTTP\/1\.1 400 /);
  t.regex(text, /"code":"invalid_request"/);
});
