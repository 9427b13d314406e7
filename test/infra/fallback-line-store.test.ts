import test from 'ava';
import type { AdmissionKnobs } from '../../src/domain/event.ts';
import { PartAway } from '../../src/domain/refusal.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { createFallbackLineStore } from '../../src/infra/fallback-line-store.ts';
import type { Turn } from '../../src/infra/line-terms.ts';
import { createMemoryLineStore } from '../../src/infra/memory/line-store.ts';

const EVENT = '01980000-0000-7000-8000-000000000001';
const KNOBS: AdmissionKnobs = { ratePerMinute: 601, insideMax: 100, paused: false, version: 1 };
const EMPTY = { epoch: 1, joined: 50, serving: 0, admitted: 0, firstUse: true, passes: [] };

const world = () => {
  let turn: Turn | null = { term: 1, by: 'redis' };
  let hurried = 0;
  const memory = () => createMemoryLineStore({ clock: systemClock, callTtlMs: 30_000 });
  const made: string[] = [];
  const store = createFallbackLineStore({
    terms: {
      turn: () => turn,
      holds: (one) => turn !== null && turn.term === one.term && turn.by === one.by,
      hurry: () => void (hurried += 1),
      stop: async () => undefined,
    },
    primaryOf(term) {
      made.push(`redis ${term}`);
      return memory();
    },
    standbyOf(term) {
      made.push(`postgres ${term}`);
      return memory();
    },
  });
  return { store, made, hurried: () => hurried, becomes: (next: Turn | null) => void (turn = next) };
};

test('each term has a line of its own, and begins with an unknown one', async (t) => {
  const { store, made, becomes } = world();
  t.deepEqual(await store.nextNumber(EVENT), { lost: true });
  await store.restore(EVENT, EMPTY);
  t.deepEqual(await store.nextNumber(EVENT), { number: 51 });
  becomes({ term: 2, by: 'postgres' });
  t.true(store.standingIn());
  t.deepEqual(await store.nextNumber(EVENT), { lost: true });
  becomes({ term: 3, by: 'redis' });
  t.false(store.standingIn());
  t.deepEqual(await store.nextNumber(EVENT), { lost: true });
  t.deepEqual(made, ['redis 1', 'postgres 2', 'redis 3']);
});

test('Postgres counts at half the rate, rounded up, and says so', async (t) => {
  const { store, becomes } = world();
  becomes({ term: 2, by: 'postgres' });
  await store.restore(EVENT, EMPTY);
  const step = await store.step(EVENT, { knobs: KNOBS, open: true, roomLeft: null });
  t.like(step, { effectiveRatePerMinute: 301, binding: 'degraded', serving: 5 });
  const closed = await store.step(EVENT, { knobs: KNOBS, open: false, roomLeft: null });
  t.like(closed, { binding: 'closed', serving: 5 });
});

test('without a turn nothing is asked, and an answer that comes after its turn is not believed', async (t) => {
  const { store, becomes, hurried } = world();
  await store.restore(EVENT, EMPTY);
  const late = store.nextNumber(EVENT);
  becomes(null);
  await t.throwsAsync(late, { instanceOf: PartAway });
  await t.throwsAsync(store.nextNumber(EVENT), { instanceOf: PartAway });
  t.false(store.healthy());
  t.is(hurried(), 1, 'who finds the turn over has the terms looked at again');
});
