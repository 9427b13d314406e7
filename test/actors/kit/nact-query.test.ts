import test from 'ava';
import { dispatch, query, spawn, start, stop } from 'nact';
import type { NactRef } from '../../../src/actors/kit/nact-tree.ts';
import { counter, createRig, read, within } from './rig.ts';

interface Question {
  readonly name: string;
  readonly asker: unknown;
}

/** nact draws the address of a reply at random while `query` runs; this makes every draw the same. */
const withTheSameDraw = <Result>(run: () => Result): Result => {
  const { random } = Math;
  Object.assign(Math, { random: () => 0.5 });
  try {
    return run();
  } finally {
    Object.assign(Math, { random });
  }
};

test.serial('bare nact: two queries that draw the same number swap their answers', async (t) => {
  const system = start() as NactRef;
  t.teardown(() => stop(system));

  const clerk = spawn(
    system,
    (state: null, { name, asker }: Question): null => {
      dispatch(asker as NactRef, `seat of ${name}`);
      return state;
    },
    'clerk',
    { initialState: null },
  );
  const ask = (name: string) => withTheSameDraw(() => query(clerk, (asker) => ({ name, asker }), 100));
  const [alice, bob] = await Promise.allSettled([ask('alice'), ask('bob')]);
  t.deepEqual(bob, { status: 'fulfilled', value: 'seat of alice' });
  t.is(alice.status, 'rejected');
});

test.serial('an answer reaches the one who asked, whatever numbers are drawn', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  await within(ref, () => undefined);
  const answers = await withTheSameDraw(() =>
    Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        ref.tell({ type: 'add', by: 1 });
        return read(ref).then((total) => ({ index, total }));
      }),
    ),
  );
  t.deepEqual(
    answers,
    answers.map(({ index }) => ({ index, total: index + 1 })),
  );
});
