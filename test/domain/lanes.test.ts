import test from 'ava';
import fc from 'fast-check';
import {
  aheadInLine,
  changedLanes,
  laneOf,
  shareOut,
  type LaneDefinition,
  type LaneQueue,
} from '../../src/domain/lanes.ts';
import { restoreLine, type Line } from '../../src/domain/line-state.ts';
import { burstOf, nextInLane, redeemPlace, stepLine } from '../../src/domain/line.ts';
import { isRefusal } from '../../src/domain/refusal.ts';

const START_MS = 1_700_000_000_123;
const CALL_TTL_MS = 3_000;
const PASS_TTL_MS = 8_000;

/** Shares that add up to a hundred, of two to six lanes. */
const shares = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 }).map((weights) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const others = weights.slice(1).map((weight) => Math.max(1, Math.floor((weight * 100) / total)));
  return [100 - others.reduce((sum, share) => sum + share, 0), ...others];
});

const queuesOf = (all: readonly number[], waiting = 0): LaneQueue[] =>
  all.map((share) => ({ waiting, share, lead: 0, called: 0 }));

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('every call falls to somebody who waits, and to as many as wait at most', (t) => {
  fc.assert(
    fc.property(
      shares,
      fc.array(fc.nat({ max: 300 }), { minLength: 6, maxLength: 6 }),
      fc.nat({ max: 2_000 }),
      (all, waiting, count) => {
        const queues = queuesOf(all).map((queue, lane) => ({ ...queue, waiting: waiting[lane] ?? 0 }));
        const before = queues.map((queue) => queue.waiting);
        shareOut(queues, count);
        t.deepEqual(
          queues.map((queue) => queue.called + queue.waiting),
          before,
        );
        t.true(queues.every((queue) => queue.waiting >= 0));
        t.is(sum(queues.map((queue) => queue.called)), Math.min(count, sum(before)));
      },
    ),
  );
});

const moment = fc.record({
  calls: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 50, max: 150 })),
  arrivals: fc.array(fc.nat({ max: 60 }), { minLength: 6, maxLength: 6 }),
});

/** The furthest that a running sum falls, and rises, between any two moments. */
const swing = (gaps: readonly number[]): { readonly fall: number; readonly rise: number } => {
  let [low, high, fall, rise] = [0, 0, 0, 0];
  for (const gap of gaps) {
    [low, high] = [Math.min(low, gap), Math.max(high, gap)];
    [fall, rise] = [Math.max(fall, high - gap), Math.max(rise, gap - low)];
  }
  return { fall, rise };
};

test('in any window a lane in which people wait gets its share at least, to two calls, whatever comes and goes in the others', (t) => {
  fc.assert(
    fc.property(shares, fc.array(moment, { minLength: 10, maxLength: 30 }), (all, moments) => {
      const queues = queuesOf(all);
      const gaps: number[] = [];
      for (const { calls, arrivals } of moments) {
        for (const [lane, queue] of queues.entries()) {
          queue.waiting = lane === 0 ? 1_000_000 : queue.waiting + (arrivals[lane] ?? 0);
        }
        for (let left = calls; left > 0; left -= 1) {
          const before = queues[0]?.called ?? 0;
          shareOut(queues, 1);
          gaps.push((gaps.at(-1) ?? 0) + (queues[0]?.called ?? 0) - before - (all[0] ?? 0) / 100);
        }
      }
      const { fall } = swing(gaps);
      t.true(fall <= 2, `the first lane fell ${fall} calls behind its share of ${String(all)}`);
    }),
    { numRuns: 40 },
  );
});

test('while people wait in all lanes each gets its share in any window, to two calls, after any history', (t) => {
  const batches = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 5, maxLength: 30 });
  fc.assert(
    fc.property(shares, fc.array(moment, { maxLength: 10 }), batches, (all, moments, counts) => {
      const queues = queuesOf(all);
      for (const { calls, arrivals } of moments) {
        for (const [lane, queue] of queues.entries()) queue.waiting += arrivals[lane] ?? 0;
        shareOut(queues, calls);
      }
      for (const queue of queues) queue.waiting = 1_000_000;
      const start = queues.map((queue) => queue.called);
      const gaps = queues.map((): number[] => []);
      let calls = 0;
      for (const count of counts) {
        shareOut(queues, count);
        calls += count;
        for (const [lane, queue] of queues.entries()) {
          gaps[lane]?.push(queue.called - (start[lane] ?? 0) - (calls * queue.share) / 100);
        }
      }
      for (const [lane, gap] of gaps.entries()) {
        const { fall, rise } = swing(gap);
        t.true(Math.max(fall, rise) <= 2, `lane ${lane} of ${String(all)}: ${fall} behind, ${rise} ahead`);
      }
    }),
    { numRuns: 80 },
  );
});

