import test from 'ava';
import fc from 'fast-check';
import { pickSeats } from '../../src/domain/pick-seats.ts';

interface Place {
  readonly row: string;
  readonly number: number;
  readonly free: boolean;
}

/** `'ooxo oo'`: rows between blanks, `o` is available. */
const house = (plan: string): readonly Place[] =>
  plan
    .split(' ')
    .flatMap((row, index) =>
      row.split('').map((mark, at) => ({ row: `r${index}`, number: at + 1, free: mark === 'o' })),
    );

const area = (plan: string): readonly Place[] =>
  plan.split('').map((mark, at) => ({ row: '', number: at + 1, free: mark === 'o' }));

const isFree = (place: Place): boolean => place.free;

const picked = (places: readonly Place[], quantity: number, startAt = 0): string | null =>
  pickSeats(places, quantity, isFree, startAt)
    ?.map((one) => `${one.row}${one.row === '' ? '' : '-'}${one.number}`)
    .join(' ') ?? null;

const TABLE: readonly (readonly [string, string, number, string | null])[] = [
  ['the front row comes first', 'oooo oooo', 2, 'r0-1 r0-2'],
  ['a gap that fits exactly is taken', 'xoox oooo', 2, 'r0-2 r0-3'],
  ['a gap that would strand one seat gives way to one behind it', 'ooo oo', 2, 'r1-1 r1-2'],
  ['a gap that leaves two is as good as any', 'oooo oo', 2, 'r0-1 r0-2'],
  ['one is stranded when nothing else fits', 'ooo xox', 2, 'r0-1 r0-2'],
  ['one alone does not break a pair', 'oo xox', 1, 'r1-2'],
  ['side by side ends at the end of the row', 'xo oo', 2, 'r1-1 r1-2'],
  ['apart, from the front, when no gap is wide enough', 'oxo xox', 3, 'r0-1 r0-3 r1-2'],
  ['none when fewer are left', 'oxo xxx', 3, null],
  ['nobody gets no seat', 'ooo', 0, null],
];

for (const [rule, plan, quantity, expected] of TABLE)
  test(`choosing in rows: ${rule}`, (t) => t.is(picked(house(plan), quantity), expected));

test('in a capacity area the places are taken from where we start, around the end', (t) => {
  t.is(picked(area('oooo'), 2, 0.5), '3 4');
  t.is(picked(area('oooo'), 3, 0.75), '4 1 2');
  t.is(picked(area('xoxo'), 2, 0.99), '4 2');
  t.is(picked(area('oxxo'), 3, 0.5), null);
  t.is(picked([], 1, 0.5), null);
});

test('a hole in the numbers of a row parts the seats next to it', (t) => {
  const places = [1, 2, 4, 5, 6].map((number) => ({ row: 'r', number, free: true }));
  t.is(picked(places, 3), 'r-4 r-5 r-6');
});

const places = fc.oneof(
  fc
    .array(fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 4 })
    .map((rows) => house(rows.map((row) => row.map((free) => (free ? 'o' : 'x')).join('')).join(' '))),
  fc
    .array(fc.boolean(), { minLength: 1, maxLength: 15 })
    .map((all) => area(all.map((free) => (free ? 'o' : 'x')).join(''))),
);

/** Every way to sit side by side, looked for seat by seat. */
const adjacentFits = (all: readonly Place[], quantity: number) =>
  all.flatMap((_, at) => {
    const block = all.slice(at, at + quantity);
    const fits =
      block.length === quantity &&
      block.every(
        (one, index) =>
          one.free && one.row === block[0]?.row && one.number === (block[0]?.number ?? 0) + index,
      );
    if (!fits) return [];
    const freeAt = (offset: number): boolean => {
      const other = all[at + offset];
      return other !== undefined && other.row === block[0]?.row && other.free;
    };
    const single = (near: number, far: number): boolean => freeAt(near) && !freeAt(far);
    return [{ at, strands: single(-1, -2) || single(quantity, quantity + 1) }];
  });

test('whatever is taken: never an unavailable seat, never one twice, side by side where that is possible, no seat stranded where that can be avoided, null exactly when fewer are left', (t) => {
  fc.assert(
    fc.property(
      places,
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (all, quantity, startAt) => {
        const chosen = pickSeats(all, quantity, isFree, startAt);
        const free = all.filter(isFree).length;
        if (chosen === null) return free < quantity;
        if (free < quantity || chosen.length !== quantity) return false;
        if (new Set(chosen).size !== quantity || !chosen.every(isFree)) return false;
        if (all[0]?.row === '') return true;
        const fits = adjacentFits(all, quantity);
        if (fits.length === 0) return true;
        const mine = fits.find(
          (fit) => all[fit.at] === chosen[0] && all[fit.at + quantity - 1] === chosen.at(-1),
        );
        return mine !== undefined && (!mine.strands || fits.every((fit) => fit.strands));
      },
    ),
    { numRuns: 5_000 },
  );
  t.pass();
});
