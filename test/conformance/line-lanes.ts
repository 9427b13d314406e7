import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import type { AdmissionKnobs } from '../../src/domain/event.ts';
import {
  BYPASS_LANE,
  laneOf,
  numberIn,
  positionOf,
  shareOut,
  type LaneQueue,
} from '../../src/domain/lanes.ts';
import type { LineSnapshot, LineStore, Lost, StepInput, StepResult } from '../../src/domain/ports/line.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { eventually } from '../support/eventually.ts';
import type { OpenStores } from './line-store.ts';

const SHARES = [65, 30, 5] as const;
const LONG_MS = 60_000;

/** So fast that only what a test limits by `roomLeft` is limited. */
const knobs = (change: Partial<AdmissionKnobs> = {}): AdmissionKnobs => ({
  ratePerMinute: 6_000_000,
  insideMax: 1_000_000,
  paused: false,
  shares: SHARES,
  version: 1,
  ...change,
});

const emptyLine: LineSnapshot = { epoch: 1, joined: 0, serving: 0, admitted: 0, firstUse: true, passes: [] };

const known = <T extends object>(answer: T | Lost): T => {
  if ('lost' in answer) throw new Error('the line is lost');
  return answer;
};

const lanesIn = (result: StepResult): readonly (readonly [number, number])[] =>
  (result.lanes ?? []).map(({ joined, serving }) => [joined, serving]);

