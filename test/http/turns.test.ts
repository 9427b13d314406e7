import test from 'ava';
import { createTurns } from '../../src/http/turns.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that note their number, in the order in which they began. */
const create = (perTurn: number) => {
  const begun: number[] = [];
  const begin = createTurns(perTurn);
  const add = (...numbers: number[]): void => {
    for (const number of numbers) begin(() => begun.push(number));
  };
  return { begun, begin, add };
};

test('a task begins at the end of the turn in which it came, not at once', async (t) => {
  const { begun, add } = create(10);
  add(1, 2);
  t.deepEqual(begun, []);
  await turn();
  t.deepEqual(begun, [1, 2]);
});

test('no turn begins more tasks than it may, and they keep their order', async (t) => {
  const { begun, add } = create(2);
  add(1, 2, 3, 4, 5);
  await turn();
  t.deepEqual(begun, [1, 2]);
  await turn();
  t.deepEqual(begun, [1, 2, 3, 4]);
  await turn();
  t.deepEqual(begun, [1, 2, 3, 4, 5]);
});

test('whoever comes while others wait begins after them', async (t) => {
  const { begun, add } = create(2);
  add(1, 2, 3);
  await turn();
  add(4, 5);
  await turn();
  t.deepEqual(begun, [1, 2, 3, 4]);
  await turn();
  t.deepEqual(begun, [1, 2, 3, 4, 5]);
});

test('what a task asks for begins in the next turn, so that a chain of them stops nobody', async (t) => {
  const { begun, begin, add } = create(10);
  begin(() => add(2));
  add(1);
  await turn();
  t.deepEqual(begun, [1]);
  await turn();
  t.deepEqual(begun, [1, 2]);
});

test('after everything has begun the next task finds a turn again', async (t) => {
  const { begun, add } = create(10);
  add(1);
  await turn();
  add(2);
  await turn();
  t.deepEqual(begun, [1, 2]);
});
