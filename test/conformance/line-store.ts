import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import type { AdmissionKnobs } from '../../src/domain/event.ts';
import { burstOf } from '../../src/domain/line.ts';
import type { LineSnapshot, LineStore, Lost, StepResult } from '../../src/domain/ports/line.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { eventually } from '../support/eventually.ts';

/** Short, so that a real clock is enough. */
export const CALL_TTL_MS = 1_500;
const LONG_MS = 60_000;
const SHORT_MS = 5_000;

export type OpenStores = (t: ExecutionContext) => Promise<readonly [LineStore, LineStore] | null>;

const knobs = (change: Partial<AdmissionKnobs> = {}): AdmissionKnobs => ({
  ratePerMinute: 6_000_000,
  insideMax: 1_000_000,
  paused: false,
  version: 1,
  ...change,
});

const emptyLine: LineSnapshot = {
  epoch: 1,
  joined: 0,
  serving: 0,
  admitted: 0,
  firstUse: true,
  passes: [],
};

const known = <T extends object>(answer: T | Lost): T => {
  if ('lost' in answer) throw new Error('the line is lost');
  return answer;
};

/** What every store of lines must do. `open` gives two handles on the same store: two nodes. */
export const lineStoreSuite = (name: string, open: OpenStores): void => {
  const rule = (
    title: string,
    body: (t: ExecutionContext, store: LineStore, eventId: string, other: LineStore) => Promise<void>,
  ): void =>
    // Serial: some rules are about time, and should not compete with each other for it.
    test.serial(`${name}: ${title}`, async (t) => {
      const stores = await open(t);
      if (stores !== null) await body(t, stores[0], systemIds.next(), stores[1]);
    });

  const join = async (store: LineStore, eventId: string, count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => store.nextNumber(eventId)));
  };
  const step = async (
    store: LineStore,
    eventId: string,
    change: Partial<AdmissionKnobs> = {},
    rest: { readonly open?: boolean; readonly roomLeft?: number | null; readonly slowTo?: number } = {},
  ): Promise<StepResult> =>
    known(
      await store.step(eventId, {
        knobs: knobs(change),
        open: rest.open ?? true,
        roomLeft: rest.roomLeft ?? null,
        slowdown: rest.slowTo === undefined ? null : { ratePerMinute: rest.slowTo, reason: 'section_closed' },
      }),
    );
  const redeem = async (store: LineStore, eventId: string, place: number, ttlMs = LONG_MS, change = {}) =>
    known(await store.redeem(eventId, place, ttlMs, knobs(change)));

  rule('a line it does not know is lost, and restoring makes it', async (t, store, eventId) => {
    t.deepEqual(await store.nextNumber(eventId), { lost: true });
    t.deepEqual(await store.step(eventId, { knobs: knobs(), open: true, roomLeft: null }), { lost: true });
    t.deepEqual(await store.redeem(eventId, 1, LONG_MS, knobs()), { lost: true });
    await store.leave(eventId, 1);
    await store.restore(eventId, emptyLine);
    t.deepEqual(await store.nextNumber(eventId), { number: 1 });
    t.true(store.healthy());
  });

  rule(
    'places given out elsewhere are counted, and numbers go on behind them',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      const closed = { knobs: knobs(), open: false, roomLeft: null };
      t.like(known(await store.step(eventId, { ...closed, joinedAtLeast: [40] })), {
        joined: 40,
        serving: 0,
      });
      t.like(known(await other.step(eventId, { ...closed, joinedAtLeast: [30] })), { joined: 40 });
      t.like(known(await other.step(eventId, closed)), { joined: 40 });
      t.deepEqual(await other.nextNumber(eventId, 50), { number: 51 });
      t.deepEqual(await store.nextNumber(eventId, 50), { number: 52 });
      t.deepEqual(await store.nextNumber(eventId), { number: 53 });
      const together = [60, 70, 0].map((behind) => store.nextNumber(eventId, behind));
      const numbers = (await Promise.all(together)).map((answer) => known(answer).number);
      t.is(new Set(numbers).size, 3);
      t.true((numbers[0] ?? 0) > 60 && (numbers[1] ?? 0) > 70);
      const { serving } = known(await store.step(eventId, { ...closed, open: true, joinedAtLeast: [100] }));
      t.true(serving >= 100);
    },
  );

  rule('parallel joins get each number once, without holes', async (t, store, eventId, other) => {
    await store.restore(eventId, emptyLine);
    const given = await Promise.all(
      Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? store : other).nextNumber(eventId)),
    );
    const numbers = given.map((answer) => known(answer).number).toSorted((a, b) => a - b);
    t.deepEqual(
      numbers,
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });

  rule('calls in the order of the numbers and reserves a slot for each', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 5);
    t.like(await step(store, eventId, { insideMax: 3 }), {
      joined: 5,
      serving: 3,
      admitted: 3,
      inside: 0,
      called: 3,
      binding: 'inside',
      effectiveRatePerMinute: 6_000_000,
      epoch: 1,
    });
    t.deepEqual(await redeem(store, eventId, 2, LONG_MS, { insideMax: 3 }), {
      kind: 'admitted',
      remainingMs: LONG_MS,
      again: false,
      epoch: 1,
    });
    t.deepEqual(await redeem(store, eventId, 4), { kind: 'not_called' });
    t.like(await step(store, eventId, { insideMax: 3 }), { serving: 3, inside: 1, called: 2 });
  });

  rule('calls nobody while closed or paused, and says so', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 2);
    const shut = await step(store, eventId, {}, { open: false });
    t.like(shut, { serving: 0, binding: 'closed', effectiveRatePerMinute: 0 });
    t.like(await step(store, eventId, { paused: true, version: 2 }), { serving: 0, binding: 'paused' });
    t.like(await step(store, eventId, { version: 3 }), { serving: 2, binding: 'nobody_waiting' });
    t.deepEqual(await redeem(store, eventId, 1, LONG_MS, { paused: true, version: 4 }), { kind: 'paused' });
    t.deepEqual(await redeem(store, eventId, 3, LONG_MS, { paused: true, version: 4 }), {
      kind: 'not_called',
    });
  });

  rule(
    'an older version of the knobs is ignored, by step and by redeem',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      await join(store, eventId, 9);
      t.like(await step(store, eventId, { insideMax: 2, version: 7 }), { serving: 2 });
      t.like(await step(other, eventId, { insideMax: 9, version: 6 }), { serving: 2, binding: 'inside' });
      await redeem(other, eventId, 1, LONG_MS, { paused: true, version: 6 });
      t.like(await step(other, eventId, { insideMax: 4, version: 8 }), { serving: 4, inside: 1, called: 3 });
    },
  );

  rule(
    'a node may raise and take back what it said itself, and nobody else may',
    async (t, store, eventId, other) => {
      await store.restore(eventId, { ...emptyLine, joined: 1_000_000 });
      const say = async (node: string, ratePerMinute: number | null) => {
        const parameters = { measuredMs: ratePerMinute ?? 0 };
        const slowdown =
          ratePerMinute === null ? null : { ratePerMinute, reason: 'holds_slow' as const, parameters };
        const one = node === 'a' ? store : other;
        const now = known(
          await one.step(eventId, { knobs: knobs(), open: true, roomLeft: null, slowdown, node }),
        );
        return [now.effectiveRatePerMinute, now.binding, now.parameters?.['measuredMs'] ?? null];
      };
      const FULL = [6_000_000, 'rate', null];
      t.deepEqual(await say('a', 600), [600, 'holds_slow', 600]);
      t.deepEqual(await say('a', 900), [900, 'holds_slow', 900]);
      t.deepEqual(await say('b', 1_200), [900, 'holds_slow', 900]);
      t.deepEqual(await say('b', null), [900, 'holds_slow', 900]);
      t.deepEqual(await say('b', 300), [300, 'holds_slow', 300]);
      t.deepEqual(await say('a', 600), [300, 'holds_slow', 300]);
      t.deepEqual(await say('a', null), [300, 'holds_slow', 300]);
      t.deepEqual(await say('b', null), FULL);
      // The other is still slow, and says so with its next step.
      t.deepEqual(await say('a', 600), [600, 'holds_slow', 600]);
    },
  );

  rule(
    'a node that says the sale digests less slows the line on all, the lowest counts, and what is not repeated ends',
    async (t, store, eventId, other) => {
      await store.restore(eventId, { ...emptyLine, joined: 1_000_000 });
      const slowed = { binding: 'section_closed', effectiveRatePerMinute: 600 } as const;
      const first = await step(store, eventId, {}, { slowTo: 600 });
      t.like(first, slowed);
      // The burst that a fresh line brings is cut to that of the slower rate.
      t.is(first.serving, burstOf(600));
      t.like(await step(other, eventId), slowed);
      t.like(await step(other, eventId, {}, { slowTo: 6_000 }), slowed);
      const stopped = { binding: 'section_closed', effectiveRatePerMinute: 0 } as const;
      const { serving, ...last } = await step(other, eventId, {}, { slowTo: 0 });
      t.like(last, stopped);
      t.is((await step(store, eventId)).serving, serving);
      await eventually(async () => {
        const { binding, effectiveRatePerMinute } = await step(store, eventId);
        assert.deepEqual(
          { binding, effectiveRatePerMinute },
          { binding: 'rate', effectiveRatePerMinute: 6_000_000 },
        );
      });
      t.like(await step(store, eventId, {}, { slowTo: 9_000_000 }), { binding: 'rate' });
    },
  );

  rule('no stock, no calls', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 9);
    t.like(await step(store, eventId, {}, { roomLeft: 4 }), { serving: 4, binding: 'stock' });
    t.like(await step(store, eventId, {}, { roomLeft: 4 }), { serving: 4, binding: 'stock' });
    t.like(await step(store, eventId, {}, { roomLeft: 0 }), { serving: 4, binding: 'stock' });
  });

  rule(
    'many steppers at once let in no more than the rate, and no less',
    async (t, store, eventId, other) => {
      const ratePerMinute = 1_200;
      await store.restore(eventId, emptyLine);
      await join(store, eventId, 1_000);
      const begun = performance.now();
      const steppers = Array.from({ length: 8 }, async (_, index) => {
        let last = 0;
        while (performance.now() - begun < 1_500) {
          last = (await step(index % 2 === 0 ? store : other, eventId, { ratePerMinute })).admitted;
          await new Promise((resolve) => setImmediate(resolve));
        }
        return last;
      });
      const admitted = Math.max(...(await Promise.all(steppers)));
      const elapsedMs = performance.now() - begun;
      const ceiling = burstOf(ratePerMinute) + (ratePerMinute * elapsedMs) / 60_000;
      t.true(admitted <= ceiling, `${admitted} > ${ceiling}`);
      t.true(admitted >= 0.8 * (burstOf(ratePerMinute) + (ratePerMinute * 1_500) / 60_000), String(admitted));
    },
  );

  rule('a called place that does not come loses its slot to the next', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 2);
    // Before it is called: the answer may be long on its way here.
    const begun = performance.now();
    t.like(await step(store, eventId, { insideMax: 1 }), { serving: 1, called: 1 });
    await eventually(async () => {
      const now = await step(store, eventId, { insideMax: 1 });
      assert.deepEqual([now.serving, now.called, now.inside], [2, 1, 0]);
    });
    t.true(performance.now() - begun >= CALL_TTL_MS - 5, 'it had its full time to come');
  });

  rule('a late-comer takes the next free slot before anybody new', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 3);
    const one = { insideMax: 1 };
    await step(store, eventId, one);
    await eventually(async () => assert.equal((await step(store, eventId, one)).serving, 2));
    t.like(await redeem(store, eventId, 2, LONG_MS, one), { kind: 'admitted' });
    t.deepEqual(await redeem(store, eventId, 1, LONG_MS, one), { kind: 'not_called' });
    await store.leave(eventId, 2);
    t.like(await step(store, eventId, one), { serving: 2, inside: 0, called: 0, binding: 'inside' });
    t.like(await redeem(store, eventId, 1, LONG_MS, one), { kind: 'admitted', again: false });
    await store.leave(eventId, 1);
    t.like(await step(store, eventId, one), { serving: 3, called: 1, admitted: 4 });
  });

  rule('a late-comer waits for a token as a call does', async (t, store, eventId) => {
    await store.restore(eventId, { ...emptyLine, firstUse: false, joined: 1, serving: 1 });
    const slow = { ratePerMinute: 1 };
    t.deepEqual(await redeem(store, eventId, 1, LONG_MS, slow), { kind: 'not_called' });
    const soon = { ratePerMinute: 600, version: 2 };
    await eventually(async () =>
      assert.equal((await redeem(store, eventId, 1, LONG_MS, soon)).kind, 'admitted'),
    );
    t.like(await step(store, eventId, soon), { inside: 1, called: 0, admitted: 1 });
  });

  rule('a slowdown never makes a line faster than its operator says', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 10);
    const slow = { ratePerMinute: 60 };
    t.like(await step(store, eventId, slow, { slowTo: 6_000 }), { effectiveRatePerMinute: 60 });
    t.like(await step(store, eventId, slow, { slowTo: 30 }), { effectiveRatePerMinute: 30 });
  });

  rule('each late-comer pays a token of its own', async (t, store, eventId) => {
    await store.restore(eventId, { ...emptyLine, joined: 2, serving: 2 });
    const slow = { ratePerMinute: 1 };
    t.like(await redeem(store, eventId, 1, LONG_MS, slow), { kind: 'admitted' });
    t.deepEqual(await redeem(store, eventId, 2, LONG_MS, slow), { kind: 'not_called' });
  });

  rule('two hundred redemptions of one place take one slot', async (t, store, eventId, other) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 3);
    await step(store, eventId);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => redeem(index % 2 === 0 ? store : other, eventId, 2)),
    );
    t.is(outcomes.filter((outcome) => outcome.kind === 'admitted' && !outcome.again).length, 1);
    t.true(outcomes.every((outcome) => outcome.kind === 'admitted' && outcome.remainingMs <= LONG_MS));
    t.like(await step(store, eventId), { inside: 1, called: 2 });
  });

  rule('a pass that expires gives its slot back', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await join(store, eventId, 2);
    await step(store, eventId, { insideMax: 1 });
    const begun = performance.now();
    await redeem(store, eventId, 1, 1_000, { insideMax: 1 });
    t.like(await step(store, eventId, { insideMax: 1 }), { inside: 1, serving: 1 });
    await eventually(async () => {
      const now = await step(store, eventId, { insideMax: 1 });
      assert.deepEqual([now.inside, now.serving], [0, 2]);
    });
    t.true(performance.now() - begun >= 995);
    await store.leave(eventId, 1);
    t.like(await step(store, eventId, { insideMax: 1 }), { inside: 0 });
  });

  rule(
    'leaving gives the slot back once, however often and from wherever',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      await join(store, eventId, 3);
      await step(store, eventId);
      for (const place of [1, 2, 3]) await redeem(store, eventId, place);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).leave(eventId, 2)),
      );
      await store.leave(eventId, 99);
      t.like(await step(store, eventId), { inside: 2, called: 0 });
    },
  );

  rule(
    'a recorded pass is counted once, also by a line restored without it',
    async (t, store, eventId, other) => {
      t.deepEqual(await store.assure(eventId, 1, LONG_MS), { lost: true });
      t.deepEqual(await store.nextNumber(eventId), { lost: true }, 'a lost line stays lost');
      await store.restore(eventId, { ...emptyLine, joined: 5, serving: 2 });
      const assured = await Promise.all(
        [store, other, store, other].map((one) => one.assure(eventId, 1, LONG_MS)),
      );
      t.is(assured.filter((answer) => known(answer).counted).length, 1);
      t.like(await step(store, eventId, { insideMax: 1 }), { inside: 1, serving: 2, binding: 'inside' });
      t.like(await redeem(store, eventId, 1), { kind: 'admitted', again: true });
      await store.leave(eventId, 1);
      t.like(await step(store, eventId, { insideMax: 1 }), { inside: 0, serving: 3 });
    },
  );

  rule(
    'a pass that was recorded late keeps its slot to its own end, and one that ends sooner is not cut short',
    async (t, store, eventId, other) => {
      await store.restore(eventId, { ...emptyLine, joined: 5, serving: 2 });
      t.like(await redeem(store, eventId, 1, SHORT_MS, { insideMax: 1 }), { kind: 'admitted' });
      t.deepEqual(await other.assure(eventId, 1, LONG_MS), { counted: false });
      t.deepEqual(await store.assure(eventId, 1, SHORT_MS), { counted: false });
      t.like(await step(store, eventId, { insideMax: 1 }), { inside: 1, serving: 2 });
      const again = await redeem(store, eventId, 1);
      t.true(again.kind === 'admitted' && again.again && again.remainingMs > LONG_MS / 2);
      await store.leave(eventId, 1);
      t.like(await step(store, eventId, { insideMax: 1 }), { inside: 0, serving: 3 });
    },
  );

  rule('a restored line keeps its places and the people inside', async (t, store, eventId, other) => {
    const snapshot: LineSnapshot = {
      epoch: 4,
      joined: 20,
      serving: 10,
      admitted: 12,
      firstUse: false,
      passes: [
        { number: 3, remainingMs: 2_500 },
        { number: 7, remainingMs: LONG_MS },
      ],
    };
    await Promise.all([
      store.restore(eventId, snapshot),
      other.restore(eventId, { ...snapshot, epoch: 5, joined: 21, serving: 9 }),
    ]);
    const slow = { ratePerMinute: 1, insideMax: 100 };
    const first = await step(store, eventId, slow);
    t.like(first, { joined: 21, serving: 10, admitted: 12, inside: 2, called: 0 });
    t.is(first.epoch, 5, 'of the newest loader, whoever came first');
    t.like(await redeem(store, eventId, 3, LONG_MS, slow), { kind: 'admitted', again: true, epoch: 5 });
    t.like(await redeem(store, eventId, 7, LONG_MS, slow), { kind: 'admitted', again: true });
    t.deepEqual(await store.nextNumber(eventId), { number: 22 });
    await store.restore(eventId, { ...snapshot, joined: 5, serving: 2, admitted: 1, passes: [] });
    t.like(await step(store, eventId, slow), { joined: 22, serving: 10, admitted: 12, inside: 2 });
    await eventually(async () => assert.equal((await step(store, eventId, slow)).inside, 1));
    await store.leave(eventId, 7);
    t.like(await step(store, eventId, slow), { inside: 0 });
  });

  rule(
    'a line starts with a full burst once, and never again after a loss',
    async (t, store, eventId, other) => {
      const calm = { ratePerMinute: 120 };
      await store.restore(eventId, { ...emptyLine, joined: 50 });
      t.is((await step(store, eventId, calm)).serving, burstOf(120));
      const restored = systemIds.next();
      await other.restore(restored, { ...emptyLine, epoch: 2, joined: 50, firstUse: false });
      t.is((await step(other, restored, calm)).serving, 0);
    },
  );

  rule('a rate of nothing calls nobody, whatever credit was saved up before', async (t, store, eventId) => {
    await store.restore(eventId, emptyLine);
    await step(store, eventId, { ratePerMinute: 6_000 });
    await step(store, eventId, { ratePerMinute: 0, version: 2 });
    await join(store, eventId, 1);
    t.is((await step(store, eventId, { ratePerMinute: 0, version: 2 })).serving, 0);
  });

  rule('lines of different events know nothing of each other', async (t, store, eventId) => {
    const other = systemIds.next();
    await store.restore(eventId, emptyLine);
    await store.restore(other, emptyLine);
    await join(store, eventId, 3);
    t.deepEqual(await store.nextNumber(other), { number: 1 });
    t.like(await step(store, other), { joined: 1, serving: 1 });
    t.like(await step(store, eventId, { insideMax: 0, version: 1 }), { joined: 3, serving: 0 });
  });
};
