import test from 'ava';
import fc from 'fast-check';
import { PRIORITIES, type Priority } from '../../src/domain/concurrency-limit.ts';
import { WaitingRequests } from '../../src/domain/waiting-requests.ts';

const OPTIONS = { refusalsPerSecond: 1_000, burst: 10, patienceMs: 2_000, most: 100 };
const everybody = (): boolean => true;

/** Nobody is refused at once any more at this moment. */
const withoutRefusals = (options = OPTIONS): WaitingRequests<string> => {
  const waiting = new WaitingRequests<string>(options);
  for (let count = 0; count < options.burst; count += 1) waiting.arrive('poll', 'refused', 0);
  return waiting;
};

test('as long as saying no is cheap for the node, nobody waits for a no', (t) => {
  const waiting = new WaitingRequests<number>(OPTIONS);
  for (let one = 0; one < OPTIONS.burst; one += 1) t.is(waiting.arrive('join', one, 0), null);
  t.not(waiting.arrive('join', 11, 0), null);
  t.is(waiting.size, 1);
  // Five milliseconds later five more refusals may be given.
  const answers = Array.from({ length: 6 }, (_, one) => waiting.arrive('join', one, 5));
  t.deepEqual(
    answers.map((left) => left === null),
    [true, true, true, true, true, false],
  );
});

test('a free place goes to the dearest who waits, and of these to whoever has waited longest', (t) => {
  const waiting = withoutRefusals();
  for (const [priority, one] of [
    ['poll', 'poll 1'],
    ['join', 'join 1'],
    ['join', 'join 2'],
    ['pay', 'pay 1'],
  ] as const)
    waiting.arrive(priority, one, 0);
  t.is(
    waiting.next((priority) => priority === 'vital'),
    undefined,
    'no place for any of them',
  );
  t.deepEqual(
    Array.from({ length: 5 }, () => waiting.next(everybody)),
    ['pay 1', 'join 1', 'join 2', 'poll 1', undefined],
  );
  t.is(waiting.size, 0);
});

test('who left is not let in, and makes room for another', (t) => {
  const waiting = withoutRefusals({ ...OPTIONS, most: 2 });
  const left = waiting.arrive('join', 'gone', 0);
  waiting.arrive('join', 'stays', 0);
  t.is(waiting.arrive('join', 'too many', 0), null);
  left?.();
  left?.();
  t.is(waiting.size, 1);
  t.not(waiting.arrive('join', 'late', 0), null);
  t.is(waiting.next(everybody), 'stays');
  t.is(waiting.next(everybody), 'late');
});

test('nobody waits longer than the patience, and a node that stops refuses all', (t) => {
  const waiting = withoutRefusals();
  waiting.arrive('join', 'first', 0);
  waiting.arrive('poll', 'second', 0);
  waiting.arrive('join', 'third', 0.5);
  t.deepEqual(waiting.overdue(1_999), []);
  t.deepEqual(waiting.overdue(2_000), ['first', 'second']);
  t.deepEqual(waiting.overdue(Number.POSITIVE_INFINITY), ['third']);
  t.is(waiting.size, 0);
});

test('each request has one end: refused at once, let in, refused later or gone; and what waits is bounded', (t) => {
  type Step =
    | { readonly does: 'arrive'; readonly priority: Priority }
    | { readonly does: 'leave'; readonly which: number }
    | { readonly does: 'next'; readonly least: number }
    | { readonly does: 'pass'; readonly ms: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant('arrive' as const),
        priority: fc.constantFrom(...PRIORITIES),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('leave' as const), which: fc.nat(200) }) },
    {
      weight: 2,
      arbitrary: fc.record({ does: fc.constant('next' as const), least: fc.nat(PRIORITIES.length - 1) }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('pass' as const), ms: fc.nat(900) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const waiting = new WaitingRequests<number>({ ...OPTIONS, burst: 3, refusalsPerSecond: 2, most: 20 });
      const since = new Map<number, number>();
      const priorityOf = new Map<number, Priority>();
      const leaving = new Map<number, () => void>();
      let [nowMs, count, refusals] = [0, 0, 0];
      const end = (one: number): void => {
        if (!since.delete(one)) throw new Error(`${one} had two ends, or never waited`);
      };
      for (const one of steps) {
        if (one.does === 'arrive') {
          count += 1;
          const left = waiting.arrive(one.priority, count, nowMs);
          if (left === null) {
            if (since.size < 20) refusals += 1;
          } else {
            since.set(count, nowMs);
            priorityOf.set(count, one.priority);
            leaving.set(count, left);
          }
        } else if (one.does === 'leave') {
          // Also of those whose end has come: a connection closes after its answer as well.
          leaving.get(one.which)?.();
          since.delete(one.which);
        } else if (one.does === 'next') {
          const entered = waiting.next((priority) => PRIORITIES.indexOf(priority) <= one.least);
          if (entered !== undefined) {
            if (PRIORITIES.indexOf(priorityOf.get(entered) ?? 'poll') > one.least)
              throw new Error('let in without a place');
            end(entered);
          }
        } else {
          nowMs += one.ms;
          for (const overdue of waiting.overdue(nowMs)) end(overdue);
          for (const cameMs of since.values()) if (nowMs - cameMs >= 2_000) throw new Error('waits too long');
        }
        if (waiting.size !== since.size || waiting.size > 20) throw new Error(`${waiting.size} wait`);
        if (refusals > 3 + (nowMs * 2) / 1_000) throw new Error('more refusals than may be given');
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});
