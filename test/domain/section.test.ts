import test from 'ava';
import fc from 'fast-check';
import type { Hold } from '../../src/domain/hold.ts';
import {
  mayBecome,
  type SeatNews,
  type SeatRow,
  type SeatStatus,
  type SectionLook,
} from '../../src/domain/seat.ts';
import { seatMapOf } from '../../src/domain/seat-map.ts';
import {
  claim,
  learn,
  sectionFrom,
  settleHeld,
  settleRefused,
  settleUnknown,
  versionOf,
  type SeatBelief,
} from '../../src/domain/section.ts';

const NOW_MS = 1_000;
const LATER_MS = 9_000;

const row = (number: number, change: Partial<SeatRow> = {}): SeatRow => ({
  seatId: `A-1-${number}`,
  row: '1',
  number,
  status: 'free',
  holdId: null,
  heldUntilMs: null,
  fence: 0,
  revision: 0,
  changedIn: 0,
  ...change,
});

const hold = (holdId: string, seatIds: readonly string[], change: Partial<Hold> = {}): Hold => ({
  holdId,
  eventId: 'e',
  sectionId: 'A',
  fanId: 'f',
  seatIds,
  fences: seatIds.map(() => 1),
  amountMinor: 1,
  currency: 'BRL',
  expiresAtMs: LATER_MS,
  extended: false,
  state: 'active',
  ...change,
});

const look = <Seat extends SeatNews>(seats: readonly Seat[], knownUntil = 1): SectionLook<Seat> => ({
  seats,
  knownUntil,
});

const statuses = (section: ReturnType<typeof sectionFrom>) => section.inOrder.map((seat) => seat.status);

test('a seat goes only the ways the protocol knows', (t) => {
  const all: readonly SeatStatus[] = ['free', 'held', 'paying', 'sold'];
  const ways = all.flatMap((from) => all.filter((to) => mayBecome(from, to)).map((to) => `${from} → ${to}`));
  t.deepEqual(ways, [
    'free → held',
    'held → free',
    'held → held',
    'held → paying',
    'paying → free',
    'paying → sold',
    'sold → free',
  ]);
});

test('a named seat is asked for when it may be free; one that stands in the way refuses all of them and is named', (t) => {
  const section = sectionFrom(
    look([
      row(1),
      row(2, { status: 'held', heldUntilMs: NOW_MS }),
      row(3, { status: 'held', heldUntilMs: NOW_MS + 1 }),
      row(4, { status: 'paying' }),
      row(5, { status: 'sold' }),
    ]),
  );
  t.deepEqual(claim(section, { seatIds: ['A-1-1', 'A-1-4', 'A-1-3'] }, 'h', NOW_MS, 0), {
    kind: 'refused',
    code: 'seat_taken',
    seatIds: ['A-1-4', 'A-1-3'],
  });
  t.deepEqual(claim(section, { seatIds: ['A-1-1', 'A-1-9'] }, 'h', NOW_MS, 0), {
    kind: 'refused',
    code: 'seat_unknown',
    seatIds: ['A-1-9'],
  });
  t.deepEqual(statuses(section), ['free', 'held', 'held', 'paying', 'sold'], 'a refusal marks nothing');
  // The second one's time is over by our clock; whether by Postgres' too is for Postgres to say.
  t.deepEqual(claim(section, { seatIds: ['A-1-2', 'A-1-1'] }, 'h', NOW_MS, 0), {
    kind: 'ask',
    seatIds: ['A-1-2', 'A-1-1'],
  });
  t.like(claim(section, { seatIds: ['A-1-1'] }, 'other', NOW_MS, 0), { code: 'seat_taken' });
});

test('a repeat finds its own seats again, while they are being decided and after', (t) => {
  for (const wish of [{ seatIds: ['A-1-1', 'A-1-2'] }, { quantity: 2 }]) {
    const section = sectionFrom(look([row(1), row(2), row(3), row(4)]));
    const first = claim(section, wish, 'h', NOW_MS, 0);
    t.deepEqual(first, { kind: 'ask', seatIds: ['A-1-1', 'A-1-2'] });
    t.deepEqual(claim(section, wish, 'h', NOW_MS, 0), first, 'while it is being decided');
    t.deepEqual(statuses(section), ['deciding', 'deciding', 'free', 'free'], 'no second pair is blocked');
    settleHeld(section, ['A-1-1', 'A-1-2'], hold('h', ['A-1-1', 'A-1-2']));
    t.deepEqual(claim(section, wish, 'h', NOW_MS, 0), first, 'when it has them');
    settleHeld(section, ['A-1-1', 'A-1-2'], hold('h', ['A-1-1', 'A-1-2']));
    t.is(versionOf(section), 2, 'the repeat counts no second change');
  }
});

