import test from 'ava';
import { isRefusal, RefusalError } from '../../src/domain/refusal.ts';
import { groupCommit } from '../../src/infra/postgres/group-commit.ts';

const limits = { batchMax: 3, inFlightMax: 1, queueMax: 5 };

test('requests of one turn share a statement, at most so many, and each gets its own answer', async (t) => {
  const batches: number[][] = [];
  const ask = groupCommit<number, number>(async (requests) => {
    batches.push([...requests]);
    return requests.map((request) => request * 10);
  }, limits);
  t.deepEqual(await Promise.all([1, 2, 3, 4, 5].map((request) => ask(request))), [10, 20, 30, 40, 50]);
  t.deepEqual(batches, [
    [1, 2, 3],
    [4, 5],
  ]);
});

test('a full queue refuses at once, and what waits is served', async (t) => {
  const ask = groupCommit<number, number>(async (requests) => requests, limits);
  const waiting = [1, 2, 3, 4, 5].map((request) => ask(request));
  const error = await t.throwsAsync(() => ask(6), { instanceOf: RefusalError });
  t.true(isRefusal(error.refusal) && error.refusal.code === 'overloaded');
  t.deepEqual(await Promise.all(waiting), [1, 2, 3, 4, 5]);
  t.is(await ask(7), 7);
});

test('a failed statement fails its own batch and no other', async (t) => {
  const ask = groupCommit<number, number>(async (requests) => {
    if (requests.includes(2)) throw new Error('gone');
    return requests;
  }, limits);
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map((request) => ask(request)));
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected', 'fulfilled'],
  );
});
