import test from 'ava';
import { audit, isBroken, type AuditInput } from '../../src/audit/audit.ts';
import type { ClientHistory } from '../../src/audit/history.ts';
import type { SaleRecords } from '../../src/domain/sale-records.ts';
import {
  admission,
  bought,
  brokenAfter,
  brokenVerdicts,
  cancelled,
  dropped,
  history,
  hold,
  input,
  intent,
  lapsed,
  order,
  paid,
  records,
  regretted,
  returned,
  ticket,
} from './sold-house.ts';

const rows = (change: Partial<SaleRecords>): Partial<AuditInput> => ({ records: { ...records, ...change } });
const told = (change: Partial<ClientHistory>): Partial<AuditInput> => ({
  history: { ...history, ...change },
});
const codes = (change: Partial<SaleRecords['access']>): Partial<AuditInput> =>
  rows({ access: { ...records.access, ...change } });
const [first, second, third, fourth] = records.seats;
if (first === undefined || second === undefined || third === undefined || fourth === undefined)
  throw new Error('four seats');

test('a sale in which everything was kept passes every check, and each check looked at something', (t) => {
  const verdicts = audit(input);
  t.deepEqual(
    verdicts.filter((verdict) => verdict.state !== 'ok'),
    [],
  );
  t.true(verdicts.every((verdict) => verdict.checked > 0));
  t.false(isBroken(verdicts));
});

