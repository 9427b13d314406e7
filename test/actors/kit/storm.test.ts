import test from 'ava';
import type { ActorRef } from '../../../src/actors/kit/actor.ts';
import { isFault } from '../../../src/actors/kit/reply-port.ts';
import { createActorSystem } from '../../../src/actors/kit/system.ts';
import { systemClock } from '../../../src/infra/environment.ts';
import { counter, turns, type CounterMessage } from './rig.ts';

const ASKS = 100_000;
const ASKS_PER_TURN = 250;
const ACTORS = 8;

/** Numerical Recipes' generator: the same storm for the same seed. */
const seeded = (seed: number) => {
  let state = seed;
  return { next: () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32 };
};

test('100,000 asks across random kills: each gets exactly one answer, its own or a fault', async (t) => {
  const seed = Date.now() % 1_000_000;
  const random = seeded(seed);
  const system = createActorSystem({ clock: systemClock, random, drainTimeoutMs: 1_000 });
  t.teardown(() => system.stop());
  const supervision = { maxRestarts: 1_000_000, withinMs: 1_000, backoff: { firstMs: 1, maxMs: 1 } };
  const root = system.spawn(counter('root', { supervision, mailboxLimit: 10_000 }));
  const spawnAll = (): readonly ActorRef<CounterMessage>[] =>
    Array.from({ length: ACTORS }, (_, index) =>
      system.spawn(counter(`a${index}`, { supervision, mailboxLimit: 500 }), root),
    );
  let actors = spawnAll();

  const counts = { answered: 0, wrong: 0, faults: new Map<string, number>() };
  const count = (answer: unknown, index: number): void => {
    if (isFault(answer)) counts.faults.set(answer.code, (counts.faults.get(answer.code) ?? 0) + 1);
    else if (answer === index) counts.answered += 1;
    else counts.wrong += 1;
  };
  /** Some answer in the same turn, some after an effect, some crash. */
  const ask = (ref: ActorRef<CounterMessage>, index: number) =>
    ref.ask<number>((port) => {
      const draw = random.next();
      if (draw < 0.001) return { type: 'crash', port };
      if (draw < 0.5) return { type: 'run', task: () => port.reply(index) };
      const message: CounterMessage = { type: 'run', task: () => port.reply(index) };
      return {
        type: 'run',
        task: (context) =>
          context.effect(
            () => turns(1),
            () => message,
          ),
      };
    }, 2_000);

  const all: Promise<void>[] = [];
  for (let index = 0; index < ASKS; index += 1) {
    const ref = actors[Math.floor(random.next() * ACTORS)];
    if (ref !== undefined) all.push(ask(ref, index).then((answer) => count(answer, index)));
    if (index % ASKS_PER_TURN > 0) continue;
    const draw = random.next();
    if (draw < 0.05) system.kill('root');
    else system.kill(`root/a${Math.floor(random.next() * ACTORS)}`);
    await turns(1);
    if (actors[0]?.state === 'stopped' && root.state === 'running') actors = spawnAll();
  }
  await Promise.all(all);

  const faults = [...counts.faults.values()].reduce((sum, each) => sum + each, 0);
  const story = `seed ${seed}: ${counts.answered} answered, ${counts.wrong} wrong, ${JSON.stringify([...counts.faults])}`;
  t.is(counts.answered + faults, ASKS, story);
  t.is(counts.wrong, 0, story);
  t.true(counts.answered > ASKS / 10, `too little was answered to prove anything; ${story}`);
  t.true((counts.faults.get('actor_crashed') ?? 0) > 100, `too little crashed to prove anything; ${story}`);
  t.is(counts.faults.get('deadline') ?? 0, 0, story);
});
