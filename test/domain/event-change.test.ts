import test from 'ava';
import { changedEvent } from '../../src/domain/event-change.ts';
import type { SaleEvent } from '../../src/domain/event.ts';
import { isRefundable } from '../../src/domain/show.ts';
import { smallShow } from '../support/sale.ts';

const event: SaleEvent = {
  ...smallShow,
  eventId: 'e-1',
  opensAtMs: 5_000,
  phaseSetting: 'scheduled',
  lateMoney: { reseat: false },
  admission: { ...smallShow.admission, paused: false, version: 1 },
};
const [first] = event.sections;

test('a change touches what it names and nothing else', (t) => {
  const id = first?.id ?? '';
  const after = changedEvent(event, { name: 'New', sections: [{ id, priceMinor: 7 }] }, 0) as SaleEvent;
  t.deepEqual(after, {
    ...event,
    name: 'New',
    sections: event.sections.map((section) => (section.id === id ? { ...section, priceMinor: 7 } : section)),
  });
  t.deepEqual(changedEvent(event, {}, 0), event);
});

test('the show is told member by member, taken back by null, and no doors open after it or without it', (t) => {
  const told = changedEvent(
    event,
    { show: { showAtMs: 9_000, doorsAtMs: 8_000, address: 'Rua 1' } },
    0,
  ) as SaleEvent;
  t.like(told.show, { showAtMs: 9_000, doorsAtMs: 8_000, address: 'Rua 1' });
  const later = changedEvent(told, { show: { showAtMs: 9_500, refundsUntilMs: 7_000 } }, 0) as SaleEvent;
  t.like(later.show, { showAtMs: 9_500, doorsAtMs: 8_000, address: 'Rua 1', refundsUntilMs: 7_000 });
  t.like((changedEvent(later, { show: { doorsAtMs: null } }, 0) as SaleEvent).show, {
    showAtMs: 9_500,
    doorsAtMs: null,
  });
  for (const show of [{ showAtMs: 7_999 }, { showAtMs: null }]) {
    t.like(changedEvent(later, { show }, 0), { kind: 'refused', code: 'invalid_request' });
  }
  t.deepEqual(
    [6_999, 7_000].map((nowMs) => isRefundable(later.show ?? {}, nowMs)),
    [true, false],
  );
  t.false(isRefundable({}, 0));
});

test('the opening can be moved until it has come, and said again at any time', (t) => {
  t.like(changedEvent(event, { opensAtMs: 9_000 }, 4_999), { opensAtMs: 9_000 });
  t.like(changedEvent(event, { opensAtMs: 9_000 }, 5_000), { kind: 'refused', code: 'event_opened' });
  t.like(changedEvent({ ...event, phaseSetting: 'closed' }, { opensAtMs: 9_000 }, 0), {
    code: 'event_opened',
  });
  t.like(changedEvent(event, { opensAtMs: 5_000, venue: 'V' }, 6_000), { venue: 'V' });
});

test('a section that the event does not have is refused', (t) => {
  t.like(changedEvent(event, { name: 'New', sections: [{ id: 'NOPE', name: 'x' }] }, 0), {
    kind: 'refused',
    code: 'invalid_request',
  });
});
