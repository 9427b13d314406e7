import test from 'ava';
import fc from 'fast-check';
import {
  momentOf,
  rateOnCurve,
  secondsOnCurve,
  type CurveMoment,
  type LaunchCurve,
} from '../../src/domain/launch-curve.ts';
import { slowdownOfLaunch } from '../../src/domain/slowdown.ts';

const CEILING = 6_000;
const at = (seconds: number, stockShare: number | null = 1, ceilingPerMinute = CEILING): CurveMoment => ({
  sinceStartMs: seconds * 1_000,
  ceilingPerMinute,
  stockShare,
});
/** Two hundred at once, then from 600 to 3,000 within a minute, and so on; slower once a tenth is left. */
const curve: LaunchCurve = {
  firstBatch: 200,
  points: [
    { afterSeconds: 0, ratePerMinute: 600 },
    { afterSeconds: 60, ratePerMinute: 3_000 },
  ],
  taper: { belowShare: 0.1, toShare: 0.2 },
};

test('a first batch at the ceiling, a ramp, a plateau', (t) => {
  // 200 people at 6,000 a minute are two seconds.
  const rates = [0, 1.9, 2, 32, 62, 9_999].map((seconds) => rateOnCurve(curve, at(seconds)));
  t.deepEqual(rates, [6_000, 6_000, 600, 1_800, 3_000, 3_000]);
});

test('before its start the first rate holds, and nobody has a batch', (t) => {
  t.is(rateOnCurve(curve, at(-10)), 600);
  const later = { ...curve, points: [{ afterSeconds: 30, ratePerMinute: 900 }] };
  t.is(rateOnCurve(later, at(5)), 900);
});

test('with the stock the rate tapers, and where nothing is known of it it does not', (t) => {
  const late = (share: number | null): number => rateOnCurve(curve, at(100, share));
  t.deepEqual([late(0.5), late(0.1), late(0.05), late(0), late(null)], [3_000, 3_000, 1_800, 600, 3_000]);
});

test('the operator’s number is the ceiling of any curve at any moment, and the curve is never negative or broken', (t) => {
  const curves = fc
    .record({
      firstBatch: fc.nat(1_000_000),
      points: fc.array(
        fc.record({ gap: fc.integer({ min: 1, max: 5_000 }), ratePerMinute: fc.nat(10_000_000) }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      taper: fc.option(
        fc.record({
          belowShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
          toShare: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        { nil: undefined },
      ),
    })
    .map(({ points, ...rest }): LaunchCurve => {
      let afterSeconds = -1;
      return {
        ...rest,
        points: points.map(({ gap, ratePerMinute }) => ({
          afterSeconds: (afterSeconds += gap),
          ratePerMinute,
        })),
      };
    });
  const moments = fc.record<CurveMoment>({
    sinceStartMs: fc.integer({ min: -1_000_000, max: 100_000_000 }),
    ceilingPerMinute: fc.nat(10_000_000),
    stockShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  });
  fc.assert(
    fc.property(curves, moments, (one, moment) => {
      const rate = rateOnCurve(one, moment);
      return Number.isSafeInteger(rate) && rate >= 0 && rate <= moment.ceilingPerMinute;
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('how long it takes follows the whole curve and not only the rate of this moment', (t) => {
  const plain: LaunchCurve = { points: [{ afterSeconds: 0, ratePerMinute: 600 }] };
  t.is(secondsOnCurve(plain, at(0), 100), 10);
  // 200 in two seconds; the next 300 come at 600 to 900 a minute and more.
  const seconds = secondsOnCurve(curve, at(0), 500) ?? 0;
  t.true(seconds > 17 && seconds < 21, String(seconds));
  t.is(secondsOnCurve({ points: [{ afterSeconds: 0, ratePerMinute: 0 }] }, at(0), 1), null);
});

test('a curve that is out of force, or above the operator’s number, asks for nothing', (t) => {
  t.is(slowdownOfLaunch(null, at(100)), null);
  t.is(slowdownOfLaunch({ curve, active: false }, at(100)), null);
  t.is(slowdownOfLaunch({ curve, active: true }, at(100, 1, 2_000)), null);
  t.deepEqual(slowdownOfLaunch({ curve, active: true }, at(100)), {
    ratePerMinute: 3_000,
    reason: 'schedule',
    parameters: { plannedPerMinute: 3_000, ceilingPerMinute: CEILING },
  });
});

test('it starts at the opening unless it says when', (t) => {
  const event = { opensAtMs: 50_000, admission: { ratePerMinute: CEILING } };
  t.deepEqual(momentOf(curve, event, { left: 30, seats: 120 }, 60_000), {
    sinceStartMs: 10_000,
    ceilingPerMinute: CEILING,
    stockShare: 0.25,
  });
  t.like(momentOf({ ...curve, startsAtMs: 70_000 }, event, null, 60_000), {
    sinceStartMs: -10_000,
    stockShare: null,
  });
});
