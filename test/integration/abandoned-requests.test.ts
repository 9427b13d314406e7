import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'ava';
import { ask, newKey } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import type { OrderDocument } from '../support/fan.ts';
import { seededRandom } from '../sandbox/support.ts';

const FANS = 8;
const VISITS = 600;
const AT_ONCE = 40;
/** From before the request has been read to well after most answers. */
const LONGEST_MS = 60;

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const written = ({ method, path, token, headers = {}, body }: Wish): string => {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: catraca',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
};

/** Asks, all of it or a part, and is gone at some moment: with a farewell, without one, or by a reset. */
const askAndLeave = (url: URL, text: string, next: () => number): Promise<void> =>
  new Promise((resolve) => {
    const [isCut, where, moment, way] = [next() < 0.25, next(), next(), next()];
    const socket = connect(Number(url.port), url.hostname);
    const leave = (): void => {
      if (way < 0.4) socket.destroy();
      else if (way < 0.8) socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    };
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
    socket.write(isCut ? text.slice(0, Math.floor(text.length * where)) : text, () => {
      if (moment < 0.3) setImmediate(leave);
      else setTimeout(leave, moment * LONGEST_MS);
    });
  });

const measured = async (url: string, name: string): Promise<number> => {
  const { text } = await ask(url, 'GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
};

test('fans who leave in the middle of any request leave nothing open, and find what was done under the same key', async (t) => {
  const app = await startTestApp(t, 'embedded');
  assert.ok(app !== null);
  const eventId = await app.createEvent({
    sections: [{ id: 'A', name: 'A', priceMinor: 100, rows: [{ name: '1', seats: 4 * FANS }] }],
  });
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const fans = await Promise.all(
    Array.from({ length: FANS }, async (_, index) => {
      const fan = await app.fan();
      await fan.comeIn(eventId);
      return { fan, wish: { sectionId: 'A', seatIds: [`A-1-${4 * index + 1}`] }, key: newKey() };
    }),
  );
  const wishes = fans.flatMap(({ fan: { token, place, pass }, wish, key }): Wish[] => [
    { method: 'GET', path: `/v1/events/${eventId}/line/stream` },
    { method: 'GET', path: `/v1/operator/events/${eventId}/stream`, token: app.operatorToken },
    { method: 'GET', path: `/v1/events/${eventId}/line/me`, token, headers: { 'catraca-place': place() } },
    { method: 'GET', path: `/v1/events/${eventId}/sections/A/seats` },
    { method: 'GET', path: '/v1/orders', token },
    { method: 'POST', path: '/v1/fans', body: {} },
    { method: 'POST', path: `/v1/events/${eventId}/line`, token },
    { method: 'POST', path: `/v1/events/${eventId}/admission`, token, body: { place: place() } },
    {
      method: 'POST',
      path: `/v1/events/${eventId}/holds`,
      token,
      headers: { 'catraca-pass': pass(), 'idempotency-key': key },
      body: wish,
    },
  ]);
  const url = new URL(app.url);
  let left = VISITS;
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const wish = wishes[Math.floor(random.next() * wishes.length)];
      assert.ok(wish !== undefined);
      await askAndLeave(url, written(wish), () => random.next());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));

  await eventually(async () => {
    for (const name of ['http_streams_open', 'http_requests_waiting'])
      assert.equal(await measured(app.url, name), 0, name);
    // The one that asks for the number.
    assert.ok((await measured(app.url, 'http_requests_under_way')) <= 1);
  });
  const orders = await Promise.all(
    fans.map(async ({ fan, wish, key }) => {
      const held = await eventually(async () => {
        const reply = await fan.tryHold(eventId, wish, { key });
        assert.notEqual(reply.body.code, 'idempotency_in_progress');
        return reply;
      });
      t.is(held.status, 201, held.text);
      t.deepEqual(held.body.seats, wish.seatIds);
      return fan.ask<OrderDocument>('POST', '/v1/orders', { body: { holdIds: [held.body.holdId] } });
    }),
  );
  t.deepEqual(
    orders.map((reply) => reply.status),
    fans.map(() => 201),
  );
  const { body } = await app.operator<{ seats: object }>('GET', `/events/${eventId}`);
  t.deepEqual(body.seats, { free: 3 * FANS, held: 0, paying: FANS, sold: 0 });
});
