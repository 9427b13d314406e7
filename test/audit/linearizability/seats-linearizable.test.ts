import test from 'ava';
import type { ClientHistory, RequestOutcome, SeatRequest } from '../../../src/audit/history.ts';
import { seatsLinearizable } from '../../../src/audit/linearizability/seats-linearizable.ts';
import { history as soldHouse } from '../sold-house.ts';

/** Far apart, so that no lag of a refusal reaches from one to the next. */
const HOUR_MS = 3_600_000;
const EMPTY: ClientHistory = { ...soldHouse, holdsTold: [], requests: [], salesTold: [] };

const hold = (
  fan: number,
  seatIds: readonly string[] | null,
  atMs: number,
  outcome: RequestOutcome,
): SeatRequest => ({
  what: 'hold',
  fanId: `fan-${fan}`,
  sectionId: 'A',
  seatIds,
  invokedAtMs: atMs,
  answeredAtMs: atMs + 100,
  outcome,
});

const order = (
  fan: number,
  holdIds: readonly string[],
  atMs: number,
  outcome: RequestOutcome,
): SeatRequest => ({
  what: 'order',
  fanId: `fan-${fan}`,
  holdIds,
  invokedAtMs: atMs,
  answeredAtMs: atMs + 100,
  outcome,
});

const told = (fan: number, seatIds: readonly string[], atMs: number) => ({
  fanId: `fan-${fan}`,
  holdId: `hold-${fan}`,
  sectionId: 'A',
  seatIds,
  expiresAtMs: atMs + 10_000,
  releasedAtMs: null,
});

const ok = (id: string): RequestOutcome => ({ kind: 'ok', id });
const taken = (...seatIds: readonly string[]): RequestOutcome => ({
  kind: 'refused',
  code: 'seat_taken',
  seatIds,
});
const unknown: RequestOutcome = { kind: 'unknown' };

const judged = (change: Partial<ClientHistory>, alone = true) =>
  seatsLinearizable({ ...EMPTY, ...change }, alone);
const stateOf = (change: Partial<ClientHistory>, alone = true) => judged(change, alone).state;

test('a seat granted to two fans at once is found and named, among seats that are right', (t) => {
  const verdict = judged({
    holdsTold: [told(1, ['1', '2'], 0), told(2, ['2'], 1_000)],
    requests: [hold(1, ['1', '2'], 0, ok('hold-1')), hold(2, ['2'], 1_000, ok('hold-2'))],
  });
  t.is(verdict.state, 'broken');
  t.is(verdict.broken, 1);
  t.regex(verdict.notes[0] ?? '', /^A\/2: nothing explains hold hold-2 by fan fan-2: ok/);
});

test('the same seat of another section is another seat', (t) => {
  const elsewhere = { ...told(2, ['1'], 0), sectionId: 'B' };
  t.is(
    stateOf({
      holdsTold: [told(1, ['1'], 0), elsewhere],
      requests: [
        hold(1, ['1'], 0, ok('hold-1')),
        { ...hold(2, ['1'], 0, ok('hold-2')), sectionId: 'B' } as SeatRequest,
      ],
    }),
    'ok',
  );
});

test('a hold that ends by the server’s clock a little early by the fans’ is no breach', (t) => {
  const grant = (secondAtMs: number) =>
    stateOf({
      holdsTold: [told(1, ['1'], 0), told(2, ['1'], secondAtMs)],
      requests: [hold(1, ['1'], 0, ok('hold-1')), hold(2, ['1'], secondAtMs, ok('hold-2'))],
    });
  t.is(grant(9_500), 'ok');
  t.is(grant(8_000), 'broken');
});

