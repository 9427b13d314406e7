import test from 'ava';
import { isRefusal, RefusalError } from '../../src/domain/refusal.ts';
import { groupCommit } from '../../src/infra/postgres/group-commit.ts';

test('a full queue refuses at once, and what waits is served', async (t) => {
  const ask = groupCommit<number, number>({
    run: async (requests) => requests,
    maxItems: 3,
    maxInFlight: 1,
    maxWaiting: 5,
  });
  // The first three are a full batch and under way at once; five more may wait.
  const waiting = [1, 2, 3, 4, 5, 6, 7, 8].map((request) => ask(request));
  const error = await t.throwsAsync(() => ask(9), { instanceOf: RefusalError });
  t.true(isRefusal(error.refusal) && error.refusal.code === 'overloaded');
  t.deepEqual(await Promise.all(waiting), [1, 2, 3, 4, 5, 6, 7, 8]);
  t.is(await ask(10), 10);
});
