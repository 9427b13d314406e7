import test from 'ava';
import type { Ending } from '../../../src/actors/kit/actor.ts';
import { counter, crash, createRig, fault, keep, read, turns, within } from './rig.ts';

test('a killed actor crashes before anything else it would do, and is back within 5 ms', async (t) => {
  const { system, clock, events } = createRig(t);
  const ref = system.spawn(counter('a'));
  const waiting = read(ref);
  t.true(system.kill('a'));
  await turns();
  t.is(ref.state, 'backing_off');
  await clock.advance(5);
  t.is(ref.state, 'running');
  t.is(await waiting, 0);
  const restarted = events.find((event) => event.type === 'restarted');
  t.is(restarted?.downMs, 5);
});

test('there is nobody to kill under a path that is not, is closed or has stopped', async (t) => {
  const { system } = createRig(t);
  const parent = system.spawn(counter('p'));
  const supervision = { maxRestarts: 0, withinMs: 1_000, backoff: { firstMs: 1, maxMs: 1 } };
  const closed = await within(parent, (context) => context.spawn(counter('closed', { supervision })));
  const stopped = await within(parent, (context) => context.spawn(counter('stopped')));
  await crash(closed);
  await within(parent, (context) => context.stop(stopped));
  t.deepEqual(
    ['nobody', 'p/closed', 'p/stopped'].map((path) => system.kill(path)),
    [false, false, false],
  );
});

test('one crash too many within the window closes the actor: all are answered, watchers are told', async (t) => {
  const { system, clock, events } = createRig(t);
  const endings: Ending[] = [];
  const parent = system.spawn(counter('p'));
  const child = await within(parent, (context) => {
    const ref = context.spawn(counter('c'));
    context.watch(ref, (ending) => ({ type: 'run', task: () => void endings.push(ending) }));
    return ref;
  });
  const pausesMs: (number | null)[] = [];
  system.subscribe((event) => {
    if (event.type === 'crashed') pausesMs.push(event.restartInMs);
  });
  for (let crashes = 0; crashes < 5; crashes += 1) {
    await crash(child);
    await clock.advance(1_000);
    t.is(child.state, 'running');
  }
  const accepted = keep(child);
  await turns();
  const last = crash(child);
  const waiting = read(child);
  t.deepEqual(await accepted, fault('actor_crashed', 'p/c'));
  t.deepEqual(await last, fault('actor_crashed', 'p/c'));
  t.deepEqual(await waiting, fault('actor_closed', 'p/c'));
  t.deepEqual(await read(child), fault('actor_closed', 'p/c'));
  t.false(child.tell({ type: 'add', by: 1 }));
  t.deepEqual(pausesMs, [5, 10, 20, 40, 80, null]);
  await turns();
  t.deepEqual(
    endings.map(({ kind, path, error }) => [kind, path, String(error)]),
    [['closed', 'p/c', 'Error: poison']],
  );
  const view = system.tree().find(({ path }) => path === 'p/c');
  t.deepEqual(view, {
    path: 'p/c',
    kind: 'counter',
    mailbox: 0,
    mailboxLimit: 100,
    restarts: 5,
    state: 'closed',
  });
  t.is(events.filter((event) => event.type === 'closed').length, 1);
});

test('crashes older than the window are forgotten', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  for (let crashes = 0; crashes < 20; crashes += 1) {
    await crash(ref);
    await clock.advance(6_001);
    t.is(ref.state, 'running');
  }
});

test('a wall clock set back by an hour does not keep old crashes on the account', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  for (let crashes = 0; crashes < 5; crashes += 1) {
    await crash(ref);
    await clock.advance(100);
  }
  clock.step(-3_600_000);
  await clock.advance(30_001);
  await crash(ref);
  await clock.advance(100);
  t.is(ref.state, 'running');
});

