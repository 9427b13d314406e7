import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import type { Arena } from '../../web/shared/documents.ts';
import { hitAt, indexOfSeat, layoutOf, seatIdAt } from '../../web/fan/seats/arena.ts';

interface Definition {
  readonly sections: readonly {
    readonly id: string;
    readonly name: string;
    readonly priceMinor: number;
    readonly rows?: { name: string; seats: number }[];
    readonly capacity?: number;
  }[];
}

const arenaOf = ({ sections }: Definition): Arena => ({
  eventId: '0190a000-0000-7000-8000-000000000001',
  sections: sections.map(({ id, name, priceMinor, rows, capacity }) => ({
    sectionId: id,
    name,
    priceMinor,
    rows: rows ?? null,
    capacity: capacity ?? null,
  })),
});

const DEMO = arenaOf(JSON.parse(readFileSync('src/demo/arena.json', 'utf8')) as Definition);

/** The two seats that lie nearest to each other, by a grid: the distance of their middles. */
const nearest = (arena: Arena): number => {
  const layout = layoutOf(arena);
  const cells = new Map<string, { x: number; y: number }[]>();
  let best = Number.POSITIVE_INFINITY;
  for (const { xs, ys } of layout.sections) {
    for (const [index, x] of xs.entries()) {
      const y = ys[index] ?? 0;
      const [column, line] = [Math.floor(x / 2), Math.floor(y / 2)];
      for (let dx = -1; dx <= 1; dx += 1) {
        for (let dy = -1; dy <= 1; dy += 1) {
          for (const other of cells.get(`${column + dx} ${line + dy}`) ?? [])
            best = Math.min(best, Math.hypot(other.x - x, other.y - y));
        }
      }
      const key = `${column} ${line}`;
      cells.set(key, [...(cells.get(key) ?? []), { x, y }]);
    }
  }
  return best;
};

const anyArena: fc.Arbitrary<Arena> = fc
  .array(
    fc.record({
      priceMinor: fc.constantFrom(10_000, 20_000, 30_000),
      rows: fc.option(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 25 }), {
        freq: 4,
      }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((sections) =>
    arenaOf({
      sections: sections.map(({ priceMinor, rows }, index) => ({
        id: `S${index}`,
        name: `Section ${index}`,
        priceMinor,
        ...(rows === null
          ? { capacity: 500 }
          : { rows: rows.map((seats, row) => ({ name: String(row + 1), seats })) }),
      })),
    }),
  );

test('an arena of twenty thousand has a place for every seat, and no seat lies on another', (t) => {
  const layout = layoutOf(DEMO);
  t.is(
    layout.sections.reduce((sum, { seats }) => sum + seats, 0),
    DEMO.sections.reduce((sum, { rows }) => sum + (rows ?? []).reduce((all, row) => all + row.seats, 0), 0),
  );
  t.true(nearest(DEMO) > 0.95, `two seats are ${nearest(DEMO)} apart`);
  t.is(layout.areas.length, 1);
});

test('however an event is built, seats keep their distance and a tap on a seat finds that seat', (t) => {
  fc.assert(
    fc.property(anyArena, (arena) => {
      const layout = layoutOf(arena);
      if (nearest(arena) < 0.95) return false;
      return layout.sections.every((section) =>
        [0, Math.floor(section.seats / 2), section.seats - 1].every((seat) => {
          const hit = hitAt(layout, section.xs[seat] ?? 0, section.ys[seat] ?? 0);
          return hit?.sectionId === section.sectionId && hit.seat === seat;
        }),
      );
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('everything lies within the bounds, and a tap beside everything finds nothing', (t) => {
  const { bounds, sections } = layoutOf(DEMO);
  for (const { xs, ys } of sections) {
    t.true(xs.every((x) => x > bounds.left && x < bounds.right));
    t.true(ys.every((y) => y > bounds.top && y < bounds.bottom));
  }
  t.is(hitAt(layoutOf(DEMO), bounds.left, bounds.top), null);
});

test('a seat and its id find each other', (t) => {
  const section = layoutOf(DEMO).sections.find(({ sectionId }) => sectionId === 'A');
  t.truthy(section);
  if (section === undefined) return;
  t.is(seatIdAt(section, 0), 'A-1-1');
  for (const index of [0, 23, 24, section.seats - 1])
    t.is(indexOfSeat(section, seatIdAt(section, index)), index);
  t.is(indexOfSeat(section, 'A-99-1'), -1);
});

test('the dearest seats lie nearest to the stage', (t) => {
  const byPrice = layoutOf(DEMO).sections.toSorted((a, b) => b.priceMinor - a.priceMinor);
  const inner = byPrice.map((section) => section.inner);
  t.deepEqual(
    inner,
    inner.toSorted((a, b) => a - b),
  );
});
