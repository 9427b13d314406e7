import test from 'ava';
import { EVENT } from './fakes.ts';
import { withServer } from './with-server.ts';

test('the map of an event names sections and rows, and its states are one letter a seat in that order', async (t) => {
  const bench = await withServer(t);
  const map = await bench.ask('GET', `/v1/events/${EVENT}/map`);
  t.deepEqual(map.body['sections'], [
    {
      sectionId: 'A',
      name: 'Cadeira A',
      priceMinor: 25_000,
      rows: [{ name: '1', seats: 3 }],
      capacity: null,
    },
  ] as never);
  const seats = await bench.ask('GET', `/v1/events/${EVENT}/seats`);
  t.deepEqual(seats.body['sections'], [{ sectionId: 'A', version: 7, states: 'fff' }] as never);
});

test('however many ask within a second, a section is asked for its seats once', async (t) => {
  let asked = 0;
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      seatMap: (eventId, sectionId) => {
        asked += 1;
        return sale.service.seatMap(eventId, sectionId);
      },
    },
  }));
  await Promise.all(Array.from({ length: 20 }, () => bench.ask('GET', `/v1/events/${EVENT}/seats`)));
  t.is(asked, 1);
});

test('a section that cannot tell its seats does not hide the others', async (t) => {
  const bench = await withServer(t, ({ sale }) => ({
    tickets: { ...sale.service, seatMap: async () => ({ kind: 'refused', code: 'section_closed' }) },
  }));
  const { status, body } = await bench.ask('GET', `/v1/events/${EVENT}/seats`);
  t.is(status, 200);
  t.deepEqual(body['sections'], [{ sectionId: 'A', version: 0, states: null }] as never);
});

test('a reading that broke is not kept', async (t) => {
  let broken = true;
  const bench = await withServer(t, ({ sale }) => ({
    tickets: {
      ...sale.service,
      async seatMap(eventId, sectionId) {
        if (broken) throw new Error('the database is away');
        return sale.service.seatMap(eventId, sectionId);
      },
    },
  }));
  t.is((await bench.ask('GET', `/v1/events/${EVENT}/seats`)).status, 500);
  broken = false;
  t.is((await bench.ask('GET', `/v1/events/${EVENT}/seats`)).status, 200);
});
