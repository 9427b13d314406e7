import test from 'ava';
import { etaOf, type EtaInput } from '../../src/waiting-room/eta.ts';
import { createPace, type Pace, type Reading } from '../../src/waiting-room/pace.ts';

const measured = (perMinute: number, change: Partial<Reading> = {}): Reading => ({
  perMinute,
  count: 1_000,
  unevenness: 0,
  ...change,
});
const input = (change: Partial<EtaInput> & { reason: EtaInput['frame']['reason'] }): EtaInput => ({
  ahead: 599,
  frame: { reason: change.reason, ratePerMinute: 600 },
  ceilingPerMinute: 600,
  opensInMs: 0,
  recent: null,
  ...change,
});

test('people in front over the rate, and a band around it', (t) => {
  t.deepEqual(etaOf(input({ reason: 'rate' })), { p10Seconds: 54, p50Seconds: 60, p90Seconds: 66 });
  t.deepEqual(etaOf(input({ reason: 'rate', ahead: 0 })), { p10Seconds: 0, p50Seconds: 1, p90Seconds: 2 });
});

test('before the opening the time until then is added, and the band is wide', (t) => {
  const eta = etaOf(input({ reason: 'pending', opensInMs: 600_000 }));
  t.is(eta?.p50Seconds, 663);
  t.true((eta?.p10Seconds ?? 0) >= 600);
  t.true((eta?.p90Seconds ?? 0) > 690);
});

test('with planned rates the whole curve ahead counts', (t) => {
  const planned = {
    curve: {
      points: [
        { afterSeconds: 0, ratePerMinute: 60 },
        { afterSeconds: 60, ratePerMinute: 6_000 },
      ],
    },
    moment: { sinceStartMs: 0, ceilingPerMinute: 6_000, stockShare: 1 },
  };
  const now = { reason: 'schedule' as const, ratePerMinute: 60 };
  // At the rate of this moment it would be ten minutes.
  const seconds = etaOf(input({ reason: 'schedule', frame: now, planned }))?.p50Seconds ?? 0;
  t.true(seconds >= 25 && seconds <= 30, String(seconds));
  const opening = { ...planned, moment: { ...planned.moment, sinceStartMs: -600_000 } };
  const pending = etaOf(input({ reason: 'pending', opensInMs: 600_000, planned: opening }));
  t.is(pending?.p50Seconds, 600 + seconds);
});

test('where people inside are what binds, the measured pace counts and not the ceiling', (t) => {
  t.is(etaOf(input({ reason: 'inside', recent: measured(60) }))?.p50Seconds, 600);
});

test('far ahead the pace of the last minutes counts more than the rate of this moment', (t) => {
  const near = etaOf(input({ reason: 'recovering', ahead: 9, recent: measured(300) }));
  const far = etaOf(input({ reason: 'recovering', ahead: 5_999, recent: measured(300) }));
  t.is(near?.p50Seconds, 2);
  t.true((far?.p50Seconds ?? 0) > 1_100 && (far?.p50Seconds ?? 0) < 1_200, JSON.stringify(far));
});

test('the band is wider after few calls, and after an uneven time', (t) => {
  const width = (change: Partial<Reading>): number => {
    const eta = etaOf(input({ reason: 'inside', recent: measured(60, change) }));
    return (eta?.p90Seconds ?? 0) - (eta?.p10Seconds ?? 0);
  };
  t.true(width({ count: 5 }) > 2 * width({}));
  t.true(width({ unevenness: 0.8 }) > 1.5 * width({}));
});

test('nothing is said when nothing can honestly be said', (t) => {
  for (const reason of ['paused', 'closed', 'stock', 'degraded'] as const)
    t.is(etaOf(input({ reason, recent: measured(60) })), null);
  t.is(etaOf(input({ reason: 'rate', frame: { reason: 'rate', ratePerMinute: 0 } })), null);
  t.is(etaOf(input({ reason: 'inside' })), null);
  t.is(etaOf(input({ reason: 'inside', recent: measured(0) })), null);
  t.is(etaOf(input({ reason: 'holds_slow' })), null);
  for (const reason of ['pending', 'warming_up'] as const)
    t.is(etaOf(input({ reason, ceilingPerMinute: 0 })), null);
});

/** A second after the other; `perSecond` says how many are called in each. */
const after = (pace: Pace, seconds: number, perSecond: (second: number) => number, from = 0): Pace => {
  let count = from;
  for (let second = 0; second <= seconds; second += 1) {
    pace.note(second * 1_000, count);
    count += perSecond(second);
  }
  return pace;
};

test('the pace is measured over the last five minutes, and not before five seconds', (t) => {
  t.is(after(createPace(), 4, () => 1).read(), null);
  t.deepEqual(after(createPace(), 30, () => 2).read(), { perMinute: 120, count: 60, unevenness: 0 });
  t.is(after(createPace(), 900, (second) => (second < 500 ? 9 : 3)).perMinute(), 180);
});

test('an empty line says nothing about its pace, and a turned knob makes it begin anew', (t) => {
  const pace = after(createPace(), 20, () => 3);
  for (let second = 21; second <= 80; second += 1) pace.note(second * 1_000, 63, false);
  const reading = pace.read();
  t.true((reading?.perMinute ?? 0) > 170, JSON.stringify(reading));
  pace.restart();
  t.is(pace.read(), null);
});

test('calls that come in bursts are told from calls that come evenly', (t) => {
  const even = after(createPace(), 200, () => 2).read();
  const bursts = after(createPace(), 200, (second) => (second % 40 < 20 ? 4 : 0)).read();
  t.is(even?.unevenness, 0);
  t.true((bursts?.unevenness ?? 0) > 0.8, JSON.stringify(bursts));
});

test('a clock set back does not make a pace of nonsense', (t) => {
  const pace = after(createPace(), 20, () => 1);
  pace.note(-3_600_000, 25);
  pace.note(-3_599_000, 26);
  t.is(pace.read()?.perMinute, 60);
});
