import test, { type ExecutionContext } from 'ava';
import type { SupervisorMessage } from '../../src/actors/event-supervisor.ts';
import { guardian } from '../../src/actors/guardian.ts';
import type { ActorRef, Ending } from '../../src/actors/kit/actor.ts';
import { isFault } from '../../src/actors/kit/reply-port.ts';
import type { SectionMessage } from '../../src/actors/section-messages.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import { createSectionDirectory } from '../../src/tickets/section-directory.ts';
import { turns } from './kit/rig.ts';
import { askMap, createSectionRig, seatRows, word } from './section-rig.ts';

const EVENT = {
  eventId: 'e',
  name: 'Noite',
  venue: 'Sala',
  currency: 'BRL',
  opensAtMs: 0,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  phaseSetting: 'open' as const,
  admission: { ratePerMinute: 1, insideMax: 1, paused: false, version: 1 },
  sections: ['A', 'B'].map((id) => ({ id, name: id, priceMinor: 1, capacity: 2 })),
};
/** The restart budget: one crash more closes an actor. */
const BUDGET = 5;

const createTree = (t: ExecutionContext) => {
  const rig = createSectionRig(t);
  const changes: string[] = [];
  const fatal: Ending[] = [];
  const root = rig.system.spawn(
    guardian({
      holdTtlMs: 1_000,
      // Postgres is at hand: what matters here is who asks it.
      effects: { ...rig.effects, readSection: () => Promise.resolve({ seats: seatRows(2), knownUntil: 1 }) },
      onSection: ({ eventId, sectionId, state }) => changes.push(`${eventId}/${sectionId} ${state}`),
      onFatal: (ending) => fatal.push(ending),
    }),
  );
  const paths = (): readonly string[] => rig.system.tree().map((one) => one.path);
  const crash = async (path: string, times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      t.true(rig.system.kill(path), path);
      await rig.clock.advance(100);
    }
  };
  return { ...rig, root, changes, fatal, paths, crash, directory: createSectionDirectory(root) };
};

const found = async (
  finding: Promise<ActorRef<SectionMessage> | Refusal>,
): Promise<ActorRef<SectionMessage>> => {
  const ref = await finding;
  if ('ask' in ref) return ref;
  throw new Error(ref.code);
};

test('supervisors and sections come to life when they are first asked for, once', async (t) => {
  const { directory, paths } = createTree(t);
  t.deepEqual(paths(), ['guardian']);
  t.is(directory.peek('e', 'A'), null);
  const [one, same] = await Promise.all([
    found(directory.find(EVENT, 'A')),
    found(directory.find(EVENT, 'A')),
  ]);
  t.is(one, same);
  t.is(await directory.find(EVENT, 'A'), one);
  t.is(directory.peek('e', 'A'), one);
  t.deepEqual(paths(), ['guardian', 'guardian/e', 'guardian/e/A']);
  t.is(word(await askMap(await found(directory.find(EVENT, 'B')))), 'map');
  t.deepEqual(paths(), ['guardian', 'guardian/e', 'guardian/e/A', 'guardian/e/B']);
});

test('a section that the event does not have is not found, and no actor is made for it', async (t) => {
  const { directory, paths } = createTree(t);
  t.like(await directory.find(EVENT, 'Z'), { code: 'not_found' });
  t.deepEqual(paths(), ['guardian', 'guardian/e']);
});

