import test from 'ava';
import type { ActorRef, ActorSpec } from '../../../src/actors/kit/actor.ts';
import type { ReplyPort } from '../../../src/actors/kit/reply-port.ts';
import { CrashLog } from '../../../src/actors/kit/set-aside.ts';
import { createRig, fault, turns, type Rig } from './rig.ts';

/** `now` crashes at once, `later` when the result of its effect comes back, `never` does not. */
interface Command {
  readonly type: 'command' | 'result';
  readonly id: string | null;
  readonly crashes: 'now' | 'later' | 'never';
  readonly port: ReplyPort<string>;
}

const worker = (log: CrashLog, name = 'w'): ActorSpec<null, Command> => ({
  name,
  kind: 'worker',
  mailboxLimit: 100,
  start: () => null,
  receive: (state, message, context) => {
    if (message.crashes === 'now' || (message.type === 'result' && message.crashes === 'later'))
      throw new Error('poison');
    if (message.type === 'result') message.port.reply('done');
    else
      context.effect(
        () => Promise.resolve(),
        () => ({ ...message, type: 'result' as const }),
      );
    return state;
  },
  setAside: {
    log,
    commandIdOf: (message) => message.id,
    refuse: (message) => message.port.reply('set aside'),
  },
});

const ask = (ref: ActorRef<Command>, id: string | null, crashes: Command['crashes']) =>
  ref.ask<string>((port) => ({ type: 'command', id, crashes, port }), 600_000);

/** Its answer, after which the actor is up again. */
const tried = async (rig: Rig, ref: ActorRef<Command>, id: string | null, crashes: Command['crashes']) => {
  const answer = await ask(ref, id, crashes);
  await rig.clock.advance(100);
  return answer;
};

for (const crashes of ['now', 'later'] as const) {
  test(`a command that crashes its actor ${crashes} is set aside after three crashes, and no other is`, async (t) => {
    const rig = createRig(t);
    const ref = rig.system.spawn(worker(new CrashLog()));
    for (let crash = 0; crash < 3; crash += 1)
      t.deepEqual(await tried(rig, ref, 'bad', crashes), fault('actor_crashed', 'w'));
    for (let again = 0; again < 20; again += 1) t.is(await tried(rig, ref, 'bad', crashes), 'set aside');
    t.is(await tried(rig, ref, 'good', 'never'), 'done');
    t.is(rig.system.tree()[0]?.restarts, 3);
    t.is(rig.system.counts().setAside, 1, 'said once');
    t.is(ref.state, 'running');
  });
}

test('a killed actor blames nobody, and neither does a message of no command', async (t) => {
  const rig = createRig(t);
  const log = new CrashLog();
  const ref = rig.system.spawn(worker(log));
  const asked = ask(ref, 'good', 'never');
  rig.system.kill('w');
  await rig.clock.advance(100);
  t.is(await asked, 'done', 'it was not touched yet, and is served by the next life');
  await tried(rig, ref, null, 'now');
  t.is(log.size, 0);
});

test('what was set aside stays so for the successor of a closed actor', async (t) => {
  const rig = createRig(t);
  const log = new CrashLog();
  const first = rig.system.spawn(worker(log));
  for (let crash = 0; crash < 3; crash += 1) await tried(rig, first, 'bad', 'now');
  for (const other of ['x', 'y', 'z']) await tried(rig, first, other, 'now');
  t.is(first.state, 'closed');
  const second = rig.system.spawn(worker(log));
  t.is(await ask(second, 'bad', 'now'), 'set aside');
  await turns();
  t.is(second.state, 'running');
});

test('a thousand commands are remembered, the latest; more is forgotten', (t) => {
  const log = new CrashLog();
  for (let crash = 0; crash < 3; crash += 1) log.note('old');
  for (let command = 0; command < 999; command += 1) log.note(`c${command}`);
  t.true(log.isSetAside('old'));
  t.is(log.size, 1_000);
  log.note('one more');
  t.is(log.size, 1_000);
  t.false(log.isSetAside('old'));
  t.false(log.isSetAside('c998'));
});
