import test from 'ava';
import { chanceOf } from '../../src/simulation/chance.ts';
import { createFaults } from '../../src/simulation/faults.ts';
import { remote } from '../../src/simulation/network.ts';
import { createTrace } from '../../src/simulation/trace.ts';
import { createWorld } from '../../src/simulation/world.ts';

const open = (seed = 1) => createWorld(chanceOf(seed, 'world'), createTrace({ keep: 10 }), 1_000_000);
const forever = (): boolean => false;

test('turns of one loop come in the order they were asked for, those of two are mixed', async (t) => {
  const world = open();
  const seen: string[] = [];
  for (let index = 0; index < 50; index += 1) {
    for (const owner of ['a', 'b']) world.planTurn(owner, () => seen.push(`${owner}${index}`));
  }
  await world.run(forever);
  for (const owner of ['a', 'b']) {
    t.deepEqual(
      seen.filter((one) => one.startsWith(owner)),
      Array.from({ length: 50 }, (_, index) => `${owner}${index}`),
    );
  }
  t.notDeepEqual(seen, seen.toSorted());
  t.true(
    seen.some((one, index) => one[0] === seen[index + 1]?.[0]),
    'not strictly in turn either',
  );
});

test('promises that a step settles are followed to their end before the next step', async (t) => {
  const world = open();
  const seen: string[] = [];
  world.plan('a', 1, 'first', () => {
    void Promise.resolve()
      .then(() => undefined)
      .then(() => undefined)
      .then(() => seen.push('its promises'));
  });
  world.plan('a', 1, 'second', () => seen.push('second'));
  await world.run(forever);
  t.deepEqual(seen, ['its promises', 'second']);
});

test('the dead do nothing, the paused do it later, and what was taken back does not happen', async (t) => {
  const world = open();
  const seen: [string, number][] = [];
  const plan = (owner: string) =>
    world.plan(owner, 10, owner, () => seen.push([owner, world.nowMs - 1_000_000]));
  for (const owner of ['alive', 'dead', 'paused']) plan(owner);
  plan('alive')();
  world.kill('dead');
  world.pause('paused', 500);
  await world.run(forever);
  t.deepEqual(seen, [
    ['alive', 10],
    ['paused', 500],
  ]);
});

test('a clock that is off shows another time, and its timers run all the same', async (t) => {
  const world = open();
  world.setClock('late', -60_000);
  let ranAtMs = 0;
  world.clockOf('late').after(30, () => (ranAtMs = world.nowMs));
  t.is(world.clockOf('late').nowMs(), 940_000);
  await world.run(forever);
  t.is(ranAtMs, 1_000_030);
});

test('what a lost call did stays done, also when its caller has died', async (t) => {
  for (let seed = 1; seed < 200; seed += 1) {
    const world = open(seed);
    const faults = createFaults(chanceOf(seed, 'faults'), world);
    let effects = 0;
    let answers = 0;
    let failures = 0;
    const port = { act: () => Promise.resolve((effects += 1)) };
    const crash = (): void => void (failures += 1);
    const far = remote(port, { world, faults, server: 'postgres', owner: 'node', crash });
    void far.act().then(
      () => (answers += 1),
      () => (failures += 1),
    );
    if (seed % 2 === 0) world.kill('node');
    await world.run(forever);
    t.true(effects <= 1);
    if (answers === 1) t.is(effects, 1);
    t.is(answers + failures, seed % 2 === 0 ? 0 : 1);
  }
});
