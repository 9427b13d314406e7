import test from 'ava';
import type { ActorContext, ActorRef, Outcome } from '../../../src/actors/kit/actor.ts';
import { counter, crash, createRig, keep, read, turns, within, type CounterMessage } from './rig.ts';

interface Work {
  readonly finish: (value: number) => void;
  readonly fail: (error: Error) => void;
}

/** Starts an effect in the actor that ends when the test says so, and adds its result to the total. */
const startWork = (ref: ActorRef<CounterMessage>): Promise<Work> =>
  new Promise((started) => {
    const work = (): Promise<number> =>
      new Promise((finish, fail) => {
        started({ finish, fail });
      });
    const toMessage = (outcome: Outcome<number>): CounterMessage => ({
      type: 'add',
      by: 'ok' in outcome ? outcome.ok : -1,
    });
    ref.tell({ type: 'run', task: (context) => context.effect(work, toMessage) });
  });

test('an effect runs outside: its actor goes on, and gets the outcome as a message', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  const good = await startWork(ref);
  const bad = await startWork(ref);
  t.is(await read(ref), 0);
  good.finish(10);
  await turns();
  t.is(await read(ref), 10);
  bad.fail(new Error('no network'));
  await turns();
  t.is(await read(ref), 9);
});

test('work that throws instead of rejecting is an error outcome', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  const work = (): Promise<number> => {
    throw new Error('at once');
  };
  await within(ref, (context) =>
    context.effect(work, (outcome) => ({ type: 'add', by: 'error' in outcome ? 5 : 0 })),
  );
  await turns();
  t.is(await read(ref), 5);
});

test('the outcome of an older incarnation is dropped and counted', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const good = await startWork(ref);
  const bad = await startWork(ref);
  await crash(ref);
  good.finish(10);
  await clock.advance(5);
  bad.fail(new Error('late'));
  await turns();
  t.is(await read(ref), 0);
  t.is(system.counts().staleResult, 2);
});

test('an outcome that waits when its incarnation crashes is dropped too', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const work = await startWork(ref);
  system.kill('a');
  work.finish(10);
  await clock.advance(5);
  t.is(await read(ref), 0);
  t.is(system.counts().staleResult, 1);
});

test('a handler that crashes starts none of its effects', async (t) => {
  const { system, clock } = createRig(t);
  let started = 0;
  const ref = system.spawn(counter('a'));
  const work = (): Promise<void> => {
    started += 1;
    return Promise.resolve();
  };
  const half = (context: ActorContext<CounterMessage>): void => {
    context.effect(work, () => ({ type: 'add', by: 1 }));
    throw new Error('half way');
  };
  ref.tell({ type: 'run', task: half });
  await clock.advance(5);
  t.is(started, 0);
  await within(ref, (context) => context.effect(work, () => ({ type: 'add', by: 1 })));
  await turns();
  t.is(started, 1);
  t.is(await read(ref), 1);
});

test('a full mailbox refuses no outcome, no timer, no ending and no kill', async (t) => {
  const { system, clock } = createRig(t);
  const seen: string[] = [];
  const note = (what: string) => (): CounterMessage => ({ type: 'run', task: () => void seen.push(what) });
  const parent = system.spawn(counter('p', { mailboxLimit: 1 }));
  const work = await startWork(parent);
  const child = await within(parent, (context) => {
    const ref = context.spawn(counter('c'));
    context.watch(ref, note('ending'));
    context.after(5, note('timer')());
    return ref;
  });
  const supervision = { maxRestarts: 0, withinMs: 1_000, backoff: { firstMs: 1, maxMs: 1 } };
  t.is(child.state, 'running');
  const closing = await within(parent, (context) => {
    const ref = context.spawn(counter('d', { supervision }));
    context.watch(ref, note('closing'));
    return ref;
  });
  // Each turn fills the one place again, so that the mailbox is full at every moment from here on.
  let refill = true;
  const fill = (): void => {
    if (refill) parent.tell({ type: 'run', task: fill });
  };
  fill();
  t.false(parent.tell({ type: 'add', by: 1 }));
  work.finish(3);
  await crash(closing);
  await clock.advance(5);
  t.deepEqual(seen, ['closing', 'timer']);
  system.kill('p');
  await turns();
  t.is(parent.state, 'backing_off');
  refill = false;
});

test('a timer sends its message once, unless cancelled', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const cancel = await within(ref, (context) => {
    context.after(10, { type: 'add', by: 1 });
    return context.after(20, { type: 'add', by: 100 });
  });
  await clock.advance(10);
  t.is(await read(ref), 1);
  cancel();
  await clock.advance(100);
  t.is(await read(ref), 1);
});

test('a timer cancelled between firing and its turn sends nothing', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  await within(ref, (context) => {
    const cancel = context.after(10, { type: 'add', by: 100 });
    clock.after(10, cancel);
  });
  await clock.advance(100);
  t.is(await read(ref), 0);
});

test('timers end with their incarnation', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  await within(ref, (context) => context.after(50, { type: 'add', by: 1 }));
  await crash(ref);
  t.is(clock.pending, 1);
  await clock.advance(100);
  t.is(await read(ref), 0);
  t.is(clock.pending, 0);
});

test('the epoch rises with every incarnation, and the context of a dead one does nothing', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const old = await within(ref, (context) => context);
  await crash(ref);
  await clock.advance(5);
  const epoch = await within(ref, (context) => context.epoch);
  t.true(epoch > old.epoch);
  let ran = false;
  old.effect(
    () => Promise.resolve((ran = true)),
    () => ({ type: 'add', by: 1 }),
  );
  old.after(1, { type: 'add', by: 1 });
  old.watch(ref, () => ({ type: 'add', by: 1 }));
  const child = old.spawn(counter('c'));
  t.is(child.state, 'stopped');
  const living = await within(ref, (context) => context.spawn(counter('c')));
  old.stop(living);
  await clock.advance(10);
  t.false(ran);
  t.is(await read(ref), 0);
  t.is(living.state, 'running');
});

test('start may spawn, ask for effects and talk to itself', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(
    counter('a', {
      start: (context) => {
        context.spawn(counter('c'));
        context.self.tell({ type: 'add', by: 1 });
        context.effect(
          () => Promise.resolve(10),
          () => ({ type: 'add', by: 10 }),
        );
        return { total: 100 };
      },
    }),
  );
  await turns();
  t.is(await read(ref), 111);
  await crash(ref);
  await clock.advance(5);
  t.is(await read(ref), 111);
  t.deepEqual(
    system.tree().map(({ path }) => path),
    ['a', 'a/c'],
  );
});

test('one actor with a long queue does not keep the event loop from the others', async (t) => {
  const { system } = createRig(t);
  const busy = system.spawn(counter('busy', { mailboxLimit: 10_000 }));
  const other = system.spawn(counter('other'));
  for (let index = 0; index < 10_000; index += 1) busy.tell({ type: 'add', by: 1 });
  void keep(other);
  t.is(await read(other), 0);
  t.true((system.tree()[0]?.mailbox ?? 0) > 9_000);
  await turns(200);
  t.is(await read(busy), 10_000);
});
