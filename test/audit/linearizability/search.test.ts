import test from 'ava';
import fc from 'fast-check';
import type { SeatOperation } from '../../../src/audit/linearizability/operation.ts';
import { FREE, stepsOf } from '../../../src/audit/linearizability/seat-register.ts';
import { judgeSeat } from '../../../src/audit/linearizability/seats-linearizable.ts';
import { hasAnOrder } from './naive-search.ts';
import { anySeat, heldUntil, operation, realSeat, refused, type RealSeat } from './random-seat.ts';

const held = heldUntil(1_000);
const unknown = { kind: 'unknown' } as const;

const GOOD: readonly (readonly [string, readonly SeatOperation[]])[] = [
  ['nobody asks', []],
  [
    'of two at once one gets the seat',
    [operation('hold', 'a', [0, 10], held), operation('hold', 'b', [0, 10], refused('seat_taken'))],
  ],
  [
    'the one refused asked first and was answered first, while the other was being granted',
    [operation('hold', 'b', [0, 5], refused('seat_taken')), operation('hold', 'a', [2, 10], held)],
  ],
  [
    'released, then another’s',
    [
      operation('hold', 'a', [0, 10], held),
      operation('release', 'a', [20, 30]),
      operation('hold', 'b', [25, 40], held),
    ],
  ],
  [
    'another’s once the time was over',
    [operation('hold', 'a', [0, 10], heldUntil(50)), operation('hold', 'b', [40, 60], held)],
  ],
  [
    'ordered in time and sold long after the hold would have ended',
    [
      operation('hold', 'a', [0, 10], heldUntil(50)),
      operation('order', 'a', [20, 30]),
      operation('hold', 'b', [80, 90], refused('seat_taken')),
      operation('sell', 'a', [20, null]),
    ],
  ],
  [
    'ordered, not paid for, then another’s',
    [
      operation('hold', 'a', [0, 10], held),
      operation('order', 'a', [20, 30]),
      operation('hold', 'b', [80, 90], held),
    ],
  ],
  [
    'a refusal by a hold whose own taker never heard of it, sent long before',
    [operation('hold', 'a', [0, 5], unknown), operation('hold', 'b', [500, 510], refused('seat_taken'))],
  ],
  [
    'a hold that nobody heard of need never have been',
    [operation('hold', 'a', [0, null], unknown), operation('hold', 'b', [500, 510], held)],
  ],
  [
    'ordered too late',
    [
      operation('hold', 'a', [0, 10], heldUntil(50)),
      operation('order', 'a', [55, 60], refused('hold_expired')),
    ],
  ],
  ['refused for another reason', [operation('hold', 'a', [0, 10], refused('fan_limit'))]],
];

const BAD: readonly (readonly [string, readonly SeatOperation[]])[] = [
  ['held by two at once', [operation('hold', 'a', [0, 10], held), operation('hold', 'b', [20, 30], held)]],
  ['refused although it was free throughout', [operation('hold', 'a', [0, 10], refused('seat_taken'))]],
  [
    'refused after it was released and before anybody else asked',
    [
      operation('hold', 'a', [0, 10], held),
      operation('release', 'a', [20, 30]),
      operation('hold', 'b', [40, 50], refused('seat_taken')),
      operation('hold', 'c', [60, 70], held),
    ],
  ],
  [
    'lost before its time',
    [
      operation('hold', 'a', [0, 10], heldUntil(50)),
      operation('order', 'a', [20, 30], refused('hold_expired')),
    ],
  ],
  [
    'ordered after it ended and became another’s',
    [
      operation('hold', 'a', [0, 10], heldUntil(50)),
      operation('hold', 'b', [60, 70], held),
      operation('order', 'a', [80, 90]),
    ],
  ],
  [
    'sold to two',
    [
      operation('hold', 'a', [0, 10], held),
      operation('order', 'a', [20, 30]),
      operation('sell', 'a', [20, null]),
      operation('hold', 'b', [40, 50], held),
      operation('order', 'b', [60, 70]),
      operation('sell', 'b', [60, null]),
    ],
  ],
  [
    'held by another although it was sold',
    [
      operation('hold', 'a', [0, 10], held),
      operation('order', 'a', [20, 30]),
      operation('sell', 'a', [20, null]),
      operation('hold', 'b', [40, 50], held),
    ],
  ],
  [
    'ordered although it was released',
    [
      operation('hold', 'a', [0, 10], held),
      operation('release', 'a', [20, 30]),
      operation('order', 'a', [40, 50]),
    ],
  ],
  ['ordered before it was held', [operation('order', 'a', [0, 5]), operation('hold', 'a', [10, 20], held)]],
];

for (const [name, operations] of GOOD)
  test(`accepted: ${name}`, (t) => t.is(judgeSeat(operations).kind, 'linearizable'));

for (const [name, operations] of BAD)
  test(`rejected: ${name}`, (t) => t.is(judgeSeat(operations).kind, 'broken'));

