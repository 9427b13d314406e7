import { randomUUID } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import test from 'ava';
import { decodeQR } from 'qr/decode.js';
import type { Show } from '../../src/domain/show.ts';
import { EVENT, NOW_MS, passFor } from './fakes.ts';
import { refused, withServer, type Bench } from './with-server.ts';

const SHOW = {
  showAtMs: Date.parse('2026-12-20T23:30:00Z'),
  doorsAtMs: Date.parse('2026-12-20T22:00:00Z'),
  address: 'Rua da Aurora, 1; Recife',
};

/** A ticket of the fan's, and the code that stands for it. */
const issued = async (bench: Bench, show: Show = SHOW) => {
  const ticketId = randomUUID();
  const orderId = randomUUID();
  bench.sale.tickets.set(ticketId, {
    ticketId,
    orderId,
    eventId: EVENT,
    fanId: bench.fan.id,
    seatId: 'A-1-2',
    issuedAtMs: NOW_MS,
    voided: false,
  });
  const view = await bench.sale.service.findEvent(EVENT);
  if (view !== null) bench.sale.service.findEvent = async () => ({ ...view, event: { ...view.event, show } });
  const { body } = await bench.ask('GET', `/v1/tickets/${ticketId}`, { token: bench.fan.token });
  const { code, pdfUrl, icsUrl } = body as unknown as Record<'code' | 'pdfUrl' | 'icsUrl', string>;
  return { ticketId, orderId, code, pdfUrl, icsUrl };
};

/** What the pages of a PDF draw and say: its streams, unpacked. */
const streamsOf = (pdf: Buffer): readonly string[] => {
  const streams: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at !== -1; at = pdf.indexOf('stream\n', at + 1)) {
    const end = pdf.indexOf('\nendstream', at);
    if (pdf.subarray(at - 3, at).toString() === 'end' || end === -1) continue;
    try {
      streams.push(inflateSync(pdf.subarray(at + 7, end)).toString('latin1'));
    } catch {
      // Not packed: nothing that is drawn.
    }
  }
  return streams;
};

const contentOf = (pdf: Buffer): string => streamsOf(pdf).join('\n');

/** The text of a page: hexadecimal strings in the standard encoding of the fonts. */
const wordsOf = (content: string): string =>
  [...content.matchAll(/\[((?:<[0-9a-f]*>\s*-?[\d.]*\s*)+)\] TJ/g)]
    .map(([, parts = '']) =>
      [...parts.matchAll(/<([0-9a-f]*)>/g)]
        .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
        .join(''),
    )
    .join('\n');

const PIXELS = 4;
const BORDER = 4;