/** What every store of lines must do for a line with lanes. */
export const lineLanesSuite = (name: string, open: OpenStores): void => {
  const rule = (
    title: string,
    body: (t: ExecutionContext, store: LineStore, eventId: string, other: LineStore) => Promise<void>,
  ): void =>
    test.serial(`${name}: ${title}`, async (t) => {
      const stores = await open(t);
      if (stores !== null) await body(t, stores[0], systemIds.next(), stores[1]);
    });

  const step = async (
    store: LineStore,
    eventId: string,
    change: Partial<AdmissionKnobs> = {},
    rest: Partial<StepInput> = {},
  ): Promise<StepResult> =>
    known(await store.step(eventId, { knobs: knobs(change), open: true, roomLeft: null, ...rest }));

  const shut = { open: false } as const;

  rule('each lane has numbers of its own, which say their lane', async (t, store, eventId, other) => {
    await store.restore(eventId, emptyLine);
    await step(store, eventId, {}, { ...shut, joinedAtLeast: [4, 0, 2] });
    const given = await Promise.all(
      [0, 1, 2, 2, 1].map((lane, index) => (index % 2 === 0 ? store : other).nextNumber(eventId, 0, lane)),
    );
    const numbers = given.map((answer) => known(answer).number).toSorted((a, b) => a - b);
    t.deepEqual(numbers, [5, numberIn(1, 1), numberIn(1, 2), numberIn(2, 3), numberIn(2, 4)]);
    t.deepEqual(
      numbers.map((number) => [laneOf(number), positionOf(number)]),
      [
        [0, 5],
        [1, 1],
        [1, 2],
        [2, 3],
        [2, 4],
      ],
    );
    t.deepEqual(await other.nextNumber(eventId, 50, 1), { number: numberIn(1, 51) });
    const now = await step(other, eventId, {}, shut);
    t.like(now, { joined: 60, serving: 0 });
    t.deepEqual(lanesIn(now), [
      [5, 0],
      [51, 0],
      [4, 0],
    ]);
  });

  rule(
    'calls are shared by the rule, whoever steps and however many fall to a step',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      const waiting = [400, 90, 60];
      await step(store, eventId, {}, { ...shut, joinedAtLeast: waiting });
      const queues = waiting.map((count, lane): LaneQueue => ({
        waiting: count,
        share: SHARES[lane] ?? 0,
        lead: 0,
        called: 0,
      }));
      let [called, serving] = [0, 0];
      for (const [index, count] of [1, 2, 3, 7, 100, 1, 230, 5, 20, 120, 61].entries()) {
        const result = await step(index % 2 === 0 ? store : other, eventId, {}, { roomLeft: called + count });
        const fell = result.serving - serving;
        // More on a busy machine, where those called before lost their slots meanwhile.
        t.true(fell >= Math.min(count, 550 - serving), `step ${index}`);
        shareOut(queues, fell);
        ({ called, serving } = result);
        t.deepEqual(
          lanesIn(result),
          queues.map((queue, lane) => [waiting[lane] ?? 0, queue.called]),
          `after step ${index}`,
        );
      }
      t.is(serving, 550);
      t.is((await step(store, eventId)).binding, 'nobody_waiting');
    },
  );

  rule(
    'a called place of any lane comes in, an uncalled one does not, and its slot lapses with its lane’s call',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      await step(store, eventId, {}, { ...shut, joinedAtLeast: [10, 10, 10] });
      const called = await step(store, eventId, {}, { roomLeft: 20 });
      t.is(called.called, 20);
      for (const [lane, [, serving]] of lanesIn(called).entries()) {
        t.true(serving > 0 && serving < 10 + (lane === 0 ? 1 : 0), `lane ${lane}: ${serving}`);
        const turn = numberIn(lane, serving);
        t.like(known(await other.redeem(eventId, turn, LONG_MS, knobs())), {
          kind: 'admitted',
          again: false,
        });
        t.like(known(await store.redeem(eventId, turn, LONG_MS, knobs())), { kind: 'admitted', again: true });
        if (lane > 0) {
          t.like(known(await store.redeem(eventId, turn + 1, LONG_MS, knobs())), { kind: 'not_called' });
        }
      }
      t.like(await step(store, eventId, {}, { roomLeft: 0 }), { called: 17, inside: 3 });
      await eventually(async () => {
        assert.equal((await step(store, eventId, {}, { roomLeft: 0 })).called, 0);
      }, 5_000);
    },
  );

  rule(
    'changed shares are obeyed from their version on, by step and by redeem',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      await step(store, eventId, {}, { ...shut, joinedAtLeast: [1_000, 1_000, 1_000] });
      const first = await step(store, eventId, {}, { roomLeft: 100 });
      t.deepEqual(
        lanesIn(first).map(([, serving]) => serving),
        [65, 30, 5],
      );
      known(await other.redeem(eventId, 1, LONG_MS, knobs({ shares: [10, 10, 80], version: 2 })));
      const second = await step(store, eventId, {}, { roomLeft: 199 });
      t.deepEqual(
        lanesIn(second).map(([, serving]) => serving),
        [75, 40, 85],
      );
      const third = await step(other, eventId, { shares: [1, 98, 1], version: 3 }, { roomLeft: 299 });
      t.deepEqual(
        lanesIn(third).map(([, serving]) => serving),
        [76, 138, 86],
      );
    },
  );

  rule('a line that gets lanes while it runs goes on where it is', async (t, store, eventId, other) => {
    await store.restore(eventId, emptyLine);
    const alone = { shares: undefined };
    for (let count = 0; count < 10; count += 1) await store.nextNumber(eventId);
    const before = await step(store, eventId, alone, { roomLeft: 4 });
    t.like(before, { joined: 10, serving: 4 });
    t.is(before.lanes, undefined);
    t.deepEqual(await store.nextNumber(eventId), { number: 11 });
    await step(other, eventId, { shares: [50, 50], version: 2 }, shut);
    t.deepEqual(await other.nextNumber(eventId, 0, 1), { number: numberIn(1, 1) });
    const after = await step(store, eventId, alone, { roomLeft: 6 });
    t.deepEqual(lanesIn(after), [
      [11, 5],
      [1, 1],
    ]);
    t.like(after, { joined: 12, serving: 6 });
  });

  rule(
    'a restored line keeps every lane, and a second restoring only raises',
    async (t, store, eventId, other) => {
      const lanes = [
        { joined: 40, serving: 10 },
        { joined: 7, serving: 7 },
        { joined: 3, serving: 0 },
      ];
      const inside = numberIn(1, 7);
      await store.restore(eventId, {
        epoch: 3,
        joined: 50,
        serving: 17,
        lanes,
        admitted: 17,
        firstUse: false,
        passes: [{ number: inside, remainingMs: LONG_MS }],
      });
      const restored = await step(other, eventId, {}, shut);
      t.like(restored, { epoch: 3, joined: 50, serving: 17, inside: 1 });
      t.deepEqual(lanesIn(restored), [
        [40, 10],
        [7, 7],
        [3, 0],
      ]);
      await other.restore(eventId, {
        ...emptyLine,
        joined: 20,
        serving: 14,
        lanes: [
          { joined: 12, serving: 12 },
          { joined: 5, serving: 0 },
          { joined: 3, serving: 2 },
        ],
      });
      t.deepEqual(lanesIn(await step(store, eventId, {}, shut)), [
        [40, 12],
        [7, 7],
        [3, 2],
      ]);
      t.like(known(await store.redeem(eventId, inside, LONG_MS, knobs())), { kind: 'admitted', again: true });
      await store.leave(eventId, inside);
      t.like(await step(store, eventId, {}, shut), { inside: 0 });
    },
  );

  rule(
    'a bypass is called from the first moment on, takes the next slot, and costs what a call costs',
    async (t, store, eventId, other) => {
      await store.restore(eventId, emptyLine);
      const small = { ratePerMinute: 60, insideMax: 2 };
      await step(store, eventId, small, { ...shut, joinedAtLeast: [5, 5, 5] });
      const bypass = numberIn(BYPASS_LANE, 77);
      t.like(
        known(await other.redeem(eventId, bypass, LONG_MS, knobs({ ...small, paused: true, version: 2 }))),
        {
          kind: 'paused',
        },
      );
      t.like(known(await other.redeem(eventId, bypass, LONG_MS, knobs({ ...small, version: 3 }))), {
        kind: 'admitted',
      });
      const after = await step(store, eventId, { ...small, version: 3 });
      t.like(after, { serving: 0, admitted: 1, inside: 1 });
      // No credit is left: it waits for the next slot, which is kept for it while others wait.
      const second = numberIn(BYPASS_LANE, 78);
      t.like(known(await store.redeem(eventId, second, LONG_MS, knobs({ ...small, version: 3 }))), {
        kind: 'not_called',
      });
      await eventually(async () => {
        await step(other, eventId, { ...small, version: 3 });
        const answer = known(await store.redeem(eventId, second, LONG_MS, knobs({ ...small, version: 3 })));
        assert.equal(answer.kind, 'admitted');
      }, 5_000);
      t.like(await step(store, eventId, { ...small, version: 3 }), { serving: 0, admitted: 2, inside: 2 });
    },
  );
};
