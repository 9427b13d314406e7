import test from 'ava';
import fc from 'fast-check';
import { phaseAt, seatsOf } from '../../src/domain/event.ts';
import { isSeatId } from '../../src/domain/ids.ts';

test('a scheduled sale opens at its second; what an operator sets holds whatever the time', (t) => {
  const at = (phaseSetting: 'scheduled' | 'open' | 'paused' | 'closed', nowMs: number) =>
    phaseAt({ phaseSetting, opensAtMs: 1_000 }, nowMs);
  t.deepEqual([at('scheduled', 999), at('scheduled', 1_000)], ['pending', 'open']);
  for (const set of ['open', 'paused', 'closed'] as const)
    t.deepEqual([at(set, 0), at(set, 2_000)], [set, set]);
});

test('the map of a section: front row first, each row counted from 1', (t) => {
  const section = { id: 'A', name: 'A', priceMinor: 1 };
  t.deepEqual(
    seatsOf({
      ...section,
      rows: [
        { name: 'X', seats: 2 },
        { name: 'Y', seats: 1 },
      ],
    }),
    [
      { seatId: 'A-X-1', sectionId: 'A', row: 'X', number: 1 },
      { seatId: 'A-X-2', sectionId: 'A', row: 'X', number: 2 },
      { seatId: 'A-Y-1', sectionId: 'A', row: 'Y', number: 1 },
    ],
  );
  t.deepEqual(seatsOf({ ...section, capacity: 2 }), [
    { seatId: 'A-1', sectionId: 'A', row: '', number: 1 },
    { seatId: 'A-2', sectionId: 'A', row: '', number: 2 },
  ]);
  t.deepEqual(seatsOf(section), []);
});

test('every seat of every section has an id of its own that reads as one', (t) => {
  const name = fc.stringMatching(/^[A-Za-z0-9_]{1,4}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.record({
          id: name,
          rows: fc.option(
            fc.uniqueArray(fc.record({ name, seats: fc.integer({ min: 1, max: 12 }) }), {
              selector: (row) => row.name,
            }),
            { nil: undefined },
          ),
          capacity: fc.integer({ min: 0, max: 30 }),
        }),
        { selector: (section) => section.id, maxLength: 5 },
      ),
      (sections) => {
        const ids = sections.flatMap((section) =>
          seatsOf({ ...section, name: '', priceMinor: 0 }).map((seat) => seat.seatId),
        );
        return new Set(ids).size === ids.length && ids.every(isSeatId);
      },
    ),
  );
  t.pass();
});