/** The bars that the page draws as the picture that a camera would see. */
const pictureOf = (content: string) => {
  const bars = [...content.matchAll(/([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re/g)].map(
    (match) => match.slice(1).map(Number) as [number, number, number, number],
  );
  const unit = Math.min(...bars.map(([, , width]) => width));
  const runs = bars.filter(([, , , height]) => Math.abs(height - unit) < 0.01);
  const left = Math.min(...runs.map(([x]) => x));
  const top = Math.min(...runs.map(([, y]) => y));
  const cells = runs.flatMap(([x, y, width]) =>
    Array.from({ length: Math.round(width / unit) }, (_, index) => [
      Math.round((x - left) / unit) + index,
      Math.round((y - top) / unit),
    ]),
  );
  const modules = Math.max(...cells.map(([x = 0]) => x)) + 1;
  const side = (modules + 2 * BORDER) * PIXELS;
  const data = new Uint8Array(side * side * 4).fill(255);
  for (const [x = 0, y = 0] of cells) {
    for (let row = (y + BORDER) * PIXELS; row < (y + BORDER + 1) * PIXELS; row += 1) {
      for (let column = (x + BORDER) * PIXELS; column < (x + BORDER + 1) * PIXELS; column += 1) {
        data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
      }
    }
  }
  return { width: side, height: side, data };
};

test('a ticket on paper carries the code that the door reads, the seat, and the times in the zone asked for', async (t) => {
  const bench = await withServer(t);
  const ticket = await issued(bench);
  const response = await fetch(`${bench.url}${ticket.pdfUrl}&lang=en&tz=America/Recife`);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'application/pdf');
  t.is(response.headers.get('cache-control'), 'no-store');
  t.is(response.headers.get('content-disposition'), 'attachment; filename="A-1-2.pdf"');
  const pdf = Buffer.from(await response.arrayBuffer());
  t.is(pdf.subarray(0, 5).toString(), '%PDF-');
  t.is(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length, 1);
  const content = contentOf(pdf);
  t.is(decodeQR(pictureOf(content)), ticket.code);
  const words = wordsOf(content);
  t.regex(words, /TICKET/);
  t.regex(words, /Rua da Aurora, 1; Recife/);
  t.regex(words, /Begins: Sunday.*20 December 2026.*20:30|Begins: Sunday, December 20, 2026.*08:30 PM/);
  t.regex(words, new RegExp(`Order ${ticket.orderId}`));
  const portuguese = Buffer.from(await (await fetch(`${bench.url}${ticket.pdfUrl}`)).arrayBuffer());
  t.regex(wordsOf(contentOf(portuguese)), /INGRESSO[\s\S]*Portas: domingo[\s\S]*22:00 UTC/);
});

test('an order on paper is a page a ticket for its owner, without those that are void', async (t) => {
  const bench = await withServer(t);
  const { token } = bench.fan;
  const tell = async (path: string, body: object) => {
    const headers = { 'catraca-pass': passFor(EVENT, bench.fan.id) };
    return (await bench.ask('POST', path, { token, body, headers })).body;
  };
  const { holdId } = await tell(`/v1/events/${EVENT}/holds`, { sectionId: 'A', seatIds: ['A-1-1', 'A-1-2'] });
  const { orderId = '' } = await tell('/v1/orders', { holdIds: [holdId] });
  const path = `/v1/orders/${orderId}/tickets.pdf`;
  refused(t, await bench.ask('GET', path, { token }), 'not_found');
  for (const [index, seatId] of ['A-1-1', 'A-1-2', 'A-1-3'].entries()) {
    const ticketId = randomUUID();
    const ticket = { ticketId, orderId, eventId: EVENT, fanId: bench.fan.id, seatId, issuedAtMs: NOW_MS };
    bench.sale.tickets.set(ticketId, { ...ticket, voided: index === 2 });
  }
  const response = await fetch(`${bench.url}${path}?lang=en&tz=America/Recife`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.is(response.status, 200);
  t.is(response.headers.get('content-disposition'), 'attachment; filename="tickets.pdf"');
  const pages = streamsOf(Buffer.from(await response.arrayBuffer())).filter((one) => / re\n/.test(one));
  const order = (await bench.ask('GET', `/v1/orders/${orderId}`, { token })).body as unknown as {
    readonly tickets: readonly { readonly code: string }[];
  };
  t.deepEqual(
    pages.map((page) => decodeQR(pictureOf(page))),
    order.tickets.map(({ code }) => code),
  );
  t.is(pages.length, 2);
  refused(t, await bench.ask('GET', path, { token: bench.stranger.token }), 'not_found');
  refused(t, await bench.ask('GET', path), 'unauthenticated');
});

/** The letters that a page with a font of its own can write, by the table it carries for whoever copies its text. */
const lettersOf = (content: string): string =>
  [...content.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)]
    .flatMap(([, table = '']) => [...table.matchAll(/<([0-9a-f]{4,8})>(?=[\s\]])/g)])
    .map(([, hex = '']) => String.fromCharCode(Number.parseInt(hex.slice(0, 4), 16)))
    .join('');

