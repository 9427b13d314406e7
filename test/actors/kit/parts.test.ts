import test from 'ava';
import fc from 'fast-check';
import { Deadlines } from '../../../src/actors/kit/deadlines.ts';
import { nactName, pathSegment } from '../../../src/actors/kit/names.ts';
import { Ring } from '../../../src/actors/kit/ring.ts';
import { Restarts } from '../../../src/actors/kit/supervision.ts';
import { ManualClock } from './rig.ts';

test('a ring gives back what was put in, in order, through any growth and wrap', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.constant(null)), { maxLength: 400 }), (steps) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) {
          t.is(ring.shift(), model.shift());
        } else {
          model.push(step);
          ring.push(step);
        }
        t.is(ring.length, model.length);
      }
      t.deepEqual(ring.takeAll(), model);
      t.is(ring.length, 0);
    }),
    { numRuns: 100 },
  );
});

test('every name becomes one that nact accepts, and two names never share a path', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }), (one, two) => {
      t.regex(nactName(one, 1), /^[a-z0-9-$_.+!*'(),]+$/i);
      t.false(pathSegment(one).includes('/'));
      t.is(pathSegment(one) === pathSegment(two), one === two);
      t.not(nactName(one, 1), nactName(one, 2));
    }),
  );
});

test('deadlines: none early, none more than 10 ms late, none that was removed, and no timer for nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.boolean()), { maxLength: 12 }),
      async (asks) => {
        const clock = new ManualClock();
        const startMs = clock.nowMs();
        const deadlines = new Deadlines(clock);
        const expiredMs = new Map<number, number>();
        asks.forEach(([delayMs, removed], index) => {
          const entry = { expire: () => void expiredMs.set(index, clock.nowMs() - startMs) };
          const slot = deadlines.add(entry, delayMs);
          if (removed) deadlines.remove(entry, slot);
        });
        await clock.advance(320);
        asks.forEach(([delayMs, removed], index) => {
          const atMs = expiredMs.get(index);
          if (removed) t.is(atMs, undefined);
          else t.true(atMs !== undefined && atMs >= delayMs && atMs < delayMs + 10, `${atMs} for ${delayMs}`);
        });
        t.is(clock.pending, 0);
      },
    ),
    { numRuns: 40 },
  );
});

test('pauses double to their maximum and are jittered between half and all of it', (t) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
      const supervision = { maxRestarts: 6, withinMs: 1_000, backoff: { firstMs: 10, maxMs: 100 } };
      const restarts = new Restarts(supervision, new ManualClock(), { next: () => draw });
      const pausesMs = Array.from({ length: 7 }, () => restarts.plan());
      [10, 20, 40, 80, 100, 100].forEach((fullMs, index) => {
        const pauseMs = pausesMs[index] ?? -1;
        t.true(pauseMs >= fullMs / 2 && pauseMs <= fullMs);
      });
      t.is(pausesMs[6], null);
      t.is(restarts.count, 6);
    }),
    { numRuns: 50 },
  );
});
