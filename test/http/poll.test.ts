import test from 'ava';
import type { Clock } from '../../src/domain/ports/environment.ts';
import { createSharedPoll } from '../../src/http/poll.ts';

/** A clock whose timers run when the test says so. */
const manualClock = () => {
  const due = new Set<() => void>();
  const clock: Clock = {
    nowMs: () => 0,
    after(_delayMs, task) {
      due.add(task);
      return () => due.delete(task);
    },
  };
  const tick = async (): Promise<void> => {
    const tasks = [...due];
    due.clear();
    for (const task of tasks) task();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, tick, timers: () => due.size };
};

test('all watchers of a key share one look; when the last leaves nobody looks', async (t) => {
  const { clock, tick, timers } = manualClock();
  let looks = 0;
  const poll = createSharedPoll(
    async () => ++looks,
    1_000,
    clock,
    (error) => t.fail(String(error)),
  );
  const seen: string[] = [];
  const leaveA = poll.watch('event', (value) => seen.push(`a${value}`));
  const leaveB = poll.watch('event', (value) => seen.push(`b${value}`));
  await tick();
  leaveA();
  await tick();
  t.deepEqual(seen, ['a1', 'b1', 'b2']);
  leaveB();
  leaveB();
  t.is(timers(), 0);
  await tick();
  t.is(looks, 2);
});

test('a look that fails is told, and the next one comes all the same', async (t) => {
  const { clock, tick } = manualClock();
  let broken = true;
  const faults: unknown[] = [];
  const poll = createSharedPoll(
    async () => {
      if (broken) throw new Error('away');
      return 1;
    },
    1_000,
    clock,
    (error) => faults.push(error),
  );
  const seen: number[] = [];
  const leave = poll.watch('event', (value) => seen.push(value));
  await tick();
  broken = false;
  await tick();
  t.is(faults.length, 1);
  t.deepEqual(seen, [1]);
  leave();
});

test('who comes back while the old look is on its way starts one look, not two', async (t) => {
  const { clock, tick, timers } = manualClock();
  let answer = (_value: number): void => undefined;
  const poll = createSharedPoll(
    () =>
      new Promise<number>((resolve) => {
        answer = resolve;
      }),
    1_000,
    clock,
    (error) => t.fail(String(error)),
  );
  const leave = poll.watch('event', () => undefined);
  await tick();
  leave();
  const leaveAgain = poll.watch('event', () => undefined);
  answer(1);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(timers(), 1);
  leaveAgain();
  t.is(timers(), 0);
});