/** Each is one lie put into the good sale, and the promises that must be found broken by it. */
const LIES: readonly (readonly [string, Partial<AuditInput>, readonly string[]])[] = [
  [
    'a seat has two live tickets',
    rows({ tickets: [...records.tickets, ticket('ticket-9', paid, 'A-1-1')] }),
    ['P1', 'P2'],
  ],
  ['a seat is sold without a ticket', rows({ tickets: records.tickets.slice(1) }), ['P1', 'P2', 'P16']],
  [
    'a seat with a ticket is free',
    rows({ seats: [{ ...first, status: 'free', holdId: null }, second, third, fourth] }),
    ['P1'],
  ],
  ['a ticket is for a seat that does not exist', rows({ seats: [second, third, fourth] }), ['P1', 'seats']],
  [
    'two fans were told that one seat is theirs',
    told({
      salesTold: [
        ...history.salesTold,
        { fanId: 'fan-3', orderId: 'order-3', tickets: [{ ticketId: 'ticket-1', seatId: 'A-1-1' }] },
      ],
    }),
    ['P1', 'P16'],
  ],
  [
    'money was taken for an order that ended without tickets',
    { intents: [intent(paid, 'captured'), intent(cancelled, 'captured')] },
    ['P2', 'money'],
  ],
  [
    'money was taken for no order at all',
    {
      intents: [
        ...(input.intents ?? []),
        { ...intent(paid, 'captured'), orderId: 'order-9', attemptId: 'a-9' },
      ],
    },
    ['P2', 'P3', 'money'],
  ],
  [
    'the order that was paid still awaits payment',
    rows({ orders: [{ ...paid, status: 'awaiting_payment' }, cancelled] }),
    ['P2', 'P3', 'P4', 'P16', 'seats', 'money'].filter((promise) => promise !== 'P4'),
  ],
  [
    'reserved money of a confirmed order was never captured',
    { intents: [intent(paid, 'authorised'), intent(cancelled, 'cancelled')] },
    ['P3', 'P4', 'money'],
  ],
  ['a message has not left', rows({ unsent: { tickets: 1, payments: 0 } }), ['P3']],
  [
    'an order is charged twice',
    { intents: [...(input.intents ?? []), { ...intent(paid, 'captured'), intentId: 'pi-other' }] },
    ['P4', 'money'],
  ],
  [
    'an order is charged too much',
    { intents: [{ ...intent(paid, 'captured'), capturedMinor: 2_001 }, intent(cancelled, 'cancelled')] },
    ['P4', 'money'],
  ],
  ['a confirmed order was never paid', { intents: [intent(cancelled, 'cancelled')] }, ['P4', 'money']],
  [
    'a refund was given for what is still sold',
    { intents: [{ ...intent(paid, 'captured'), refundedMinor: 2_000 }, intent(cancelled, 'cancelled')] },
    ['P2', 'money'],
  ],
  [
    'a hold has no admission',
    rows({ holds: [{ ...bought, passId: 'pass-9' }, lapsed, dropped, regretted] }),
    ['P5'],
  ],
  [
    'a hold uses the admission of another fan',
    rows({ holds: [{ ...bought, passId: 'pass-2' }, lapsed, dropped, regretted] }),
    ['P5'],
  ],
  [
    'a hold is older than its admission',
    rows({
      admissions: [
        admission(1, 2_001),
        admission(2, 3_000),
        { ...admission(3, 12_000), leftAtMs: 18_000 },
        admission(4, 19_000),
      ],
    }),
    ['P5'],
  ],
  [
    'more came in than the rate allows',
    rows({
      admissions: [admission(1, 1_000), admission(2, 1_010), admission(3, 1_020), admission(4, 19_000)],
    }),
    ['P6'],
  ],
  [
    'more were called between two frames than the rate allows',
    told({
      frames: [
        { epoch: 1, asOfMs: 0, serving: 0 },
        { epoch: 1, asOfMs: 100, serving: 5 },
      ],
    }),
    ['P6'],
  ],
  [
    'serving fell back',
    told({
      frames: [
        { epoch: 1, asOfMs: 0, serving: 2 },
        { epoch: 1, asOfMs: 5_000, serving: 1 },
      ],
    }),
    ['P6'],
  ],
  [
    'a restored line is behind what was told',
    told({
      frames: [
        { epoch: 2, asOfMs: 4_000, serving: 1 },
        { epoch: 1, asOfMs: 5_000, serving: 2 },
      ],
    }),
    ['P6'],
  ],
  ['more were inside than allowed', rows({ event: { ...records.event, insideMax: 2 } }), ['P6']],
  [
    'a place was admitted twice',
    rows({
      admissions: [...records.admissions, { ...admission(1, 30_000), passId: 'pass-1b' }],
      event: { ...records.event, insideMax: 9 },
    }),
    ['P6'],
  ],
  [
    'a fan has two places',
    rows({ places: [...records.places, { number: 5, fanId: 'fan-1', spent: false }] }),
    ['P7'],
  ],
  ['a place that was told is gone', told({ placesTold: [{ fanId: 'fan-1', number: 7 }] }), ['P7']],
  [
    'a code for one was redeemed by two',
    codes({ redemptions: [...records.access.redemptions, { codeId: 'code-1', fanId: 'fan-3' }] }),
    ['P7c'],
  ],
  ['a redemption was not counted', codes({ redemptions: [], bypasses: [] }), ['P7c']],
  [
    'somebody was let into a lane by a code that they did not redeem',
    told({ lanesOpened: [{ fanId: 'fan-3', laneId: 'club' }] }),
    ['P7c'],
  ],
  ['somebody went past the line uncounted', codes({ bypasses: [] }), ['P7c']],
  [
    'somebody without a code was counted past the line',
    codes({ bypasses: [...records.access.bypasses, { codeId: 'code-2', fanId: 'fan-2' }] }),
    ['P7c'],
  ],
  [
    'a seat was given away while its hold lived',
    rows({ holds: [bought, { ...lapsed, expiresAtMs: 13_501 }, dropped, regretted] }),
    ['P8'],
  ],
  [
    'a seat was given away while its order was being paid for',
    rows({ holds: [...records.holds, { ...hold('hold-5', 2, ['A-1-3'], 15_000), state: 'expired' }] }),
    ['P8', 'P16'],
  ],
  [
    'a fan who ordered in time was told that the hold is lost',
    told({
      orderAnswers: [
        ...history.orderAnswers.slice(0, 1),
        { fanId: 'fan-3', holdIds: ['hold-3'], answeredAtMs: 14_000, orderId: null, code: 'hold_expired' },
      ],
    }),
    ['P8', 'P16'],
  ],
  [
    'a hold is active long after its end',
    rows({ holds: [bought, { ...lapsed, state: 'active' }, dropped, regretted] }),
    ['P9'],
  ],
  [
    'a seat stays held long after its end',
    rows({
      seats: [first, second, { ...third, status: 'held', holdId: 'hold-2', heldUntilMs: 13_000 }, fourth],
    }),
    ['P9', 'seats'],
  ],
  [
    'a double click made two holds',
    told({ repeats: [{ fanId: 'fan-1', what: 'hold', key: 'k', ids: ['hold-1', 'hold-2'] }] }),
    ['P15'],
  ],
  ['a hold that was told is gone', rows({ holds: [bought, dropped, regretted] }), ['P16']],
  [
    'a ticket that was told is another',
    rows({ tickets: [ticket('ticket-1', paid, 'A-1-1'), ticket('ticket-3', paid, 'A-1-2')] }),
    ['P16'],
  ],
  ['an admission that was told is gone', told({ admitted: [...history.admitted, 'fan-9'] }), ['P16']],
  [
    'a refused hold took effect',
    told({ holdsTold: history.holdsTold.filter((one) => one.holdId !== 'hold-2') }),
    ['P16'],
  ],
  [
    'a refused order took effect',
    rows({ orders: [...records.orders, { ...order('order-9', dropped, 'failed') }] }),
    ['P16'],
  ],
  ['an answer did not fit its request', told({ untruths: ['a lie'] }), ['P16']],
  ['a seat is missing', { seatsExpected: 5 }, ['seats']],
  ['a seat is there twice', rows({ seats: [first, second, third, third, fourth] }), ['seats']],
  [
    'a fan has more seats than one fan may',
    rows({ event: { ...records.event, seatsPerFan: 1 } }),
    ['limits'],
  ],
  [
    'the money of an order that was given back is kept',
    { intents: [...(input.intents ?? []).slice(0, 2), intent(returned, 'captured')] },
    ['P2', 'money'],
  ],
  [
    'an order that was given back keeps a ticket',
    rows({ tickets: [...records.tickets.slice(0, 2), ticket('ticket-4', returned, 'A-1-4')] }),
    ['P1', 'P2'],
  ],
  [
    'an order is taken back although its fan was refused that',
    told({
      requests: history.requests.map((one) =>
        one.what === 'give_back'
          ? { ...one, outcome: { kind: 'refused', code: 'order_not_refundable', seatIds: [] } }
          : one,
      ),
    }),
    ['P2'],
  ],
  [
    'a seat was granted to a second fan while the first had it',
    told({
      requests: history.requests.map((one) =>
        one.what === 'hold' && one.outcome.kind === 'ok' && one.outcome.id === dropped.holdId
          ? { ...one, invokedAtMs: 5_000, answeredAtMs: 5_010 }
          : one,
      ),
    }),
    ['seats'],
  ],
];