test('an order refused as lost while its hold lived is a breach; with several holds in it it may be any of them', (t) => {
  const lost: RequestOutcome = { kind: 'refused', code: 'hold_not_active', seatIds: [] };
  const holds = {
    holdsTold: [told(1, ['1'], 0), { ...told(1, ['2'], 0), holdId: 'hold-9' }],
    requests: [hold(1, ['1'], 0, ok('hold-1')), hold(1, ['2'], 0, ok('hold-9'))],
  };
  const after = (holdIds: readonly string[]) =>
    stateOf({ ...holds, requests: [...holds.requests, order(1, holdIds, 2_000, lost)] });
  t.is(after(['hold-1']), 'broken');
  t.is(after(['hold-1', 'hold-9']), 'ok');
});

test('what was told as sold is never free again', (t) => {
  const change = {
    holdsTold: [told(1, ['1'], 0), told(2, ['1'], HOUR_MS)],
    requests: [
      hold(1, ['1'], 0, ok('hold-1')),
      order(1, ['hold-1'], 1_000, ok('order-1')),
      hold(2, ['1'], HOUR_MS, ok('hold-2')),
    ],
  };
  t.is(stateOf(change), 'ok', 'the order may have ended unpaid');
  const salesTold = [{ fanId: 'fan-1', orderId: 'order-1', tickets: [{ ticketId: 't', seatId: '1' }] }];
  t.is(stateOf({ ...change, salesTold }), 'broken');
});

test('a sold seat is another’s only after it was given back, and whoever gave it back cannot have it still', (t) => {
  const back = (atMs: number, outcome: RequestOutcome): SeatRequest => ({
    what: 'give_back',
    orderId: 'order-1',
    fanId: 'fan-1',
    invokedAtMs: atMs,
    answeredAtMs: atMs + 100,
    outcome,
  });
  const change = (...returns: readonly SeatRequest[]) =>
    stateOf({
      holdsTold: [told(1, ['1'], 0), told(2, ['1'], HOUR_MS)],
      requests: [
        hold(1, ['1'], 0, ok('hold-1')),
        order(1, ['hold-1'], 1_000, ok('order-1')),
        hold(2, ['1'], HOUR_MS, ok('hold-2')),
        ...returns,
      ],
      salesTold: [{ fanId: 'fan-1', orderId: 'order-1', tickets: [{ ticketId: 't', seatId: '1' }] }],
    });
  t.is(change(back(5_000, ok('order-1'))), 'ok');
  t.is(change(back(5_000, unknown)), 'ok', 'it may have been');
  t.is(change(back(5_000, { kind: 'refused', code: 'order_not_refundable', seatIds: [] })), 'broken');
  t.is(change(back(HOUR_MS + 60_000, ok('order-1'))), 'broken', 'only after the second had it');
});

test('a refusal of a seat that nobody ever asked for is a breach, if all fans are known', (t) => {
  const change = { requests: [hold(1, ['1'], HOUR_MS, taken('1'))] };
  t.is(stateOf(change), 'broken');
  t.is(stateOf(change, false), 'not_checked');
});

test('a refusal is explained by an unknown hold, by others reaching for the seat, and by what was true shortly before', (t) => {
  const refusal = hold(2, ['1'], HOUR_MS, taken('1'));
  const before = HOUR_MS - 5_000;
  t.is(stateOf({ requests: [hold(1, ['1'], 0, unknown), refusal] }), 'ok', 'named');
  t.is(stateOf({ requests: [hold(1, null, 0, unknown), refusal] }), 'ok', 'chosen by the server');
  t.is(stateOf({ requests: [hold(1, ['2'], 0, unknown), refusal] }), 'broken', 'another seat');
  const reaching = hold(3, ['1', '2'], before, { kind: 'refused', code: 'fan_limit', seatIds: [] });
  t.is(stateOf({ requests: [reaching, refusal] }), 'not_checked', 'left out');
  t.is(
    stateOf({ requests: [{ ...reaching, invokedAtMs: 0, answeredAtMs: 100 }, refusal] }),
    'broken',
    'long ago',
  );
  const released: SeatRequest = {
    what: 'release',
    fanId: 'fan-1',
    holdIds: ['hold-1'],
    invokedAtMs: before,
    answeredAtMs: before + 100,
    outcome: ok('hold-1'),
  };
  const holdsTold = [told(1, ['1'], before - 1_000)];
  t.is(
    stateOf({
      holdsTold,
      requests: [hold(1, ['1'], before - 1_000, ok('hold-1')), released, refusal],
    }),
    'ok',
    'released shortly before',
  );
});

