import test from 'ava';
import { createTurnBatcher } from '../../src/domain/turn-batcher.ts';

interface Batch {
  readonly items: readonly string[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** A batcher whose work is done when the test says so. */
const create = (
  limits: {
    maxItems?: number;
    maxInFlight?: number;
    maxWaiting?: number;
    byFirstLetter?: boolean;
    gather?: 'turn' | 'tick';
  } = {},
) => {
  const batches: Batch[] = [];
  const batcher = createTurnBatcher<string, string>({
    run: (items) =>
      new Promise((resolve, reject) => {
        batches.push({ items, answer: () => resolve(items.map((item) => `${item}!`)), fail: reject });
      }),
    maxItems: limits.maxItems ?? 10,
    maxInFlight: limits.maxInFlight ?? 2,
    maxWaiting: limits.maxWaiting ?? 100,
    gather: limits.gather ?? 'turn',
    ...(limits.byFirstLetter === true ? { keysOf: (item: string) => [item.slice(0, 1)] } : {}),
  });
  const add = (item: string): Promise<string> => batcher.add(item) ?? Promise.reject(new Error('refused'));
  return { batcher, batches, add };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what comes up in one turn goes together, and each gets its own answer', async (t) => {
  const { batches, add } = create();
  const answers = ['a', 'b', 'c'].map(add);
  t.is(batches.length, 0, 'not before the turn is over');
  await turn();
  t.deepEqual(
    batches.map((batch) => batch.items),
    [['a', 'b', 'c']],
  );
  batches[0]?.answer();
  t.deepEqual(await Promise.all(answers), ['a!', 'b!', 'c!']);
});

test('a batch is never larger than allowed, and no more are under way than allowed; the rest follows', async (t) => {
  const { batcher, batches, add } = create({ maxItems: 2, maxInFlight: 2 });
  const answers = ['a', 'b', 'c', 'd', 'e'].map(add);
  await turn();
  t.deepEqual(
    batches.map((batch) => batch.items),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  );
  t.is(batcher.waiting, 1);
  batches[1]?.answer();
  await turn();
  await turn();
  t.deepEqual(batches[2]?.items, ['e']);
  batches[0]?.answer();
  batches[2]?.answer();
  t.deepEqual(await Promise.all(answers), ['a!', 'b!', 'c!', 'd!', 'e!']);
});

test('a full batch is under way before the turn is over', (t) => {
  const { batches, add } = create({ maxItems: 2 });
  for (const item of ['a', 'b', 'c']) void add(item);
  t.deepEqual(
    batches.map((batch) => batch.items),
    [['a', 'b']],
  );
});

test('a second stage gathers what came out of one answer, without waiting for the turn', async (t) => {
  const { batches, add } = create({ gather: 'tick' });
  const first = Promise.resolve();
  for (const item of ['a', 'b', 'c']) void first.then(() => add(item));
  let over = false;
  setImmediate(() => {
    over = true;
  });
  await new Promise<void>((resolve) => {
    process.nextTick(() => process.nextTick(resolve));
  });
  t.deepEqual(
    batches.map((batch) => batch.items),
    [['a', 'b', 'c']],
  );
  t.false(over);
});

test('items that must not meet are in different batches, the later one after the earlier', async (t) => {
  const { batches, add } = create({ byFirstLetter: true, maxInFlight: 1 });
  const answers = ['a1', 'b1', 'a2', 'c1'].map(add);
  await turn();
  t.deepEqual(batches[0]?.items, ['a1', 'b1', 'c1']);
  batches[0]?.answer();
  await turn();
  await turn();
  t.deepEqual(batches[1]?.items, ['a2']);
  batches[1]?.answer();
  t.deepEqual(await Promise.all(answers), ['a1!', 'b1!', 'a2!', 'c1!']);
});

test('what is beyond the bound is refused at once', async (t) => {
  const { batcher, batches, add } = create({ maxWaiting: 2, maxItems: 1, maxInFlight: 1 });
  const taken = [add('a'), add('b'), add('c')];
  t.is(batcher.add('d'), null, 'one is under way, two wait');
  for (const index of [0, 1, 2]) {
    batches[index]?.answer();
    await turn();
    await turn();
  }
  t.deepEqual(await Promise.all(taken), ['a!', 'b!', 'c!']);
});

test('a failure reaches everybody in the batch and nobody else', async (t) => {
  const { batches, add } = create({ maxItems: 2 });
  const answers = ['a', 'b', 'c'].map(add);
  await turn();
  batches[0]?.fail(new Error('cut'));
  batches[1]?.answer();
  await t.throwsAsync(async () => answers[0], { message: 'cut' });
  await t.throwsAsync(async () => answers[1], { message: 'cut' });
  t.is(await answers[2], 'c!');
});