test('a closed actor makes room for a new one of its name, with a later epoch', async (t) => {
  const { system } = createRig(t);
  const supervision = { maxRestarts: 0, withinMs: 1_000, backoff: { firstMs: 1, maxMs: 1 } };
  const parent = system.spawn(counter('p'));
  const spawnChild = () => within(parent, (context) => context.spawn(counter('c', { supervision })));
  const first = await spawnChild();
  const firstEpoch = await within(first, ({ epoch }) => epoch);
  await crash(first);
  const second = await spawnChild();
  t.true((await within(second, ({ epoch }) => epoch)) > firstEpoch);
  t.deepEqual(await read(first), fault('actor_stopped', 'p/c'));
  t.is(await read(second), 0);
  t.is(system.tree().length, 2);
});

test('a name that is alive cannot be spawned again, and an actor without one not at all', async (t) => {
  const { system } = createRig(t);
  system.spawn(counter('a'));
  t.throws(() => system.spawn(counter('a')), { message: 'a is alive' });
  t.throws(() => system.spawn(counter('')), { instanceOf: RangeError });
  t.throws(() => system.spawn(counter('b', { mailboxLimit: 0 })), { instanceOf: RangeError });
  t.throws(() => system.spawn(counter('b', { unansweredLimit: Number.NaN })), { instanceOf: RangeError });
  t.is(system.tree().length, 1);
});

test('below a parent that is down or gone a spawn yields an actor that has stopped, not an exception', async (t) => {
  const { system, clock } = createRig(t);
  let starts = 0;
  const child = counter('c', {
    start: () => {
      starts += 1;
      return { total: 0 };
    },
  });
  const parent = system.spawn(counter('p'));
  await crash(parent);
  const orphan = system.spawn(child, parent);
  t.deepEqual(await read(orphan), fault('actor_stopped', 'p/c'));
  t.is(starts, 0);
  await clock.advance(5);
  t.is(await read(system.spawn(child, parent)), 0);
  await system.stop();
  t.is(system.spawn(child, parent).state, 'stopped');
  t.is(starts, 1);
});

test('a crash leaves the neighbours untouched: their state, their asks, their turns', async (t) => {
  const { system, clock } = createRig(t);
  const parent = system.spawn(counter('p'));
  const spawnChild = (name: string) => within(parent, (context) => context.spawn(counter(name)));
  const sick = await spawnChild('sick');
  const healthy = await spawnChild('healthy');
  healthy.tell({ type: 'add', by: 7 });
  let ended = false;
  void keep(healthy).then(() => (ended = true));
  await crash(sick);
  await turns();
  t.is(sick.state, 'backing_off');
  t.is(await read(healthy), 7);
  await clock.advance(1_000);
  t.false(ended);
  t.is(await read(healthy), 7);
  t.is(await read(parent), 0);
  t.deepEqual(
    system.tree().map(({ restarts }) => restarts),
    [0, 1, 0],
  );
});

test('a watch of what has ended already is answered, and a watch ends with its incarnation', async (t) => {
  const { system, clock } = createRig(t);
  const parent = system.spawn(counter('p'));
  const watcher = system.spawn(counter('w'));
  const child = await within(parent, (context) => context.spawn(counter('c')));
  const heard: string[] = [];
  const watchAs = (label: string) =>
    within(watcher, (context) =>
      context.watch(child, ({ kind }) => ({
        type: 'run',
        task: () => void heard.push(`${label} ${kind}`),
      })),
    );
  await watchAs('before the crash');
  await crash(watcher);
  await clock.advance(5);
  await watchAs('after it');
  await within(parent, (context) => context.stop(child));
  await turns();
  await watchAs('too late');
  await turns();
  t.deepEqual(heard, ['after it stopped', 'too late stopped']);
});

test('only its own children can an actor stop', async (t) => {
  const { system } = createRig(t);
  const a = system.spawn(counter('a'));
  const b = system.spawn(counter('b'));
  a.tell({ type: 'run', task: (context) => context.stop(b) });
  await turns();
  t.is(a.state, 'backing_off');
  t.is(b.state, 'running');
});

test('a listener that throws harms no actor', async (t) => {
  const { system, clock } = createRig(t);
  system.subscribe(() => {
    throw new Error('no disk');
  });
  const ref = system.spawn(counter('a'));
  await crash(ref);
  await clock.advance(5);
  t.is(await read(ref), 0);
  t.is(system.counts().listenerFailed, 3);
});
