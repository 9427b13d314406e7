import test from 'ava';
import type { Nemesis, Stage } from '../../src/chaos/nemesis.ts';
import { recoveriesOf } from '../../src/chaos/recovery.ts';
import { strikeAsPlanned, type StrikeTools } from '../../src/chaos/strikes.ts';
import type { Sample } from '../../src/chaos/watch.ts';
import { strikeRecord } from './records.ts';

/** A clock that jumps to wherever somebody sleeps to: what runs at once runs in turn. */
const toolsAt = (told: string[]): StrikeTools => {
  let nowMs = 0;
  return {
    stage: (random) => ({ random }) as Stage,
    nowMs: () => nowMs,
    async sleep(ms) {
      const untilMs = nowMs + ms;
      await Promise.resolve();
      nowMs = Math.max(nowMs, untilMs);
    },
    stopped: () => false,
    onStrike: (kind) => void told.push(`strike ${kind}`),
    onHeal: (kind) => void told.push(`heal ${kind}`),
    onMissed: (kind, why) => void told.push(`missed ${kind}: ${why}`),
  };
};

const nemesis = (kind: string, part: Nemesis['part'], strike: Nemesis['strike']): Nemesis => ({
  kind,
  describes: kind,
  part,
  lastsMs: [0, 0],
  healsInMs: 0,
  strike,
});

const plan = (...nemeses: readonly Nemesis[]) =>
  nemeses.map((one, index) => ({ atMs: 10 * index, nemesis: one, lastsMs: 5, seed: index }));

test('a strike waits until the one before it on the same part is healed, however long that takes', async (t) => {
  const told: string[] = [];
  let heal: () => void = () => undefined;
  const slow = nemesis('slow', 'redis', () =>
    Promise.resolve({ target: 'r', heal: () => new Promise<void>((resolve) => (heal = resolve)) }),
  );
  const quick = (kind: string, part: Nemesis['part']) =>
    nemesis(kind, part, () => Promise.resolve({ target: kind, heal: () => Promise.resolve() }));
  const other = nemesis('other', 'rabbit', () => {
    // By now the second strike on Redis is due.
    setImmediate(() => heal());
    return Promise.resolve({ target: 'other', heal: () => Promise.resolve() });
  });
  const records = await strikeAsPlanned(plan(slow, quick('second', 'redis'), other), 0, toolsAt(told));
  t.true(told.indexOf('heal slow') < told.indexOf('strike second'), told.join(', '));
  t.true(told.indexOf('strike other') < told.indexOf('strike second'), 'other parts do not wait');
  t.is(records.length, 3);
});

test('harm that could not be done is recorded as missed, healing that failed as unhealed, and the run goes on', async (t) => {
  const told: string[] = [];
  const absent = nemesis('absent', 'redis', () => Promise.reject(new Error('nobody was there')));
  const stubborn = nemesis('stubborn', 'postgres', () =>
    Promise.resolve({ target: 'p', backAfterMs: 42, heal: () => Promise.reject(new Error('it stays down')) }),
  );
  const records = await strikeAsPlanned(plan(absent, stubborn), 0, toolsAt(told));
  const byKind = new Map(records.map((one) => [one.kind, one]));
  t.is(byKind.get('absent')?.missed, 'nobody was there');
  t.is(byKind.get('stubborn')?.missed, null);
  t.is(byKind.get('stubborn')?.unhealed, 'it stays down');
  t.is(byKind.get('stubborn')?.backAfterMs, 42);
  t.true(told.includes('missed absent: nobody was there'));
});

const sample = (
  atMs: number,
  node: string,
  down: readonly string[] = [],
  state: Sample['state'] = 'ready',
): Sample => ({ atMs, node, state, down });

test('a recovery is read from what the nodes say: when one noticed, and when all were well again', (t) => {
  const samples = [
    sample(0, 'n1'),
    sample(0, 'n2'),
    sample(1_300, 'n1', ['Redis']),
    sample(1_500, 'n2', ['Redis']),
    sample(2_600, 'n1'),
    sample(3_100, 'n2'),
  ];
  const [redis] = recoveriesOf([strikeRecord('redis-kill')], samples);
  t.like(redis, { noticedAfterMs: 300, normalAfterMs: 600 });
  const [never] = recoveriesOf([strikeRecord('redis-kill')], samples.slice(0, 5));
  t.is(never?.normalAfterMs, null, 'one node never got well');
  t.deepEqual(recoveriesOf([strikeRecord('redis-kill', { missed: 'not there' })], samples), []);
});

test('a node that is away is not held against the servers', (t) => {
  const samples = [
    sample(0, 'n1'),
    sample(0, 'n2'),
    sample(1_100, 'n2', [], 'silent'),
    sample(1_200, 'n1', ['PostgreSQL'], 'not_ready'),
    sample(2_700, 'n1'),
  ];
  const [postgres] = recoveriesOf([strikeRecord('postgres-kill', { part: 'postgres' })], samples);
  t.like(postgres, { noticedAfterMs: 200, normalAfterMs: 200 });
});

test('a killed node is back when it answers as ready, from the moment it was told to start', (t) => {
  const samples = [
    sample(0, 'n1'),
    sample(1_050, 'n1', [], 'silent'),
    sample(2_900, 'n1', ['PostgreSQL'], 'not_ready'),
    sample(3_400, 'n1'),
  ];
  const [node] = recoveriesOf([strikeRecord('node-kill', { part: 'nodes' })], samples);
  t.like(node, { noticedAfterMs: 50, normalAfterMs: 1_400 });
});
