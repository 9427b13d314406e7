import { randomUUID } from 'node:crypto';
import test from 'ava';
import { decodeQR } from 'qr/decode.js';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { EVENT, NOW_MS } from './fakes.ts';
import { refused, withServer, type Bench } from './with-server.ts';

interface TicketBody {
  readonly code: string;
  readonly svgUrl: string;
}

const issued = (bench: Bench, voided = false): string => {
  const ticketId = randomUUID();
  bench.sale.tickets.set(ticketId, {
    ticketId,
    orderId: randomUUID(),
    eventId: EVENT,
    fanId: bench.fan.id,
    seatId: 'A-1-2',
    issuedAtMs: NOW_MS,
    voided,
  });
  return ticketId;
};

test('a door checks a ticket with the public keys alone', async (t) => {
  const bench = await withServer(t);
  const ticketId = issued(bench);
  const { code } = (await bench.ask('GET', `/v1/tickets/${ticketId}`, { token: bench.fan.token }))
    .body as unknown as TicketBody;
  const keys = (await bench.ask('GET', '/v1/tickets/keys')).body as unknown as JSONWebKeySet;
  const { payload, protectedHeader } = await compactVerify(code, createLocalJWKSet(keys));
  t.is(protectedHeader.alg, 'EdDSA');
  t.like(JSON.parse(new TextDecoder().decode(payload)) as object, {
    tid: ticketId,
    evt: EVENT,
    seat: 'A-1-2',
  });
  t.false(JSON.stringify(keys).includes('"d"'), 'the private part stays here');
});

const SCALE = 4;

/** Paints the image (unit squares, each a subpath) as pixels, to be read as a camera would. */
const paint = (svg: string) => {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]) * SCALE;
  const data = new Uint8Array(side * side * 4).fill(255);
  let [x, y] = [0, 0];
  for (const [, move, dx, dy] of svg.matchAll(/([Mm])(-?\d+) ?(-?\d+)h1v1/g)) {
    [x, y] = move === 'M' ? [Number(dx), Number(dy)] : [x + Number(dx), y + Number(dy)];
    for (let row = y * SCALE; row < (y + 1) * SCALE; row += 1) {
      for (let column = x * SCALE; column < (x + 1) * SCALE; column += 1) {
        data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
      }
    }
  }
  return { width: side, height: side, data };
};

test('the QR image reads as the code', async (t) => {
  const bench = await withServer(t);
  const ticketId = issued(bench);
  const ticket = (await bench.ask('GET', `/v1/tickets/${ticketId}`, { token: bench.fan.token }))
    .body as unknown as TicketBody;
  const response = await fetch(`${bench.url}${ticket.svgUrl}`);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'image/svg+xml');
  t.is(response.headers.get('cache-control'), 'no-store');
  t.is(decodeQR(paint(await response.text())), ticket.code);
});

test('the image is for the owner or for who has the code; who has only the id gets nothing', async (t) => {
  const bench = await withServer(t);
  const [ticketId, another] = [issued(bench), issued(bench)];
  const svg = `/v1/tickets/${ticketId}.svg`;
  t.is(
    (await fetch(`${bench.url}${svg}`, { headers: { authorization: `Bearer ${bench.fan.token}` } })).status,
    200,
  );
  const { code } = (await bench.ask('GET', `/v1/tickets/${another}`, { token: bench.fan.token }))
    .body as unknown as TicketBody;
  refused(t, await bench.ask('GET', svg), 'not_found');
  refused(t, await bench.ask('GET', svg, { token: bench.stranger.token }), 'not_found');
  refused(t, await bench.ask('GET', svg, { token: bench.operator }), 'not_found');
  refused(t, await bench.ask('GET', `${svg}?code=${code}`), 'not_found');
  refused(t, await bench.ask('GET', `${svg}?code=`), 'not_found');
  refused(t, await bench.ask('GET', `/v1/tickets/${ticketId}`, { token: bench.stranger.token }), 'not_found');
  refused(t, await bench.ask('GET', `/v1/tickets/${ticketId}`), 'unauthenticated');
  refused(t, await bench.ask('GET', `/v1/tickets/${randomUUID()}`, { token: bench.fan.token }), 'not_found');
});

test('a void ticket has no code and no image', async (t) => {
  const bench = await withServer(t);
  const ticketId = issued(bench, true);
  const reply = await bench.ask('GET', `/v1/tickets/${ticketId}`, { token: bench.fan.token });
  t.like(reply.body, { voided: true, code: null, svgUrl: null });
  refused(t, await bench.ask('GET', `/v1/tickets/${ticketId}.svg`, { token: bench.fan.token }), 'not_found');
});

test('links are absolute where the public address is known', async (t) => {
  const bench = await withServer(t, () => ({ options: { publicUrl: 'https://catraca.test' } }));
  const reply = await bench.ask('GET', `/v1/tickets/${issued(bench)}`, { token: bench.fan.token });
  t.regex(
    (reply.body as unknown as TicketBody).svgUrl,
    /^https:\/\/catraca\.test\/v1\/tickets\/.*\.svg\?code=/,
  );
});
