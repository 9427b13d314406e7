import test from 'ava';
import type { SaleEvent } from '../../src/domain/event.ts';
import { createCatalogue } from '../../src/tickets/catalogue.ts';
import { smallShow } from '../support/sale.ts';

const event: SaleEvent = {
  ...smallShow,
  eventId: 'e-1',
  opensAtMs: 10_000,
  phaseSetting: 'scheduled',
  admission: { ...smallShow.admission, paused: false, version: 1 },
};

const create = () => {
  const clock = { ms: 0, nowMs: () => clock.ms };
  const store = { events: [event], lists: 0, counts: 0 };
  const catalogue = createCatalogue(
    {
      list: () => {
        store.lists += 1;
        return Promise.resolve(store.events);
      },
      countSeats: () => {
        store.counts += 1;
        return Promise.resolve([{ sectionId: 'A', free: 4, held: 3, paying: 2, sold: 1 }]);
      },
    } as never,
    clock,
  );
  return { clock, store, catalogue };
};

test('a crowd that reads events asks Postgres twice a second and no more', async (t) => {
  const { clock, store, catalogue } = create();
  await Promise.all(Array.from({ length: 1_000 }, () => catalogue.find('e-1')));
  t.is(store.lists, 1);
  clock.ms = 499;
  await catalogue.list();
  t.is(store.lists, 1);
  clock.ms = 500;
  await catalogue.find('e-1');
  t.is(store.lists, 2);
});

test('a view counts the seats of each section; a section without a count has nothing left, rather than all', async (t) => {
  const { catalogue } = create();
  const { sections, phase } = await catalogue.view(event);
  t.is(phase, 'pending');
  t.deepEqual(
    sections.map(({ sectionId, seats, left }) => ({ sectionId, seats, left })),
    [
      { sectionId: 'A', seats: 10, left: 4 },
      { sectionId: 'B', seats: 0, left: 0 },
      { sectionId: 'PISTA', seats: 0, left: 0 },
    ],
  );
});

test('an event opens by the clock, without a look at Postgres', async (t) => {
  const { clock, catalogue } = create();
  clock.ms = 9_999;
  t.is((await catalogue.view(event)).phase, 'pending');
  clock.ms = 10_000;
  t.is((await catalogue.view(event)).phase, 'open');
});

test('told to forget, it looks again at once; an unknown event is null', async (t) => {
  const { store, catalogue } = create();
  await catalogue.find('e-1');
  await catalogue.counts('e-1');
  store.events = [];
  catalogue.forget();
  t.is(await catalogue.find('e-1'), null);
  await catalogue.counts('e-1');
  t.is(store.lists, 2);
  t.is(store.counts, 2);
});
