import test from 'ava';
import fc from 'fast-check';
import { newAttempt, type AttemptStatus } from '../../src/domain/attempt.ts';
import { ATTEMPT_STATUSES } from '../../src/domain/attempt-table.ts';
import { HEAD_START_MS, nextCheckAtMs, wantOf } from '../../src/domain/attempt-schedule.ts';

const attempt = (status: AttemptStatus, payByMs = 600_000) => ({
  ...newAttempt({
    attemptId: 'a',
    orderId: 'o',
    eventId: 'e',
    amountMinor: 1,
    currency: 'BRL',
    description: '',
    payByMs,
  }),
  status,
});

test('only an attempt that wants something is ever due', (t) => {
  for (const status of ATTEMPT_STATUSES) {
    t.is(nextCheckAtMs(attempt(status), 0, 0) === null, wantOf(status) === null, status);
  }
});

test('whoever makes a change has a head start before the sweeper', (t) => {
  for (const status of ['new', 'cancelling', 'voiding', 'capturing', 'refunding'] as const) {
    t.is(nextCheckAtMs(attempt(status), 0, 1_000), 1_000 + HEAD_START_MS);
  }
});

test('an open attempt is looked at after 15 s, then ever more rarely, and exactly when its time to pay is over', (t) => {
  const delays = [0, 1, 2, 3, 4, 5, 6].map((checks) => nextCheckAtMs(attempt('open', 10_000_000), checks, 0));
  t.deepEqual(delays, [15_000, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  t.is(nextCheckAtMs(attempt('open', 20_000), 3, 10_000), 20_000);
});

test('what is due is always in the future and never further than five minutes, so nothing spins and nothing is lost', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ATTEMPT_STATUSES),
      fc.nat(10_000),
      fc.nat(2_000_000),
      fc.nat(2_000_000),
      (status, checks, payByMs, nowMs) => {
        const next = nextCheckAtMs(attempt(status, payByMs), checks, nowMs);
        return next === null || (next > nowMs && next <= nowMs + 300_000);
      },
    ),
  );
  t.pass();
});