test('an answer for a hold that has ended leaves its seats free, and one about fewer seats frees the others', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  claim(section, { seatIds: ['A-1-1'] }, 'h', NOW_MS, 0);
  settleHeld(section, ['A-1-1'], hold('h', ['A-1-1'], { state: 'released' }));
  t.deepEqual(statuses(section), ['free', 'free']);
  claim(section, { seatIds: ['A-1-1', 'A-1-2'] }, 'h', NOW_MS, 0);
  settleHeld(section, ['A-1-1', 'A-1-2'], hold('h', ['A-1-2']));
  t.deepEqual(statuses(section), ['free', 'held']);
});

test('a refused seat that stood in the way is believed taken for a while, the others can be had at once', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  claim(section, { quantity: 2 }, 'h', NOW_MS, 0);
  settleRefused(section, ['A-1-1', 'A-1-2'], 'h', ['A-1-2'], NOW_MS + 100, false);
  t.like(claim(section, { seatIds: ['A-1-2'] }, 'i', NOW_MS + 99, 0), { code: 'seat_taken' });
  t.like(claim(section, { seatIds: ['A-1-1'] }, 'i', NOW_MS, 0), { kind: 'ask' });
  t.like(claim(section, { seatIds: ['A-1-2'] }, 'j', NOW_MS + 100, 0), { kind: 'ask' });
});

test('an answer that belongs to somebody else changes nothing', (t) => {
  const section = sectionFrom(look([row(1)]));
  claim(section, { seatIds: ['A-1-1'] }, 'h', NOW_MS, 0);
  settleHeld(section, ['A-1-1'], hold('i', ['A-1-1']));
  settleRefused(section, ['A-1-1'], 'i', [], 0, true);
  t.deepEqual(statuses(section), ['deciding']);
});

test('news that had to be left out is told again by the next look at changes', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  claim(section, { seatIds: ['A-1-1'] }, 'h1', NOW_MS, 0);
  learn(section, look([row(2, { revision: 1, changedIn: 8 })], 9), section.turn);
  t.is(section.knownUntil, 9);
  const taken = row(1, { status: 'sold', holdId: 'other', revision: 2, changedIn: 10 });
  const news = look([taken, row(2, { revision: 2, changedIn: 12 })], 13);
  learn(section, news, section.turn);
  t.is(section.knownUntil, 10, 'a seat that is being decided was left out');
  settleRefused(section, ['A-1-1'], 'h1', [], 0, true);
  learn(section, news, section.turn);
  t.is(section.knownUntil, 13);
  t.deepEqual(statuses(section), ['sold', 'free']);
});

test('fans see what is being decided or paid as held, and a hold whose time is over as free', (t) => {
  const section = sectionFrom(
    look([
      row(1, { revision: 3 }),
      row(2, { status: 'paying', revision: 4 }),
      row(3, { status: 'held', heldUntilMs: NOW_MS }),
      row(4, { status: 'sold' }),
    ]),
  );
  claim(section, { seatIds: ['A-1-1'] }, 'h', NOW_MS, 0);
  const map = seatMapOf('e', 'A', section, NOW_MS);
  t.is(map.version, 7);
  t.deepEqual(
    map.seats.map((seat) => seat.status),
    ['held', 'held', 'free', 'sold'],
  );
});

// ---------------------------------------------------------------- histories

interface Stored {
  status: SeatStatus;
  holdId: string | null;
  heldUntilMs: number | null;
  revision: number;
  changedIn: number;
}

interface Ask {
  readonly holdId: string;
  readonly seatIds: readonly string[];
  readonly inTheWay: readonly string[];
  answer: 'none' | 'held' | 'refused';
}

