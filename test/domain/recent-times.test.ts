import test from 'ava';
import { RecentTimes } from '../../src/domain/recent-times.ts';

const recording = () => {
  const clock = { nowMs: 1_000 };
  return { clock, times: new RecentTimes(() => clock.nowMs) };
};

test('nine of ten took less than what is said', (t) => {
  const { times } = recording();
  for (let ms = 100; ms >= 1; ms -= 1) times.record(ms);
  t.is(times.p90(), 90);
});

test('too few samples, and samples that are too old, say nothing', (t) => {
  const { clock, times } = recording();
  times.record(900);
  times.record(900);
  t.is(times.p90(), null);
  times.record(900);
  t.is(times.p90(), 900);
  t.is(times.p90(4), null);
  clock.nowMs += 5_001;
  t.is(times.p90(), null);
});

test('it stays small, and the newest samples are kept', (t) => {
  const { times } = recording();
  for (let index = 0; index < 100_000; index += 1) times.record(index < 99_000 ? 9_999 : 1);
  t.is(times.p90(), 1);
});

test('work is timed whether it succeeds or fails, and what says nothing is left out', async (t) => {
  const { clock, times } = recording();
  const taking = (ms: number) => async (): Promise<string> => {
    clock.nowMs += ms;
    return 'done';
  };
  t.is(await times.time(taking(10)), 'done');
  await times.time(taking(5), () => false);
  await t.throwsAsync(
    times.time(async () => {
      await taking(30)();
      throw new Error('broken');
    }),
    { message: 'broken' },
  );
  await times.time(taking(20));
  t.is(times.p90(), 30);
  t.is(times.p90(4), null);
});