test('nobody who waits starves: a lane of one percent is called within a hundred calls, whatever the others do', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1 }), { minLength: 400, maxLength: 400 }), (others) => {
      const queues = queuesOf([60, 39, 1], 0);
      for (const come of others) {
        for (const [lane, queue] of queues.entries()) if (lane < 2) queue.waiting += come * 3;
        const last = queues[2];
        if (last === undefined) return;
        last.waiting = Math.max(last.waiting, 1);
        shareOut(queues, 1);
      }
      t.true((queues[2]?.called ?? 0) >= 3, `called ${queues[2]?.called} times in 400`);
    }),
    { numRuns: 40 },
  );
});

const lineOf = (): Line =>
  restoreLine({ epoch: 1, joined: 0, serving: 0, admitted: 0, firstUse: true, passes: [] }, START_MS);

test('in every window a line with lanes lets in no more than the rate times the window plus the burst, first come first served in each lane', (t) => {
  const act = fc.record({
    waitMs: fc.nat({ max: 1_500 }),
    joins: fc.array(fc.nat({ max: 2 }), { maxLength: 12 }),
    comes: fc.boolean(),
    turn: fc.option(fc.constantFrom([50, 30, 20], [1, 1, 98], [98, 1, 1]), { freq: 8 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(60, 600, 6_000),
      fc.array(act, { minLength: 20, maxLength: 120 }),
      (ratePerMinute, acts) => {
        const line = lineOf();
        let nowMs = START_MS;
        let knobs = {
          ratePerMinute,
          insideMax: 1_000_000,
          paused: false,
          shares: [50, 30, 20] as readonly number[],
          version: 1,
        };
        const calls: { atMs: number; count: number }[] = [];
        const calledTo = [0, 0, 0];
        for (const { waitMs, joins, comes, turn } of acts) {
          nowMs += waitMs;
          for (const lane of joins) t.is(laneOf(nextInLane(line, lane, 0)), lane);
          if (turn !== null) knobs = { ...knobs, shares: turn, version: knobs.version + 1 };
          const before = line.admitted;
          const result = stepLine(line, { knobs, open: true, roomLeft: null }, CALL_TTL_MS, nowMs);
          calls.push({ atMs: nowMs, count: line.admitted - before });
          for (const [lane, { joined, serving }] of (result.lanes ?? []).entries()) {
            t.true(serving <= joined && serving >= (calledTo[lane] ?? 0));
            if (comes && serving > (calledTo[lane] ?? 0)) {
              const outcome = redeemPlace(
                line,
                lane * 1_000_000_000_000 + serving,
                PASS_TTL_MS,
                knobs,
                nowMs,
              );
              t.is(outcome.kind, 'admitted');
            }
            calledTo[lane] = serving;
          }
          t.is(result.serving, sum(calledTo));
        }
        for (const [index, from] of calls.entries()) {
          let count = 0;
          for (const to of calls.slice(index)) {
            count += to.count;
            t.true(count <= (ratePerMinute * (to.atMs - from.atMs)) / 60_000 + burstOf(ratePerMinute));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

const defined = (
  id: string,
  sharePercent: number,
  access: LaneDefinition['access'] = 'open',
): LaneDefinition => ({
  id,
  name: id,
  sharePercent,
  access,
});

test('how many of the whole line are called before a place is what the rule does, to a call for each lane', (t) => {
  fc.assert(
    fc.property(
      shares,
      fc.array(fc.nat({ max: 400 }), { minLength: 6, maxLength: 6 }),
      fc.nat(),
      (all, waiting, pick) => {
        const lanes = all.map((share, lane) => ({
          ...defined(`lane-${lane}`, share),
          joined: waiting[lane] ?? 0,
          serving: 0,
        }));
        const lane = pick % all.length;
        const mine = lanes[lane]?.joined ?? 0;
        if (mine === 0) return;
        const ahead = pick % mine;
        const queues = queuesOf(all).map((queue, index) => ({ ...queue, waiting: waiting[index] ?? 0 }));
        let calls = 0;
        while ((queues[lane]?.called ?? 0) <= ahead) {
          shareOut(queues, 1);
          calls += 1;
        }
        t.true(
          Math.abs(calls - 1 - aheadInLine(lanes, lane, ahead)) <= 100 / (all[lane] ?? 1) + 2 * all.length,
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('lanes are added at the end; none goes, is renamed or moved, and a line without lanes becomes its first', (t) => {
  const present = [defined('general', 70), defined('club', 30, 'code')];
  t.deepEqual(changedLanes(present, [defined('general', 10), defined('club', 90)]), [
    defined('general', 10),
    defined('club', 90),
  ]);
  t.false(isRefusal(changedLanes(present, [...present, defined('late', 5)])));
  t.like(changedLanes(present, [defined('club', 30), defined('general', 70)]), { code: 'lanes_fixed' });
  t.like(changedLanes(present, [defined('general', 100)]), { code: 'lanes_fixed' });
  t.false(isRefusal(changedLanes(undefined, present)));
  t.like(changedLanes(undefined, [defined('club', 100, 'code')]), { code: 'lanes_fixed' });
});
