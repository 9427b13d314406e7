import test from 'ava';
import { settled } from '../../src/audit/settling.ts';
import type { Clock } from '../../src/domain/ports/environment.ts';
import type { UnsettledWork } from '../../src/domain/sale-records.ts';

/** Time that passes only by waiting. */
const virtualClock = (): Clock => {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    after(delayMs, task) {
      nowMs += delayMs;
      queueMicrotask(task);
      return () => undefined;
    },
  };
};

const QUIET: UnsettledWork = { orders: 0, payByMs: null, attempts: 0, unsent: 0 };

test('an audit waits until nothing is under way', async (t) => {
  const clock = virtualClock();
  const seen: UnsettledWork[] = [
    { ...QUIET, orders: 1, payByMs: 1_000, attempts: 1 },
    { ...QUIET, attempts: 1 },
    { ...QUIET, unsent: 2 },
    QUIET,
  ];
  const work = await settled('e', { unsettled: async () => seen.shift() ?? QUIET }, clock, 60_000);
  t.deepEqual(work, QUIET);
  t.is(seen.length, 0);
  t.true(clock.nowMs() > 0 && clock.nowMs() < 2_000);
});

test('what never settles is waited for until the deadline and no longer', async (t) => {
  const clock = virtualClock();
  const stuck = { ...QUIET, attempts: 1 };
  t.deepEqual(await settled('e', { unsettled: async () => stuck }, clock, 10_000), stuck);
  t.true(clock.nowMs() >= 10_000 && clock.nowMs() < 11_000);
});

test('an order that may be paid long after the deadline is not waited for', async (t) => {
  const clock = virtualClock();
  const abandoned = { ...QUIET, orders: 1, payByMs: 600_000 };
  t.deepEqual(await settled('e', { unsettled: async () => abandoned }, clock, 60_000), abandoned);
  t.true(clock.nowMs() < 10_000);
});