for (const [lie, change, promises] of LIES) {
  test(`the audit finds it when ${lie}`, (t) => {
    t.deepEqual(
      [...brokenAfter(change)].sort(),
      [...promises].sort(),
      JSON.stringify(brokenVerdicts(change), null, 1),
    );
  });
}

test('what cannot be checked is said, and is neither kept nor broken', (t) => {
  const blind = audit({ ...input, intents: null, history: null });
  const unchecked = blind
    .filter((verdict) => verdict.state === 'not_checked')
    .map((verdict) => verdict.promise);
  t.deepEqual([...new Set(unchecked)].sort(), [
    'P1',
    'P15',
    'P16',
    'P2',
    'P3',
    'P4',
    'P6',
    'P8',
    'money',
    'seats',
  ]);
  t.false(isBroken(blind));
  const turned = audit({ ...input, ...rows({ event: { ...records.event, knobsVersion: 2 } }) });
  t.deepEqual(
    turned.filter((verdict) => verdict.state === 'not_checked').map((verdict) => verdict.promise),
    ['P6', 'P6', 'P6'],
  );
});

test('a hold or order whose outcome stayed unknown may exist, once for each', (t) => {
  const untold = { holdsTold: history.holdsTold.filter((one) => one.holdId !== 'hold-2') };
  t.deepEqual(brokenAfter(told({ ...untold, unknown: [{ fanId: 'fan-2', what: 'hold' }] })), []);
  t.deepEqual(brokenAfter(told({ ...untold, unknown: [{ fanId: 'fan-2', what: 'order' }] })), ['P16']);
  t.deepEqual(brokenAfter({ ...told(untold), alone: false }), []);
});

test('a hold refused after its end, or given back by its fan, breaks no word', (t) => {
  const refusal = { fanId: 'fan-2', holdIds: ['hold-2'], orderId: null, code: 'hold_expired' };
  t.deepEqual(
    brokenAfter(told({ orderAnswers: [...history.orderAnswers, { ...refusal, answeredAtMs: 13_200 }] })),
    [],
  );
  const released = history.holdsTold.map((one) =>
    one.holdId === 'hold-2' ? { ...one, releasedAtMs: 4_000 } : one,
  );
  const answers = [...history.orderAnswers, { ...refusal, code: 'hold_not_active', answeredAtMs: 5_000 }];
  t.deepEqual(brokenAfter(told({ holdsTold: released, orderAnswers: answers })), []);
  t.deepEqual(brokenAfter(told({ orderAnswers: answers })), ['P8']);
});

test('a hold that late money took for itself is nobody’s refusal', (t) => {
  const late = { ...hold('hold-9', 1, ['A-1-3'], 40_000), state: 'expired' as const };
  const withHold = (one: typeof late) =>
    brokenAfter({ records: { ...records, holds: [...records.holds, one] } }).includes('P16');
  t.true(withHold(late));
  t.false(withHold({ ...late, late: true }));
});