test('a hold granted after a try that went unanswered had a hand on its seats before, and without one had not', (t) => {
  // Fan 1 asked at once and was granted only after fan 2 was refused, fan 3 had the seat and gave it back.
  const tried = (triedBefore: boolean) => ({
    holdsTold: [told(1, ['1'], 20_000), told(3, ['1'], 2_000)],
    requests: [
      { ...hold(1, ['1'], 0, { kind: 'ok', id: 'hold-1', triedBefore }), answeredAtMs: 21_000 },
      hold(2, ['1'], 1_000, taken('1')),
      hold(3, ['1'], 2_000, ok('hold-3')),
    ],
  });
  t.is(stateOf(tried(true)), 'ok');
  t.is(stateOf(tried(false)), 'broken');
});

test('two fans who refuse each other’s seat by the same refusal explain nothing', (t) => {
  const both = [hold(1, ['1'], HOUR_MS, taken('1')), hold(2, ['1'], HOUR_MS, taken('1'))];
  t.is(stateOf({ requests: both }), 'broken');
});

test('who had a hand on a seat and lost it to a third explains an earlier refusal, and must be explained by the third', (t) => {
  // Fan 1 asked first and was long on the way; fan 2 was refused meanwhile, fan 3 got the seat elsewhere, and fan 1 lost it to that.
  const slow = { ...hold(1, ['1'], 0, taken('1')), answeredAtMs: 4_000 };
  const early = hold(2, ['1'], 1_000, taken('1'));
  const third = hold(3, ['1'], 2_000, ok('hold-3'));
  const holdsTold = [told(3, ['1'], 2_000)];
  t.is(stateOf({ holdsTold, requests: [slow, early, third] }), 'ok');
  t.is(stateOf({ requests: [slow, early] }), 'broken', 'nobody had it: the last refusal has no reason');
  t.is(stateOf({ holdsTold, requests: [early, third] }), 'broken', 'nobody had a hand on it yet');
});

test('seats that could not be decided within the budget are not checked, never kept', (t) => {
  const verdict = seatsLinearizable(soldHouse, true, 2);
  t.is(verdict.state, 'not_checked');
  t.regex(verdict.notes.join(), /too tangled/);
});

test('late money may buy a seat that went back, or another of its section, but none that is another’s', (t) => {
  const sale = (seatId: string, late: boolean) => [
    { fanId: 'fan-1', orderId: 'order-1', tickets: [{ ticketId: 'ticket-1', seatId }], late },
  ];
  const ordered = [
    hold(1, ['A-1'], 0, ok('hold-1')),
    order(1, ['hold-1'], 200, ok('order-1')),
    hold(2, ['A-1'], HOUR_MS, ok('hold-2')),
  ];
  const holdsTold = [told(1, ['A-1'], 0), told(2, ['A-1'], HOUR_MS)];
  const bought = [...ordered, order(2, ['hold-2'], HOUR_MS + 200, ok('order-2'))];
  const other = { fanId: 'fan-2', orderId: 'order-2', tickets: [{ ticketId: 'ticket-2', seatId: 'A-1' }] };
  t.is(stateOf({ requests: ordered, holdsTold, salesTold: sale('A-1', true) }), 'ok');
  t.is(stateOf({ requests: bought, holdsTold, salesTold: [...sale('A-2', true), other] }), 'ok');
  t.is(stateOf({ requests: bought, holdsTold, salesTold: [...sale('A-1', true), other] }), 'broken');
  t.is(stateOf({ requests: ordered, holdsTold, salesTold: sale('A-1', false) }), 'broken', 'it had ended');
});
