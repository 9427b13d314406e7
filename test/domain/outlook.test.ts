import test from 'ava';
import fc from 'fast-check';
import { nextFrame, type Frame } from '../../src/domain/frame.ts';
import { outlookOf, seatsPerPerson, selloutOf, type SelloutInput } from '../../src/domain/outlook.ts';
import { tiersOf } from '../../src/domain/tiers.ts';

const sale = (change: Partial<SelloutInput> = {}): SelloutInput => ({
  seats: 1_000,
  seatsLeft: 1_000,
  serving: 0,
  admitted: 0,
  inside: 0,
  seatsPerFan: 4,
  ...change,
});

test('before anybody has bought a seat is reckoned for each person, with caution', (t) => {
  t.is(seatsPerPerson(sale()), 1);
  t.deepEqual(selloutOf(sale()), { seatsLeft: 1_000, likelyUpTo: 800, possibleUpTo: 1_300 });
});

test('what people really took soon counts more than what was believed', (t) => {
  const each = seatsPerPerson(sale({ seatsLeft: 400, admitted: 300, serving: 300 }));
  t.true(each > 1.85 && each < 2, String(each));
  const { likelyUpTo, possibleUpTo } = selloutOf(sale({ seatsLeft: 400, admitted: 300, serving: 300 }));
  t.true(likelyUpTo > 300 + 150 && likelyUpTo < 300 + 200);
  t.true(possibleUpTo > 300 + 250 && possibleUpTo < 300 + 300);
});

test('the first number is the place to stand, the last is stand-by, and in between it depends', (t) => {
  const sellout = selloutOf(sale());
  t.deepEqual(
    [1, 800, 801, 1_300, 1_301].map((number) => outlookOf(number, sellout)),
    ['likely', 'likely', 'uncertain', 'uncertain', 'standby'],
  );
});

test('with nothing left everybody who waits is on stand-by', (t) => {
  const sellout = selloutOf(sale({ seatsLeft: 0, serving: 700, admitted: 700, inside: 40 }));
  t.is(outlookOf(701, sellout), 'standby');
});

test('whatever the counters, nobody is ever told worse than somebody behind', (t) => {
  const input = fc
    .record({
      seats: fc.nat(100_000),
      sold: fc.nat(100_000),
      serving: fc.nat(100_000),
      late: fc.nat(1_000),
      inside: fc.nat(10_000),
      seatsPerFan: fc.integer({ min: 1, max: 20 }),
    })
    .map(({ seats, sold, serving, late, inside, seatsPerFan }) =>
      sale({
        seats,
        seatsLeft: Math.max(0, seats - sold),
        serving,
        admitted: serving + late,
        inside,
        seatsPerFan,
      }),
    );
  fc.assert(
    fc.property(input, (one) => {
      const { likelyUpTo, possibleUpTo, seatsLeft } = selloutOf(one);
      return (
        Number.isSafeInteger(likelyUpTo) &&
        Number.isSafeInteger(possibleUpTo) &&
        likelyUpTo >= one.serving &&
        possibleUpTo >= likelyUpTo &&
        (seatsLeft > 0 || possibleUpTo === one.serving)
      );
    }),
  );
  t.pass();
});

test('sections of one price are one line, the cheapest first, and unknown ones are left out', (t) => {
  const count = { held: 1, paying: 1, sold: 1 };
  t.deepEqual(
    tiersOf(
      [
        { id: 'A', name: 'A', priceMinor: 25_000 },
        { id: 'B', name: 'B', priceMinor: 12_000 },
        { id: 'C', name: 'C', priceMinor: 25_000 },
        { id: 'D', name: 'D', priceMinor: 99_000 },
      ],
      [
        { sectionId: 'A', free: 5, ...count },
        { sectionId: 'B', free: 0, ...count },
        { sectionId: 'C', free: 2, ...count },
      ],
    ),
    [
      { priceMinor: 12_000, seats: 3, left: 0 },
      { priceMinor: 25_000, seats: 13, left: 7 },
    ],
  );
});

test('a position never goes back, whatever is read of the line and by whom', (t) => {
  const reading = fc.option(
    fc.record({
      epoch: fc.nat(5),
      joined: fc.nat(1_000),
      serving: fc.nat(1_000),
      inside: fc.nat(10),
      effectiveRatePerMinute: fc.nat(100),
      binding: fc.constantFrom('rate' as const, 'holds_slow' as const),
      countedAtMs: fc.nat(10_000),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(reading, { minLength: 2, maxLength: 30 }),
      fc.integer({ min: 1, max: 2_000 }),
      (all, number) => {
        let frame: Frame | null = null;
        let ahead = Number.POSITIVE_INFINITY;
        for (const one of all) {
          frame = nextFrame(frame, { eventId: 'e', opensAtMs: 0, phase: 'open' }, one, 0);
          const now = Math.max(0, number - frame.serving - 1);
          if (now > ahead || frame.because.text === '') return false;
          ahead = now;
        }
        return true;
      },
    ),
  );
  t.pass();
});
