import test from 'ava';
import { etaOf, type EtaInput } from '../../src/waiting-room/eta.ts';
import { createPace } from '../../src/waiting-room/pace.ts';

const input = (change: Partial<EtaInput> & { reason: EtaInput['frame']['reason'] }): EtaInput => ({
  ahead: 99,
  frame: { reason: change.reason, ratePerMinute: 600 },
  ceilingPerMinute: 600,
  opensInMs: 0,
  recentPerMinute: null,
  ...change,
});

test('people in front over the rate, with a wider second figure', (t) => {
  t.deepEqual(etaOf(input({ reason: 'rate' })), { p50Seconds: 10, p90Seconds: 14 });
});

test('before the opening the time until then is added', (t) => {
  t.deepEqual(etaOf(input({ reason: 'pending', opensInMs: 60_000 })), { p50Seconds: 70, p90Seconds: 106 });
});

test('where people inside are what binds, the measured pace counts and not the ceiling', (t) => {
  t.deepEqual(etaOf(input({ reason: 'inside', recentPerMinute: 60 })), { p50Seconds: 100, p90Seconds: 201 });
  t.deepEqual(etaOf(input({ reason: 'inside', recentPerMinute: 6_000 })), { p50Seconds: 10, p90Seconds: 21 });
});

test('nothing is said when nothing can honestly be said', (t) => {
  for (const reason of ['paused', 'closed', 'stock', 'degraded'] as const)
    t.is(etaOf(input({ reason })), null);
  t.is(etaOf(input({ reason: 'rate', frame: { reason: 'rate', ratePerMinute: 0 } })), null);
  t.is(etaOf(input({ reason: 'inside', recentPerMinute: null })), null);
  t.is(etaOf(input({ reason: 'inside', recentPerMinute: 0 })), null);
  t.is(etaOf(input({ reason: 'pending', ceilingPerMinute: 0 })), null);
});

test('the pace is measured over the last minute, and not before five seconds', (t) => {
  const pace = createPace();
  for (let second = 0; second <= 4; second += 1) pace.note(second * 1_000, second);
  t.is(pace.perMinute(), null);
  for (let second = 5; second <= 200; second += 1)
    pace.note(second * 1_000, second < 100 ? second : 100 + (second - 100) * 3);
  t.is(pace.perMinute(), 180);
});