test('an address in Polish, Greek or Cyrillic letters is written in them, and one in letters that cannot be is marked as such', async (t) => {
  const printed = async (address: string) => {
    const bench = await withServer(t);
    const ticket = await issued(bench, { ...SHOW, address });
    const pdf = Buffer.from(await (await fetch(`${bench.url}${ticket.pdfUrl}`)).arrayBuffer());
    const content = contentOf(pdf);
    t.is(decodeQR(pictureOf(content)), ticket.code);
    return { fonts: pdf.toString('latin1').match(/\/FontName \/\S+/g) ?? [], content };
  };
  const address = 'ul. Łódzka 5, Αθήνα, Київ';
  const polish = await printed(address);
  t.true(polish.fonts.every((font) => /\+DejaVuSans/.test(font)) && polish.fonts.length > 0);
  const letters = lettersOf(polish.content);
  t.deepEqual(
    [...new Set(address)].filter((letter) => !letters.includes(letter)),
    [],
  );
  const arabic = await printed('شارع ١');
  t.false(/[\u0600-\u06FF]/.test(lettersOf(arabic.content)));
  t.true(lettersOf(arabic.content).includes('?'));
  t.deepEqual(
    (await printed('Praça da Sé, 1 – São Paulo')).fonts,
    [],
    'nothing is embedded where nothing is lacking',
  );
});

/** RFC 5545, section 3.1: lines end in CRLF and are unfolded before they are read. */
const propertiesOf = (file: string): ReadonlyMap<string, string> =>
  new Map(
    file
      .replaceAll('\r\n ', '')
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );

test('the calendar file says when and where in UTC, under the same name each time it is fetched', async (t) => {
  const bench = await withServer(t, () => ({ options: { publicUrl: 'https://catraca.test' } }));
  const ticket = await issued(bench);
  const url = ticket.icsUrl.replace('https://catraca.test', bench.url);
  const response = await fetch(`${url}&lang=es&tz=America/Recife`);
  t.is(response.status, 200);
  t.regex(response.headers.get('content-type') ?? '', /^text\/calendar/);
  const file = await response.text();
  t.true(file.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
  t.false(/[^\r]\n/.test(file));
  const said = propertiesOf(file);
  t.is(said.get('UID'), `${ticket.ticketId}@catraca`);
  t.is(said.get('DTSTART'), '20261220T233000Z');
  t.false(said.has('DTEND'), 'no end is made up');
  t.is(said.get('DTSTAMP'), new Date(NOW_MS).toISOString().replaceAll(/[-:]|\.\d{3}/g, ''));
  t.regex(said.get('LOCATION') ?? '', /\\, Rua da Aurora\\, 1\\; Recife$/);
  t.regex(said.get('DESCRIPTION') ?? '', /Fila 1\\, Asiento 2\\nPuertas: domingo.*19:00/);
  t.is(said.get('URL'), `https://catraca.test/orders/${ticket.orderId}`);
  t.is(await (await fetch(`${url}&lang=es&tz=America/Recife`)).text(), file);
});

test('paper and calendar are for the owner or for who has the code, and a void ticket has neither', async (t) => {
  const bench = await withServer(t);
  const ticket = await issued(bench);
  for (const ending of ['pdf', 'ics']) {
    const path = `/v1/tickets/${ticket.ticketId}.${ending}`;
    const headers = { authorization: `Bearer ${bench.fan.token}` };
    t.is((await fetch(`${bench.url}${path}`, { headers })).status, 200);
    refused(t, await bench.ask('GET', path), 'not_found');
    refused(t, await bench.ask('GET', path, { token: bench.stranger.token }), 'not_found');
    refused(t, await bench.ask('GET', `${path}?code=${ticket.code.slice(0, -1)}`), 'not_found');
    refused(t, await bench.ask('GET', `${path}?code=${ticket.code}&tz=Mars/Olympus`), 'invalid_request');
    refused(t, await bench.ask('GET', `${path}?code=${ticket.code}&lang=tlh`), 'invalid_request');
    const known = bench.sale.tickets.get(ticket.ticketId);
    if (known !== undefined) bench.sale.tickets.set(ticket.ticketId, { ...known, voided: true });
    refused(t, await bench.ask('GET', `${path}?code=${ticket.code}`), 'not_found');
    if (known !== undefined) bench.sale.tickets.set(ticket.ticketId, known);
  }
});

test('a show without a date has no calendar file, and its ticket is printed all the same', async (t) => {
  const bench = await withServer(t);
  const ticket = await issued(bench, {});
  t.is((await fetch(`${bench.url}${ticket.pdfUrl}`)).status, 200);
  t.is((await fetch(`${bench.url}${ticket.icsUrl}`)).status, 404);
});
