import test from 'ava';
import type { Verdict } from '../../src/audit/verdict.ts';
import { enoughFor, promisesOver, reasonsAgainst, type Evidence } from '../../src/chaos/verdict.ts';
import { strikeRecord as strike } from './records.ts';

const line = (promise: string, state: Verdict['state'] = 'ok', notes: readonly string[] = []): Verdict => ({
  promise,
  what: `what ${promise} says`,
  state,
  checked: state === 'not_checked' ? 0 : 5,
  broken: state === 'broken' ? 1 : 0,
  notes,
});

const ENOUGH = enoughFor(60_000, 20, 4_000);
const KINDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const full = (more: Partial<Evidence> = {}): Evidence => ({
  promises: ENOUGH.promises.map((promise) => line(promise)),
  strikes: KINDS.map((kind) => strike(kind)),
  orders: 100,
  sales: 50,
  happened: { requests: { ok: 900, fail: 50, unknown: 20 }, ordersSeen: { confirmed: 50, expired: 3 } },
  ...more,
});

test('a run in which all was kept and enough happened is green', (t) => {
  t.deepEqual(reasonsAgainst(full(), ENOUGH), []);
});

test('a broken promise makes the run red, with what was broken', (t) => {
  const promises = [...full().promises, line('P1', 'broken', ['A/A-1-1 has 2 live tickets'])];
  t.deepEqual(reasonsAgainst(full({ promises }), ENOUGH), [
    'P1 is broken: what P1 says: A/A-1-1 has 2 live tickets',
  ]);
});

test('a fault that could not be healed makes the run red', (t) => {
  const strikes = [...full().strikes, strike('node-kill', { unhealed: 'it never answered' })];
  t.deepEqual(reasonsAgainst(full({ strikes }), ENOUGH), [
    'node-kill could not be healed: it never answered',
  ]);
});

test('a run in which too little happened is red, and says of what', (t) => {
  const { happened } = full();
  const cases: readonly (readonly [Partial<Evidence>, RegExp])[] = [
    [{ orders: 3 }, /^too little happened: orders: 3, at least 25/],
    [{ sales: 0 }, /^too little happened: sales: 0/],
    [{ strikes: [strike('a')] }, /faults that landed: 1,.*kinds of fault: 1,/],
    [
      { strikes: KINDS.map((kind) => strike(kind, { missed: 'nobody was there' })) },
      /faults that landed: 0,/,
    ],
    [{ happened: { ...happened, requests: { ok: 900, fail: 50, unknown: 0 } } }, /unknown outcome: 0/],
    [{ happened: { ...happened, ordersSeen: { confirmed: 50 } } }, /ended without tickets: 0/],
    [
      { promises: full().promises.map((one) => (one.promise === 'P9' ? line('P9', 'not_checked') : one)) },
      /nothing put P9 to the test/,
    ],
    [{ promises: [] }, /nothing put P1 to the test/],
  ];
  for (const [less, reason] of cases) t.regex(reasonsAgainst(full(less), ENOUGH).join('; '), reason);
});

test('over several sales a promise is broken if it is anywhere, and checked if it is anywhere', (t) => {
  t.deepEqual(
    promisesOver([line('P1'), line('P9', 'not_checked', ['no hold ended']), line('P1'), line('P9')]),
    [{ ...line('P1'), checked: 10 }, line('P9')],
  );
  const [broken] = promisesOver([line('P1'), line('P1', 'broken', ['one']), line('P1', 'broken', ['two'])]);
  t.deepEqual(broken, { ...line('P1', 'broken', ['one', 'two']), checked: 15, broken: 2 });
});

test('what is enough grows with the load, and never asks for more kinds than there are', (t) => {
  t.is(enoughFor(600_000, 30, 4_000).orders, 10 * enoughFor(60_000, 30, 4_000).orders);
  t.is(enoughFor(60_000, 2, 4_000).kinds, 2);
  t.is(enoughFor(3_600_000, 30, 10_000).strikes, 216, 'rarer faults, fewer of them');
});
