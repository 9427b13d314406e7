import test from 'ava';
import type { ActorRef } from '../../../src/actors/kit/actor.ts';
import { isFault, type ReplyPort } from '../../../src/actors/kit/reply-port.ts';
import { counter, crash, createRig, fault, keep, read, turns, within, type CounterMessage } from './rig.ts';

test('an ask is answered by the actor, and leaves no timer behind', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  ref.tell({ type: 'add', by: 2 });
  t.is(await read(ref), 2);
  t.is(clock.pending, 0);
});

test('a mailbox that is full refuses at once, and takes messages again when it has room', async (t) => {
  const { system, events } = createRig(t);
  const ref = system.spawn(counter('a', { mailboxLimit: 3 }));
  const told = Array.from({ length: 5 }, () => ref.tell({ type: 'add', by: 1 }));
  t.deepEqual(told, [true, true, true, false, false]);
  t.is(system.tree()[0]?.mailbox, 3);
  t.deepEqual(await read(ref), fault('mailbox_full', 'a'));
  t.is(events.filter((event) => event.type === 'deadLetter').length, 3);
  await turns();
  t.is(await read(ref), 3);
});

test('asks accepted and not yet answered are bounded, so that no crowd gathers behind an empty mailbox', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a', { mailboxLimit: 10, unansweredLimit: 2 }));
  const first = keep(ref, 50);
  void keep(ref);
  await turns();
  t.is(system.tree()[0]?.mailbox, 0);
  t.deepEqual(await keep(ref), fault('mailbox_full', 'a'));
  t.true(ref.tell({ type: 'add', by: 1 }));
  t.is(await Promise.race([first, Promise.resolve('waiting')]), 'waiting');
});

test('an ask without an answer ends at its deadline, not before and never twice', async (t) => {
  const { system, clock, events } = createRig(t);
  const ref = system.spawn(counter('a'));
  const ports: ReplyPort<number>[] = [];
  const answer = ref.ask<number>((port) => {
    ports.push(port);
    return { type: 'keep', port };
  }, 1_000);
  let settled = false;
  void answer.then(() => (settled = true));
  await clock.advance(999);
  t.false(settled);
  await clock.advance(11);
  t.deepEqual(await answer, fault('deadline', 'a'));
  ports[0]?.reply(1);
  t.deepEqual(
    events.filter((event) => event.type === 'lateReply'),
    [{ type: 'lateReply', path: 'a', kind: 'counter' }],
  );
  t.is(clock.pending, 0);
});

test('the first answer wins and a second one is counted and dropped', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  const answer = await ref.ask<number>((port) => {
    const both: ReplyPort<number> = { reply: (value) => [value + 1, value + 2].forEach(port.reply) };
    return { type: 'read', port: both };
  }, 1_000);
  t.is(answer, 1);
  t.is(system.counts().lateReply, 1);
});

test('an ask answered while it was made is not delivered, and not waited for', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const answer = await ref.ask<number>((port) => {
    port.reply(7);
    return { type: 'keep', port };
  }, 1_000);
  t.is(answer, 7);
  t.is(clock.pending, 0);
  await system.stop();
});

test('what waits longer than its asker does is not done', async (t) => {
  const { system, clock, events } = createRig(t);
  const done: string[] = [];
  const supervision = { maxRestarts: 1, withinMs: 1_000, backoff: { firstMs: 50, maxMs: 50 } };
  const ref = system.spawn(counter('a', { supervision }));
  const ask = (who: string, deadlineMs: number) =>
    ref.ask<number>((port) => ({ type: 'run', task: () => (done.push(who), port.reply(1)) }), deadlineMs);
  await crash(ref);
  const late = ask('late', 5);
  const patient = ask('patient', 5_000);
  await clock.advance(50);
  t.deepEqual(await late, fault('deadline', 'a'));
  t.is(await patient, 1);
  t.deepEqual(done, ['patient']);
  t.true(events.some((event) => event.type === 'deadLetter' && event.reason === 'expired'));
});

test('one timer serves all deadlines', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a', { mailboxLimit: 2_000 }));
  const answers = Array.from({ length: 1_000 }, (_, index) => keep(ref, 1_000 + (index % 50)));
  t.is(clock.pending, 1);
  await clock.advance(1_100);
  const ended = await Promise.all(answers);
  t.true(ended.every((answer) => isFault(answer) && answer.code === 'deadline'));
  t.true(clock.armed < 20, `${clock.armed} timers`);
  t.is(clock.pending, 0);
});

test('a wall clock set back by an hour does not make anybody wait an hour', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const soon = keep(ref, 500);
  const later = keep(ref, 2_000);
  await turns();
  clock.step(-3_600_000);
  await clock.advance(2_100);
  t.deepEqual(await soon, fault('deadline', 'a'));
  t.deepEqual(await later, fault('deadline', 'a'));
});

test('a crash faults at once what its incarnation had accepted, and keeps what waits untouched', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const accepted = keep(ref);
  await turns();
  const poison = crash(ref);
  const waiting = read(ref);
  t.deepEqual(await accepted, fault('actor_crashed', 'a'));
  t.deepEqual(await poison, fault('actor_crashed', 'a'));
  t.is(ref.state, 'backing_off');
  const arrivedMeanwhile = read(ref);
  await clock.advance(5);
  t.is(await waiting, 0);
  t.is(await arrivedMeanwhile, 0);
});

test('a message that crashed its actor is not delivered again', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  await crash(ref);
  await clock.advance(1_000);
  t.is(system.counts().crashed, 1);
  t.is(ref.state, 'running');
});

test('a deadline that is none, and a message that cannot be made, are the fault of the asker', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  for (const deadlineMs of [0, -1, Number.NaN, Infinity, 2 ** 31]) {
    await t.throwsAsync(read(ref, deadlineMs), { instanceOf: RangeError });
  }
  const unmade = ref.ask<number>(() => {
    throw new Error('unmade');
  }, 100);
  await t.throwsAsync(unmade, { message: 'unmade' });
  t.is(await read(ref), 0);
});

test('a handler may leave the answer to a later turn', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  const answer = ref.ask<number>(
    (port) => ({
      type: 'run',
      task: (context) =>
        context.effect(
          () => Promise.resolve(41),
          (outcome) => ({ type: 'run', task: () => port.reply('ok' in outcome ? outcome.ok + 1 : -1) }),
        ),
    }),
    1_000,
  );
  t.is(await answer, 42);
});

test('references and ports are typed: what an actor does not understand does not compile', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  // @ts-expect-error no such message
  const wrongMessage = (): boolean => ref.tell({ type: 'subtract', by: 1 });
  // @ts-expect-error the reference understands less than this one promises
  const wider: ActorRef<CounterMessage | { readonly type: 'subtract' }> = ref;
  // @ts-expect-error the port wants a number
  const wrongReply = (port: ReplyPort<number>): void => port.reply('one');
  // @ts-expect-error a port of one sort of answer is none of another
  const wrongPort = (port: ReplyPort<number>): ReplyPort<string> => port;
  const narrower: ActorRef<{ readonly type: 'add'; readonly by: number }> = ref;
  t.true(narrower.tell({ type: 'add', by: 1 }));
  t.is(wider.path, 'a');
  t.deepEqual([wrongMessage, wrongReply, wrongPort].map((each) => typeof each).length, 3);
  await within(ref, () => undefined);
});
