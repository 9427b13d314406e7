import test from 'ava';
import { SlidingRate } from '../../src/domain/sliding-rate.ts';

test('a steady stream shows its rate, and silence lets it fall to nothing within four seconds', (t) => {
  const rate = new SlidingRate();
  t.is(rate.perSecond(0), 0);
  for (let ms = 0; ms < 10_000; ms += 10) rate.count(ms);
  t.true(Math.abs(rate.perSecond(10_000) - 100) < 2, `${rate.perSecond(10_000)}`);
  t.true(rate.perSecond(12_500) < 100);
  t.is(rate.perSecond(14_100), 0);
});

test('a clock that steps back starts anew and never shows a negative rate', (t) => {
  const rate = new SlidingRate();
  for (let index = 0; index < 50; index += 1) rate.count(5_000);
  t.is(rate.perSecond(1_000), 0);
  rate.count(1_000);
  t.true(rate.perSecond(1_000) > 0);
});