test('what is broken is named: the operation that nothing explains', (t) => {
  const found = judgeSeat([
    operation('hold', 'a', [0, 10], held),
    operation('hold', 'b', [20, 30], held),
    operation('hold', 'c', [40, 50], refused('seat_taken')),
  ]);
  t.is(found.kind === 'broken' ? found.stuckAt : found.kind, 'hold b by fan of b: ok');
});

test('every history of a real seat is accepted, however its questions and answers overlap', (t) => {
  fc.assert(
    fc.property(fc.oneof(realSeat(0, false), realSeat(30, false), realSeat(30, true)), ({ operations }) => {
      t.is(judgeSeat(operations).kind, 'linearizable');
    }),
    { numRuns: 1_500 },
  );
  t.pass();
});

/** The next answer, a lie; null: the seat is not where this lie is one. */
type Lie = (seat: RealSeat) => readonly SeatOperation[] | null;
const LATER_MS = 1;

const LIES: Readonly<Record<string, Lie>> = {
  'given to a second while the first has it': ({ is, nowMs, expiresAtMs }) => {
    const at = nowMs + LATER_MS;
    const isOurs = is === 'sold' || (is === 'held' && at < expiresAtMs);
    return isOurs ? [operation('hold', 'liar', [at, at], heldUntil(at + 5))] : null;
  },
  'refused to everybody while it is free': ({ is, nowMs, by, expiresAtMs }) => {
    const at = Math.max(nowMs, expiresAtMs) + LATER_MS;
    // A last hold that merely ran out may be noticed late; here somebody has had the seat since, or gave it back.
    if (is !== 'free' || by === '') return null;
    return [
      operation('hold', 'prover', [at, at], heldUntil(at + 100)),
      operation('release', 'prover', [at + 1, at + 1]),
      operation('hold', 'liar', [at + 2, at + 2], refused('seat_taken')),
    ];
  },
  'lost before its time': ({ is, by, nowMs, expiresAtMs }) => {
    const at = nowMs + LATER_MS;
    if (is !== 'held' || at >= expiresAtMs) return null;
    return [operation('order', by, [at, at], refused('hold_expired'))];
  },
  'sold to its old owner after it went to another': ({ is, by, expiresAtMs, nowMs }) => {
    const at = Math.max(nowMs, expiresAtMs) + LATER_MS;
    if (is !== 'held') return null;
    return [operation('hold', 'next', [at, at], heldUntil(at + 5)), operation('order', by, [at + 1, at + 1])];
  },
  'ordered after it was given back': ({ is, by, nowMs, expiresAtMs }) => {
    const at = nowMs + LATER_MS;
    if (is !== 'held' || at >= expiresAtMs) return null;
    return [operation('release', by, [at, at]), operation('order', by, [at + 1, at + 1])];
  },
  'told as sold a second time, to another': ({ is, nowMs }) => {
    const at = nowMs + LATER_MS;
    if (is !== 'sold') return null;
    return [
      operation('hold', 'liar', [at, null], { kind: 'unknown' }),
      operation('order', 'liar', [at, null], { kind: 'unknown' }),
      operation('sell', 'liar', [at, null]),
    ];
  },
};

for (const [name, lie] of Object.entries(LIES)) {
  test(`rejected after any true history: ${name}`, (t) => {
    let told = 0;
    fc.assert(
      fc.property(realSeat(0, false), (seat) => {
        const lies = lie(seat);
        if (lies === null) return;
        told += 1;
        t.is(judgeSeat([...seat.operations, ...lies]).kind, 'broken');
      }),
      { numRuns: 1_500 },
    );
    t.true(told > 50, `only ${told} histories came to where this lie is one`);
  });
}

test('it finds what trying every order finds', (t) => {
  const found = { linearizable: 0, broken: 0, gave_up: 0 };
  fc.assert(
    fc.property(anySeat(5), (operations) => {
      const { kind } = judgeSeat(operations);
      found[kind] += 1;
      t.is(kind === 'linearizable', hasAnOrder(stepsOf(operations), FREE));
    }),
    { numRuns: 3_000 },
  );
  t.true(found.linearizable > 100 && found.broken > 100, JSON.stringify(found));
  t.is(found.gave_up, 0);
});

test('a search that is not allowed to look far enough says that it gave up, never that all is well', (t) => {
  const tangled = Array.from({ length: 12 }, (_, index) =>
    operation('hold', `h${index}`, [0, 100], heldUntil(50)),
  );
  t.is(judgeSeat(tangled, 50).kind, 'gave_up');
  t.is(judgeSeat(tangled).kind, 'linearizable');
});

test('a thousand people who are refused one seat are judged within the budget', (t) => {
  const crowd = Array.from({ length: 1_000 }, (_, index) =>
    operation('hold', `c${index}`, [index, index + 400], refused('seat_taken')),
  );
  const found = judgeSeat([operation('hold', 'a', [0, 300], held), ...crowd]);
  t.is(found.kind, 'linearizable');
  t.true(found.looks < 10_000, `${found.looks} looks`);
});
