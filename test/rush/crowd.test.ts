import test from 'ava';
import { eventDefinitionSchema } from '../../src/http/event-definition.ts';
import { optionsOf } from '../../src/rush/command.ts';
import { crowdOf } from '../../src/rush/crowd.ts';
import type { SeatDocument } from '../../src/rush/documents.ts';
import { definitionOf } from '../../src/rush/house.ts';
import { saleProblem } from '../../src/rush/paying.ts';
import { countsOf, reportOf } from '../../src/rush/report.ts';
import { seededRandom } from '../../src/rush/seeded-random.ts';
import { RushError } from '../../src/rush/sale.ts';
import { lineOf, screenOf, startScreen } from '../../src/rush/screen.ts';
import { chooseSeats } from '../../src/rush/shopping.ts';
import { createTally } from '../../src/rush/tally.ts';
import { backOffMs } from '../../src/rush/world.ts';

const PLAN = { fans: 4_000, durationMs: 20_000, seed: 7, seatsPerFan: 3 };

test('the same seed makes the same crowd, another seed another one', (t) => {
  t.deepEqual(crowdOf(PLAN), crowdOf(PLAN));
  t.notDeepEqual(crowdOf(PLAN), crowdOf({ ...PLAN, seed: 8 }));
});

test('a crowd arrives in order, within the time, about evenly, and is of every kind', (t) => {
  const crowd = crowdOf(PLAN);
  const times = crowd.map((fan) => fan.arrivesAtMs);
  t.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  t.true((times[0] ?? -1) >= 0 && (times.at(-1) ?? 0) <= PLAN.durationMs);
  const firstHalf = times.filter((at) => at < PLAN.durationMs / 2).length;
  t.true(firstHalf > 1_850 && firstHalf < 2_150, `${firstHalf} in the first half`);
  t.is(new Set(crowd.map((fan) => fan.ending)).size, 5);
  t.is(new Set(crowd.map((fan) => fan.wayIn)).size, 5);
  t.true(crowd.every((fan) => fan.quantity >= 1 && fan.quantity <= 3));
  for (const has of ['wantsFrontRow', 'doubleClicks', 'streams', 'namesSeats'] as const) {
    t.true(crowd.some((fan) => fan[has]) && crowd.some((fan) => !fan[has]), has);
  }
  t.true(crowd.some((fan) => fan.lateMs === Number.POSITIVE_INFINITY));
  t.true(crowd.some((fan) => fan.linePatienceMs < PLAN.durationMs));
});

for (const seats of [1, 7, 8, 99, 1_000, 12_345]) {
  test(`a house of ${seats} seats is a definition that the server takes, with exactly so many`, (t) => {
    const parsed = eventDefinitionSchema.parse(definitionOf({ seats, fans: 10, durationMs: 20_000 }, 1e12));
    const total = parsed.sections.reduce(
      (sum, one) => sum + (one.capacity ?? (one.rows ?? []).reduce((inRows, row) => inRows + row.seats, 0)),
      0,
    );
    t.is(total, seats);
    t.true(parsed.admission.ratePerMinute > 0);
  });
}

test('a house with lanes is a definition that the server takes, one lane of which asks for a code', (t) => {
  const house = { seats: 40, fans: 10, durationMs: 20_000, lanes: true };
  const { lanes } = eventDefinitionSchema.parse(definitionOf(house, 1e12));
  t.deepEqual(
    lanes?.map(({ access }) => access),
    ['open', 'code', 'open'],
  );
});

const seat = (number: number, status: SeatDocument['status']): SeatDocument => ({
  seatId: `A-1-${number}`,
  row: '1',
  number,
  status,
});

test('who wants the front row takes the first free seats; others take some', (t) => {
  const seats = [seat(1, 'sold'), seat(2, 'free'), seat(3, 'held'), seat(4, 'free'), seat(5, 'free')];
  t.deepEqual(chooseSeats(seats, 2, true, seededRandom(1)), ['A-1-2', 'A-1-4']);
  for (let seed = 0; seed < 50; seed += 1) {
    const chosen = chooseSeats(seats, 2, false, seededRandom(seed));
    t.is(chosen.length, 2);
    t.true(chosen.every((id) => ['A-1-2', 'A-1-4', 'A-1-5'].includes(id)));
  }
});

