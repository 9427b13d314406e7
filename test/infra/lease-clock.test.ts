import test from 'ava';
import { createLeaseClock } from '../../src/infra/environment.ts';

const setUp = () => {
  const time = { wallMs: 1_000_000, steadyMs: 0 };
  const clock = createLeaseClock(
    { nowMs: () => time.wallMs, after: () => () => undefined },
    () => time.steadyMs,
  );
  const pass = (wallMs: number, steadyMs: number): number => {
    const before = clock.nowMs();
    time.wallMs += wallMs;
    time.steadyMs += steadyMs;
    return clock.nowMs() - before;
  };
  return { pass };
};

test('a lease is as old as the time that has passed, whatever is done to the clocks of its machine', (t) => {
  const { pass } = setUp();
  t.is(pass(1_500, 1_500), 1_500);
  t.is(pass(-20_000, 1_000), 1_000, 'the wall clock was set back');
  t.is(pass(1_000, 1_000), 1_000, 'and goes on from there');
  t.is(pass(60_000, 10), 60_000, 'the machine was suspended, or its clock was set ahead');
  t.is(pass(-5, 0), 0);
});