type Act =
  | { readonly type: 'claim'; readonly seats: readonly number[] }
  | { readonly type: 'quantity'; readonly quantity: number }
  | { readonly type: 'repeat'; readonly which: number }
  | { readonly type: 'commit' | 'hear' | 'lose'; readonly which: number }
  | {
      readonly type: 'elsewhere';
      readonly seat: number;
      readonly status: SeatStatus;
      readonly overdue: boolean;
      readonly late: boolean;
    }
  | { readonly type: 'begin' | 'beginRead' | 'snapshot' | 'endRead' };

const SEATS = 5;
const which = fc.nat({ max: 20 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    type: fc.constant('claim' as const),
    seats: fc.uniqueArray(fc.integer({ min: 1, max: SEATS }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('quantity' as const), quantity: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('repeat' as const), which }),
  fc.record({ type: fc.constantFrom('commit' as const, 'hear' as const, 'lose' as const), which }),
  fc.record({ type: fc.constantFrom('commit' as const, 'hear' as const), which }),
  fc.record({
    type: fc.constant('elsewhere' as const),
    seat: fc.integer({ min: 1, max: SEATS }),
    status: fc.constantFrom<SeatStatus>('free', 'held', 'paying', 'sold'),
    overdue: fc.boolean(),
    late: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom('begin' as const, 'beginRead' as const, 'snapshot' as const, 'endRead' as const),
  }),
);

const isTaken = (seat: Pick<SeatBelief, 'status' | 'heldUntilMs'>): boolean =>
  seat.status !== 'free' && !(seat.status === 'held' && (seat.heldUntilMs ?? 0) <= NOW_MS);

/** Postgres, the requests on their way to it, and one reader, each as naive as can be, around the belief under test. */
const createWorld = (t: {
  is(a: unknown, b: unknown, m?: string): void;
  true(a: boolean, m?: string): void;
  deepEqual(a: unknown, b: unknown, m?: string): void;
}) => {
  const stored = new Map<string, Stored>();
  for (let number = 1; number <= SEATS; number += 1)
    stored.set(`A-1-${number}`, {
      status: 'free',
      holdId: null,
      heldUntilMs: null,
      revision: 0,
      changedIn: 0,
    });
  /** Transactions elsewhere that have begun to write and not committed yet. */
  const begun: number[] = [];
  let transactions = 0;
  const rows = (since: number): SectionLook<SeatRow> =>
    look(
      [...stored]
        .map(([seatId, seat], index) => ({ ...row(index + 1), seatId, ...seat }))
        .filter((seat) => seat.changedIn >= since),
      Math.min(...begun, transactions + 1),
    );
  const holds = new Map<string, readonly string[]>();
  const section = sectionFrom(rows(0));
  const deciding = new Map<string, string>();
  const asks: Ask[] = [];
  const wishes: { holdId: string; wish: Parameters<typeof claim>[1] }[] = [];
  let reading: { turn: number; since: number; look: SectionLook<SeatRow>; touched: Set<string> } | null =
    null;
  let version = 0;

  const ask = (holdId: string, wish: Parameters<typeof claim>[1]): void => {
    const step = claim(section, wish, holdId, NOW_MS, 0);
    if (step.kind === 'refused') return;
    for (const seatId of step.seatIds) {
      const belief = section.seats.get(seatId);
      if (belief?.status !== 'deciding' || belief.holdId !== holdId) continue;
      t.is(deciding.get(seatId) ?? holdId, holdId, `${seatId} is being decided for another hold`);
      deciding.set(seatId, holdId);
      reading?.touched.add(seatId);
    }
    asks.push({ holdId, seatIds: step.seatIds, inTheWay: [], answer: 'none' });
  };

  const commit = (one: Ask): Ask => {
    if (one.answer !== 'none') return one;
    if (holds.has(one.holdId)) return { ...one, answer: 'held' };
    const inTheWay = one.seatIds.filter((seatId) => isTaken(stored.get(seatId) as Stored));
    if (inTheWay.length > 0) return { ...one, inTheWay, answer: 'refused' };
    holds.set(one.holdId, one.seatIds);
    const changedIn = (transactions += 1);
    for (const seatId of one.seatIds) {
      const seat = stored.get(seatId) as Stored;
      // Expiring the old hold is a change of its own.
      const revision = seat.revision + (seat.status === 'held' ? 2 : 1);
      stored.set(seatId, { status: 'held', holdId: one.holdId, heldUntilMs: LATER_MS, revision, changedIn });
    }
    return { ...one, answer: 'held' };
  };

  /** The hold as Postgres has it now: active only while all of its seats are still its own. */
  const holdOf = (holdId: string): Hold => {
    const seatIds = holds.get(holdId) ?? [];
    const alive = seatIds.every((seatId) => stored.get(seatId)?.holdId === holdId);
    return hold(holdId, seatIds, { state: alive ? 'active' : 'released' });
  };

  const settled = (one: Ask): void => {
    for (const seatId of one.seatIds) {
      if (deciding.get(seatId) !== one.holdId) continue;
      deciding.delete(seatId);
      reading?.touched.add(seatId);
    }
    asks.splice(asks.indexOf(one), 1);
  };

  const hear = (one: Ask): void => {
    if (one.answer === 'held') settleHeld(section, one.seatIds, holdOf(one.holdId));
    else settleRefused(section, one.seatIds, one.holdId, one.inTheWay, NOW_MS + 500, true);
    settled(one);
  };

  const beginRead = (since: number): void => {
    reading ??= { turn: section.turn, since, look: rows(since), touched: new Set() };
  };

  const endRead = (): void => {
    if (reading === null) return;
    const before = new Map(section.inOrder.map((seat) => [seat.seatId, { ...seat }]));
    learn(section, reading.look, reading.turn);
    for (const seatId of [...reading.touched, ...deciding.keys()])
      t.deepEqual({ ...section.seats.get(seatId) }, { ...before.get(seatId) }, 'newer knowledge was lost');
    reading = null;
  };

  const apply = (one: Act): void => {
    const target = 'which' in one ? one.which : 0;
    switch (one.type) {
      case 'claim':
      case 'quantity': {
        const wish =
          one.type === 'claim'
            ? { seatIds: one.seats.map((number) => `A-1-${number}`) }
            : { quantity: one.quantity };
        const holdId = `h${wishes.length}`;
        wishes.push({ holdId, wish });
        ask(holdId, wish);
        break;
      }
      case 'repeat': {
        const again = wishes[target % Math.max(1, wishes.length)];
        if (again !== undefined) ask(again.holdId, again.wish);
        break;
      }
      case 'commit': {
        const index = target % Math.max(1, asks.length);
        if (asks[index] !== undefined) asks[index] = commit(asks[index]);
        break;
      }
      case 'hear': {
        const heard = asks[target % Math.max(1, asks.length)];
        if (heard !== undefined && heard.answer !== 'none') hear(heard);
        break;
      }
      case 'lose': {
        const lost = asks[target % Math.max(1, asks.length)];
        if (lost === undefined) break;
        settleRefused(section, lost.seatIds, lost.holdId, [], 0, true);
        settled(lost);
        break;
      }
      case 'elsewhere': {
        const seat = stored.get(`A-1-${one.seat}`) as Stored;
        if (!mayBecome(seat.status, one.status)) break;
        const held = one.status === 'held';
        stored.set(`A-1-${one.seat}`, {
          status: one.status,
          holdId: one.status === 'free' ? null : 'elsewhere',
          heldUntilMs: held ? (one.overdue ? NOW_MS : LATER_MS) : null,
          revision: seat.revision + 1,
          changedIn: (one.late ? begun.shift() : undefined) ?? (transactions += 1),
        });
        break;
      }
      case 'begin':
        begun.push((transactions += 1));
        break;
      case 'beginRead':
        beginRead(section.knownUntil);
        break;
      case 'snapshot':
        // Postgres may take its snapshot any time after it was asked.
        if (reading !== null) reading.look = rows(reading.since);
        break;
      case 'endRead':
        endRead();
        break;
    }
  };

  const check = (): void => {
    for (const seat of section.inOrder) {
      t.is(seat.status === 'deciding', deciding.has(seat.seatId), `${seat.seatId} is marked wrongly`);
      if (seat.status === 'deciding') t.is(seat.holdId, deciding.get(seat.seatId));
      t.true(seat.revision <= (stored.get(seat.seatId) as Stored).revision, 'ahead of Postgres');
    }
    t.true(versionOf(section) >= version, 'the version fell');
    version = versionOf(section);
  };

  const quiesce = (): void => {
    endRead();
    while (asks[0] !== undefined) {
      asks[0] = commit(asks[0]);
      hear(asks[0]);
      check();
    }
    beginRead(section.knownUntil);
    endRead();
    check();
    for (const seat of section.inOrder) {
      const truth = { ...row(1), ...(stored.get(seat.seatId) as Stored) };
      t.is(isTaken(seat), isTaken(truth), `${seat.seatId} after a look at changes`);
    }
    beginRead(0);
    endRead();
    check();
    t.is(
      versionOf(section),
      [...stored.values()].reduce((sum, seat) => sum + seat.revision, 0),
      'the version is the sum of the revisions',
    );
    for (const { seatId, status, holdId, heldUntilMs, revision } of section.inOrder) {
      const { changedIn: _, ...truth } = stored.get(seatId) as Stored;
      t.deepEqual({ status, holdId, heldUntilMs, revision }, truth);
    }
  };

  return { apply, check, quiesce };
};

const throwing = {
  is(actual: unknown, expected: unknown, message = 'differs') {
    if (!Object.is(actual, expected)) throw new Error(`${message}: ${String(actual)} ≠ ${String(expected)}`);
  },
  true(actual: boolean, message = 'not true') {
    if (!actual) throw new Error(message);
  },
  deepEqual(actual: unknown, expected: unknown, message = 'differs') {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${message}: ${a} ≠ ${b}`);
  },
};

test('in any history: one hold is decided per seat, no newer knowledge is overwritten, the version only rises to Postgres’ own', (t) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (history) => {
      const world = createWorld(throwing);
      for (const one of history) {
        world.apply(one);
        world.check();
      }
      world.quiesce();
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test('whoever named a seat that an earlier try of theirs may have, asks Postgres again; others are refused from memory', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  const wish = { seatIds: ['A-1-1'] };
  claim(section, wish, 'mine', NOW_MS, 0);
  settleRefused(section, ['A-1-1'], 'mine', ['A-1-1'], NOW_MS + 2_000, true);
  t.deepEqual(claim(section, wish, 'mine', NOW_MS, 0), { kind: 'ask', seatIds: ['A-1-1'] });
  t.like(claim(section, wish, 'another', NOW_MS, 0), { kind: 'refused', code: 'seat_taken' });
});

test('whoever let the server choose is given other seats after a refusal', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  const first = claim(section, { quantity: 1 }, 'mine', NOW_MS, 0);
  const taken = first.kind === 'ask' ? first.seatIds : [];
  settleRefused(section, taken, 'mine', taken, NOW_MS + 2_000, false);
  const second = claim(section, { quantity: 1 }, 'mine', NOW_MS, 0);
  t.is(second.kind, 'ask');
  t.notDeepEqual(second, first);
});

test('a hold of unknown outcome is asked about again, whatever others were told of its seats meanwhile', (t) => {
  const section = sectionFrom(look([row(1), row(2)]));
  const wish = { seatIds: ['A-1-1'] };
  claim(section, wish, 'mine', NOW_MS, 0);
  settleUnknown(section, ['A-1-1'], 'mine');
  t.is(claim(section, wish, 'another', NOW_MS, 0).kind, 'ask');
  t.is(claim(section, wish, 'mine', NOW_MS, 0).kind, 'ask', 'also while the other is being decided');
  settleRefused(section, ['A-1-1'], 'another', ['A-1-1'], NOW_MS + 2_000, true);
  t.is(claim(section, wish, 'mine', NOW_MS, 0).kind, 'ask');
  t.like(claim(section, wish, 'third', NOW_MS, 0), { kind: 'refused', code: 'seat_taken' });
  // A definite no ends it: a fan who let the server choose is given other seats.
  settleRefused(section, ['A-1-1'], 'mine', ['A-1-1'], NOW_MS + 2_000, false);
  t.like(claim(section, wish, 'mine', NOW_MS, 0), { kind: 'refused', code: 'seat_taken' });
});
