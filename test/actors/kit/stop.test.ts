import test from 'ava';
import { createActorSystem } from '../../../src/actors/kit/system.ts';
import { counter, crash, createRig, fault, keep, ManualClock, read, turns, within } from './rig.ts';

test('stop drains children before parents, and everything taken on is finished', async (t) => {
  const { system, clock, story } = createRig(t);
  const root = system.spawn(counter('root'));
  const child = await within(root, (context) => context.spawn(counter('child')));
  const leaf = await within(child, (context) => context.spawn(counter('leaf')));
  const answers = [root, child, leaf].map((ref) => {
    ref.tell({ type: 'add', by: 1 });
    return read(ref);
  });
  const stopped = system.stop();
  t.deepEqual(await read(leaf), fault('actor_stopped', 'root/child/leaf'));
  await stopped;
  t.deepEqual(await Promise.all(answers), [1, 1, 1]);
  t.deepEqual(
    story().filter((line) => line.startsWith('stopped')),
    ['stopped leaf', 'stopped child', 'stopped root'],
  );
  t.deepEqual(system.tree(), []);
  t.is(clock.pending, 0);
});

test('stop waits for effects and for asks that are without an answer', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  let finish: (value: number) => void = () => undefined;
  const answer = ref.ask<number>(
    (port) => ({
      type: 'run',
      task: (context) =>
        context.effect(
          () => new Promise<number>((resolve) => (finish = resolve)),
          (outcome) => ({ type: 'run', task: () => port.reply('ok' in outcome ? outcome.ok : -1) }),
        ),
    }),
    10_000,
  );
  const stopped = system.stop();
  await turns();
  t.is(ref.state, 'running');
  finish(4);
  t.is(await answer, 4);
  await stopped;
  t.is(ref.state, 'stopped');
});

test('stop waits for the effect of a message that has its answer already', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  const done: string[] = [];
  const answer = ref.ask<number>(
    (port) => ({
      type: 'run',
      task: (context) => {
        port.reply(1);
        context.effect(
          () => turns(2),
          () => ({ type: 'run', task: () => void done.push('lock released') }),
        );
      },
    }),
    1_000,
  );
  await system.stop();
  t.is(await answer, 1);
  t.deepEqual(done, ['lock released']);
});

test('stop ends at its deadline: what is not finished is answered with a fault', async (t) => {
  const { system, clock } = createRig(t);
  const root = system.spawn(counter('root'));
  const child = await within(root, (context) => context.spawn(counter('child')));
  const answers = [keep(root, 60_000), keep(child, 60_000)];
  const stopped = system.stop();
  await clock.advance(999);
  t.is(child.state, 'running');
  await clock.advance(1);
  await stopped;
  t.deepEqual(await Promise.all(answers), [
    fault('actor_stopped', 'root'),
    fault('actor_stopped', 'root/child'),
  ]);
  t.is(clock.pending, 0);
});

test('stopping twice is stopping once, and afterwards every reference answers', async (t) => {
  const { system } = createRig(t);
  let told = 0;
  const ref = system.spawn(counter('a', { stopped: () => (told += 1) }));
  await Promise.all([system.stop(), system.stop()]);
  await system.stop();
  t.is(told, 1);
  t.deepEqual(await read(ref), fault('actor_stopped', 'a'));
  const late = system.spawn(counter('b'));
  t.is(late.state, 'stopped');
  t.deepEqual(await read(late), fault('actor_stopped', 'b'));
  t.deepEqual(system.tree(), []);
});

test('an actor that is down or closed when the system stops stays down, and its asks are answered', async (t) => {
  const { system, clock } = createRig(t);
  const supervision = { maxRestarts: 0, withinMs: 1_000, backoff: { firstMs: 1, maxMs: 1 } };
  let starts = 0;
  const down = system.spawn(
    counter('down', {
      start: () => {
        starts += 1;
        return { total: 0 };
      },
    }),
  );
  const closed = system.spawn(counter('closed', { supervision }));
  await crash(down);
  await crash(closed);
  const waiting = read(down);
  await system.stop();
  t.deepEqual(await waiting, fault('actor_stopped', 'down'));
  t.is(clock.pending, 0);
  await clock.advance(1_000);
  t.is(starts, 1);
  t.deepEqual(system.tree(), []);
});

test('an actor that crashes while the system stops is not restarted', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const poison = crash(ref);
  const behind = read(ref);
  await system.stop();
  t.deepEqual(await poison, fault('actor_crashed', 'a'));
  t.deepEqual(await behind, fault('actor_stopped', 'a'));
  t.is(ref.state, 'stopped');
  t.is(clock.pending, 0);
});

test('an outcome that comes after the end is dropped', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  let finish: (value: number) => void = () => undefined;
  await within(ref, (context) =>
    context.effect(
      () => new Promise<number>((resolve) => (finish = resolve)),
      () => ({ type: 'add', by: 1 }),
    ),
  );
  const stopped = system.stop();
  await clock.advance(999);
  t.is(ref.state, 'running');
  await clock.advance(1);
  await stopped;
  finish(1);
  await turns();
  t.is(system.counts().staleResult, 1);
});

test('an empty system stops', async (t) => {
  const clock = new ManualClock();
  const system = createActorSystem({ clock, random: { next: () => 0 }, drainTimeoutMs: 1_000 });
  await system.stop();
  t.is(clock.pending, 0);
});
