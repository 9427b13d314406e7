import test from 'ava';
import { shortCache } from '../../src/tickets/short-cache.ts';

/** Loads that end when the test says so, under a clock that the test turns. */
const create = () => {
  const clock = { ms: 0, nowMs: () => clock.ms };
  const loads: { readonly answer: (value: string) => void; readonly fail: (error: Error) => void }[] = [];
  const cache = shortCache(
    () => new Promise<string>((resolve, reject) => void loads.push({ answer: resolve, fail: reject })),
    1_000,
    clock,
  );
  return { clock, loads, cache };
};

test('a value is loaded once for all who ask while it is fresh, and again after', async (t) => {
  const { clock, loads, cache } = create();
  const [first, second] = [cache.get(), cache.get()];
  t.is(loads.length, 1);
  loads[0]?.answer('one');
  t.deepEqual(await Promise.all([first, second]), ['one', 'one']);
  clock.ms = 999;
  t.is(await cache.get(), 'one');
  t.is(loads.length, 1);
  clock.ms = 1_000;
  const third = cache.get();
  t.is(loads.length, 2);
  loads[1]?.answer('two');
  t.is(await third, 'two');
});

test('a slow load is shared however long it takes: nobody asks a slow server twice', async (t) => {
  const { clock, loads, cache } = create();
  const first = cache.get();
  clock.ms = 60_000;
  const second = cache.get();
  t.is(loads.length, 1);
  loads[0]?.answer('late');
  t.deepEqual(await Promise.all([first, second]), ['late', 'late']);
});

test('a failed load is told to those who waited, and the next one asks again', async (t) => {
  const { loads, cache } = create();
  const [first, second] = [cache.get(), cache.get()];
  loads[0]?.fail(new Error('gone'));
  await t.throwsAsync(first, { message: 'gone' });
  await t.throwsAsync(second, { message: 'gone' });
  const third = cache.get();
  t.is(loads.length, 2);
  loads[1]?.answer('back');
  t.is(await third, 'back');
});

test('what is forgotten while it loads does not come back as fresh', async (t) => {
  const { loads, cache } = create();
  const before = cache.get();
  cache.forget();
  const after = cache.get();
  t.is(loads.length, 2);
  loads[1]?.answer('new');
  loads[0]?.answer('old');
  t.deepEqual(await Promise.all([before, after]), ['old', 'new']);
  t.is(await cache.get(), 'new');
});