test('a sale with a wrong seat, a missing code or one code twice is a problem', (t) => {
  const hold = { holdId: 'h', sectionId: 'A', seats: ['A-1-1', 'A-1-2'], amountMinor: 2, expiresAt: '' };
  const order = (tickets: readonly { ticketId: string; seatId: string; code: string }[]) => ({
    orderId: 'o',
    status: 'confirmed' as const,
    amountMinor: 2,
    checkoutUrl: null,
    payBy: '',
    seats: hold.seats,
    tickets,
  });
  const good = [
    { ticketId: '1', seatId: 'A-1-1', code: 'x' },
    { ticketId: '2', seatId: 'A-1-2', code: 'y' },
  ];
  t.is(saleProblem(order(good), hold), null);
  t.truthy(saleProblem(order(good.slice(1)), hold));
  t.truthy(saleProblem(order(good.map((one) => ({ ...one, code: 'x' }))), hold));
  t.truthy(saleProblem(order(good.map((one) => ({ ...one, code: '' }))), hold));
  t.truthy(saleProblem(order(good.map((one) => ({ ...one, seatId: 'A-1-1' }))), hold));
});

test('a back-off is never shorter than the server asks for, and differs from fan to fan', (t) => {
  const refused = { kind: 'refused', status: 503, code: 'overloaded', retryAfterMs: 1_000 } as const;
  const waits = Array.from({ length: 20 }, (_, seed) => backOffMs(refused, 0, seededRandom(seed)));
  t.true(waits.every((ms) => ms >= 1_000 && ms <= 1_200));
  t.true(new Set(waits).size > 10);
  t.true(backOffMs({ kind: 'unknown', reason: 'timeout' }, 40, seededRandom(1)) <= 3_000);
});

const DEFAULTS = {
  url: 'http://127.0.0.1:3000',
  databaseUrl: null,
  stripeApiUrl: null,
  stripeSecretKey: 'sk',
  callTtlMs: 30_000,
};

test('arguments become options; what is wrong is named', (t) => {
  const { options, json } = optionsOf(['--fans', '5', '--duration', '3', '--json'], DEFAULTS);
  t.is(options.fans, 5);
  t.is(options.durationMs, 3_000);
  t.true(options.deadlineMs > options.durationMs);
  t.true(json);
  for (const args of [
    ['--fans', 'many'],
    ['--fans', '0'],
    ['--url', 'nowhere'],
    ['--what'],
    ['--duration', ''],
  ]) {
    t.throws(() => optionsOf(args, DEFAULTS), { instanceOf: RushError }, args.join(' '));
  }
});

test('the screen, the line and the table tell what was counted', (t) => {
  const tally = createTally(10);
  tally.took('hold', 12);
  tally.took('hold', 20);
  tally.refused('seat_taken');
  tally.count('arrived', 4);
  tally.moved('coming', 'in_line');
  const moment = { elapsedMs: 2_000, fans: 10, seats: 8, due: 5, frame: null, numbers: null, tally };
  const screen = screenOf(moment).join('\n');
  t.regex(screen, /in line 1/);
  t.regex(screen, /seat_taken 1/);
  t.regex(screen, /4 of 10 \(plan: 5\)/);
  t.regex(lineOf(moment), /arrived 4\/5 .* refused 1/);
  const report = reportOf({
    eventId: 'e',
    seed: 1,
    fans: 10,
    elapsedMs: 1,
    settledMs: 1,
    seats: { free: 1, held: 0, paying: 0, sold: 7, total: 8 },
    ...countsOf(tally),
    latestStartMs: 0,
    audit: [
      { promise: 'P1', what: 'one thing', state: 'broken', checked: 3, broken: 1, notes: ['this seat'] },
      { promise: 'P9', what: 'another', state: 'not_checked', checked: 0, broken: 0, notes: ['why'] },
    ],
    ok: false,
  });
  t.regex(report, /hold +2 +12\.0 +20\.0 +20\.0 +20\.0/);
  t.regex(report, /7 of 8 sold/);
  t.regex(report, /P1 +BROKEN +3 +one thing/);
  t.regex(report, /this seat/);
  t.regex(report, /P9 +NOT CHECKED +0 +another \(why\)/);
  t.regex(report, /A PROMISE WAS BROKEN/);
});

test('the live view never has more lines or columns than the screen, and draws over itself', (t) => {
  const tally = createTally(10);
  let written = '';
  const terminal = { write: (text: string) => void (written += text), isTTY: true, columns: 40, rows: 10 };
  const moment = { elapsedMs: 1, fans: 10, seats: 8, due: 5, frame: null, numbers: null, tally };
  startScreen(terminal, () => moment).stop();
  const lines = written.split('\n');
  t.is(lines.length - 1, 9);
  t.true(lines.every((line) => line.replaceAll('\u001B[K', '').replaceAll('\u001B[J', '').length < 40));
});