test('a section that crashes over its budget is closed and said to be, its neighbour serves on, and a minute later it is back', async (t) => {
  const { directory, changes, crash, clock, fatal } = createTree(t);
  const ref = await found(directory.find(EVENT, 'A'));
  const neighbour = await found(directory.find(EVENT, 'B'));
  await crash('guardian/e/A', BUDGET);
  t.is(ref.state, 'running');
  t.deepEqual(changes, []);
  await crash('guardian/e/A', 1);
  t.is(ref.state, 'closed');
  t.deepEqual(changes, ['e/A closed']);
  const closed = await found(directory.find(EVENT, 'A'));
  t.is(word(await askMap(closed)), 'actor_closed');
  t.is(word(await askMap(neighbour)), 'map');

  await clock.advance(59_000);
  t.deepEqual(changes, ['e/A closed']);
  await clock.advance(2_000);
  t.deepEqual(changes, ['e/A closed', 'e/A reopened']);
  const reopened = await found(directory.find(EVENT, 'A'));
  t.is(word(await askMap(reopened)), 'map');
  t.is(word(await askMap(ref)), 'actor_stopped', 'the old reference leads to nobody');
  t.deepEqual(fatal, []);

  await crash('guardian/e/A', BUDGET + 1);
  await clock.advance(61_000);
  t.is(changes.length, 4, 'and so every time');
});

test('a killed supervisor takes its sections along, and they come back when they are asked for', async (t) => {
  const { directory, system, clock, paths, fatal, changes } = createTree(t);
  const before = await found(directory.find(EVENT, 'A'));
  system.kill('guardian/e');
  await turns();
  t.is(before.state, 'stopped');
  const finding = directory.find(EVENT, 'A');
  await clock.advance(10);
  const after = await found(finding);
  t.not(after, before);
  t.is(word(await askMap(after)), 'map');
  t.deepEqual(paths(), ['guardian', 'guardian/e', 'guardian/e/A']);
  t.deepEqual([fatal.length, changes.length], [0, 0]);
});

test('what a supervisor said of closed sections is taken back when it ends: its next life opens them', async (t) => {
  const { directory, system, clock, changes, crash } = createTree(t);
  await directory.find(EVENT, 'A');
  await crash('guardian/e/A', BUDGET + 1);
  t.deepEqual(changes, ['e/A closed']);
  system.kill('guardian/e');
  await clock.advance(10);
  t.deepEqual(changes, ['e/A closed', 'e/A reopened']);
  t.is(word(await askMap(await found(directory.find(EVENT, 'A')))), 'map');
  await clock.advance(61_000);
  t.is(changes.length, 2, 'the timer of the life before is gone');
});

test('a supervisor over its budget is fatal: said once, and the event is opened anew for whoever asks', async (t) => {
  const { directory, crash, fatal } = createTree(t);
  await directory.find(EVENT, 'A');
  await crash('guardian/e', BUDGET);
  t.is(fatal.length, 0);
  await crash('guardian/e', 1);
  t.is(fatal.length, 1);
  t.like(fatal[0], { kind: 'closed', path: 'guardian/e' });
  t.is(word(await askMap(await found(directory.find(EVENT, 'A')))), 'map');
});

test('a killed guardian takes all along, and all come back when they are asked for', async (t) => {
  const { directory, system, clock } = createTree(t);
  await directory.find(EVENT, 'A');
  system.kill('guardian');
  await turns();
  const finding = directory.find(EVENT, 'A');
  await clock.advance(10);
  t.is(word(await askMap(await found(finding))), 'map');
});

test('with nobody to ask the directory says unavailable', async (t) => {
  const { directory, crash, root } = createTree(t);
  await crash('guardian', BUDGET + 1);
  t.is(root.state, 'closed');
  t.like(await directory.find(EVENT, 'A'), { code: 'unavailable' });
});

test('stopping the system is no reason to call for help', async (t) => {
  const { directory, system, clock, fatal, changes, root } = createTree(t);
  await directory.find(EVENT, 'A');
  const stopping = system.stop();
  await clock.advance(1_000);
  await stopping;
  t.deepEqual([fatal.length, changes.length, system.tree().length], [0, 0, 0]);
  const answer = await root.ask<ActorRef<SupervisorMessage>>(
    (port) => ({ type: 'event', eventId: 'e', sectionIds: [], port }),
    1_000,
  );
  t.true(isFault(answer));
});
