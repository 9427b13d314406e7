import test from 'ava';
import fc from 'fast-check';
import {
  BUDGETS_MS,
  firstLoop,
  lookAtSale,
  LOOK_MS,
  slowdownOfCrowd,
  slowdownOfLoop,
  slowdownOfStock,
  type LoopInput,
  type LoopState,
  type Vitals,
} from '../../src/domain/closed-loop.ts';
import { because, LIMIT_TEXTS } from '../../src/domain/binding-limit.ts';

const well: Vitals = {
  holdMs: 20,
  checkoutMs: 100,
  poolWaitMs: 1,
  messageLagMs: 50,
  loopLagMs: 2,
  brokerUp: true,
  databaseUp: true,
};
const CEILING = 6_000;

/** A loop and the seconds that pass over it. */
class Run {
  state: LoopState;
  nowMs = 1_000_000;

  constructor(ceiling = CEILING) {
    this.state = firstLoop(ceiling);
  }

  seconds(count: number, change: Partial<Vitals> = {}, rest: Partial<LoopInput> = {}): number[] {
    return Array.from({ length: count }, () => {
      this.nowMs += LOOK_MS;
      this.state = lookAtSale(this.state, {
        ceilingPerMinute: CEILING,
        calling: true,
        vitals: { ...well, ...change },
        nowMs: this.nowMs,
        ...rest,
      });
      return this.state.ratePerMinute;
    });
  }
}

test('a sale that is well is left alone', (t) => {
  const run = new Run();
  t.deepEqual(new Set(run.seconds(60)), new Set([CEILING]));
  t.is(slowdownOfLoop(run.state, CEILING), null);
});

test('an opening begins slowly, doubles each second, and reaches the operator’s number', (t) => {
  const run = new Run();
  run.seconds(3, {}, { calling: false });
  t.deepEqual(run.seconds(6), [600, 1_200, 2_400, 4_800, 6_000, 6_000]);
  const small = new Run(500);
  small.seconds(1, {}, { calling: false, ceilingPerMinute: 500 });
  t.deepEqual(small.seconds(1, {}, { ceilingPerMinute: 500 }), [500]);
});

for (const [signal, reason] of [
  ['holdMs', 'holds_slow'],
  ['checkoutMs', 'payments_slow'],
  ['poolWaitMs', 'database_busy'],
  ['messageLagMs', 'messages_slow'],
  ['loopLagMs', 'server_busy'],
] as const) {
  test(`${signal} over its budget lowers the rate step by step, and says ${reason} with both figures`, (t) => {
    const run = new Run();
    const slow = BUDGETS_MS[signal] * 1.5;
    // A step each two seconds: the one before must have had time to show.
    t.deepEqual(run.seconds(4, { [signal]: slow }), [4_200, 4_200, 2_940, 2_940]);
    t.deepEqual(slowdownOfLoop(run.state, CEILING), {
      ratePerMinute: 2_940,
      reason,
      parameters: { measuredMs: slow, allowedMs: BUDGETS_MS[signal] },
    });
  });
}

test('slow is not stopped: the rate never falls below a twentieth by slowness alone', (t) => {
  const run = new Run();
  t.is(run.seconds(120, { holdMs: BUDGETS_MS.holdMs * 4 }).at(-1), CEILING / 20);
});

test('after slowness it goes up by a twentieth a second, and says so until it is back', (t) => {
  const run = new Run();
  run.seconds(4, { holdMs: 1_000 });
  t.deepEqual(run.seconds(3), [3_240, 3_540, 3_840]);
  t.is(run.state.why?.reason, 'recovering');
  t.is(run.seconds(20).at(-1), CEILING);
  t.is(run.state.why, null);
});

test('between good and too slow the rate stays as it is', (t) => {
  const run = new Run();
  run.seconds(2, { holdMs: 1_000 });
  t.deepEqual(run.seconds(5, { holdMs: BUDGETS_MS.holdMs * 0.9 }), Array(5).fill(4_200));
});

test('five times the budget, twice in a row, stops the line; it starts slowly once that is over', (t) => {
  const run = new Run();
  const choked = { holdMs: BUDGETS_MS.holdMs * 6 };
  t.deepEqual(run.seconds(2, choked), [4_200, 0]);
  t.is(run.state.mode, 'stopped');
  t.is(slowdownOfLoop(run.state, CEILING)?.reason, 'holds_slow');
  // Still too slow: it stays stopped. Nothing measured, because nobody is inside any more: it tries.
  t.deepEqual(run.seconds(3, { holdMs: 500 }), [0, 0, 0]);
  t.deepEqual(run.seconds(4, { holdMs: null }), [300, 600, 1_200, 2_400]);
  t.is(run.seconds(60).at(-1), CEILING);
});

test('one stall is not two: a single very bad look does not stop the line', (t) => {
  const run = new Run();
  t.deepEqual(run.seconds(1, { loopLagMs: 5_000 }), [4_200]);
  t.deepEqual(run.seconds(1), [4_500]);
});

test('without Postgres nobody is let in, at once', (t) => {
  const run = new Run();
  t.deepEqual(run.seconds(1, { databaseUp: false }), [0]);
  t.is(slowdownOfLoop(run.state, CEILING)?.reason, 'degraded');
});

test('while the broker is away half of the ceiling is the ceiling', (t) => {
  const run = new Run();
  t.is(run.seconds(5, { brokerUp: false }).at(-1), CEILING / 2);
  t.is(slowdownOfLoop(run.state, CEILING)?.reason, 'messages_blocked');
  t.is(run.seconds(30).at(-1), CEILING);
});

test('a turned ceiling holds at once, lowered or raised, between two looks as well', (t) => {
  const run = new Run();
  run.seconds(1);
  const input = { ceilingPerMinute: 100, calling: true, vitals: well, nowMs: run.nowMs + 1 };
  run.state = lookAtSale(run.state, input);
  t.is(run.state.ratePerMinute, 100);
  run.state = lookAtSale(run.state, { ...input, ceilingPerMinute: CEILING });
  t.is(run.state.ratePerMinute, CEILING);
  t.is(slowdownOfLoop(run.state, CEILING), null);
});

test('a clock set back by an hour does not blind the loop', (t) => {
  const run = new Run();
  run.seconds(2);
  run.nowMs -= 3_600_000;
  t.deepEqual(run.seconds(1, { holdMs: 1_000 }), [4_200]);
});

const vitalsOf = fc.record<Vitals>({
  holdMs: fc.option(fc.nat(5_000)),
  checkoutMs: fc.option(fc.nat(20_000)),
  poolWaitMs: fc.option(fc.nat(2_000)),
  messageLagMs: fc.option(fc.nat(60_000)),
  loopLagMs: fc.option(fc.nat(1_000)),
  brokerUp: fc.boolean(),
  databaseUp: fc.boolean(),
});

test('whatever happens to the sale and to the operator’s number, the rate is never above it', (t) => {
  const moment = fc.record({
    ceilingPerMinute: fc.oneof(fc.nat(100), fc.nat(10_000_000)),
    vitals: vitalsOf,
    calling: fc.boolean(),
    passedMs: fc.integer({ min: -5_000, max: 5_000 }),
  });
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 60 }), ([first, ...rest]) => {
      if (first === undefined) return;
      let state = firstLoop(first.ceilingPerMinute);
      let nowMs = 0;
      for (const { passedMs, ...input } of [first, ...rest]) {
        nowMs += passedMs;
        state = lookAtSale(state, { ...input, nowMs });
        const { ceilingPerMinute } = input;
        const slowdown = slowdownOfLoop(state, ceilingPerMinute);
        const ratePerMinute = slowdown?.ratePerMinute ?? ceilingPerMinute;
        if (!(ratePerMinute >= 0 && ratePerMinute <= ceilingPerMinute && Number.isInteger(ratePerMinute)))
          throw new Error(`${ratePerMinute} of ${ceilingPerMinute}`);
        // What it thinks is what it asks for: nothing slow goes unsaid.
        if (Math.floor(state.ratePerMinute) !== ratePerMinute) throw new Error(JSON.stringify(state));
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('whatever happened before, a sale that is well again has the operator’s number within a minute', (t) => {
  fc.assert(
    fc.property(
      fc.array(vitalsOf, { maxLength: 40 }),
      fc.integer({ min: 1, max: 10_000_000 }),
      (past, most) => {
        const run = new Run(most);
        for (const vitals of past) run.seconds(1, vitals, { ceilingPerMinute: most });
        if (run.seconds(60, {}, { ceilingPerMinute: most }).at(-1) !== most) throw new Error('not back');
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

test('with more people inside than seats left others come in slowly, and hardly at all with three a seat', (t) => {
  const rate = (inside: number, seatsLeft: number | null): number | null =>
    slowdownOfStock({ ceilingPerMinute: 1_000, inside, seatsLeft })?.ratePerMinute ?? null;
  t.deepEqual(
    [rate(100, 100), rate(150, 100), rate(200, 100), rate(300, 100), rate(9_000, 100)],
    [null, 750, 500, 50, 50],
  );
  // Nothing known, or nothing left: that is for the line itself to say.
  t.deepEqual([rate(100, null), rate(100, 0)], [null, null]);
  t.like(slowdownOfStock({ ceilingPerMinute: 1_000, inside: 30, seatsLeft: 20 }), {
    reason: 'seats_scarce',
    parameters: { inside: 30, seatsLeft: 20 },
  });
});

test('a full house lets in as many as leave, by Little’s law, with room to grow', (t) => {
  const crowd = { ceilingPerMinute: 1_000, insideMax: 100 };
  // 100 inside, 80 a minute leave: they stay a minute and a quarter.
  t.deepEqual(slowdownOfCrowd({ ...crowd, inside: 100, leavingPerMinute: 80 }), {
    ratePerMinute: 100,
    reason: 'inside',
    parameters: { inside: 100, insideMax: 100, staySeconds: 75 },
  });
  t.is(slowdownOfCrowd({ ...crowd, inside: 80, leavingPerMinute: 40 }), null);
  t.is(slowdownOfCrowd({ ...crowd, inside: 100, leavingPerMinute: null }), null);
  t.is(slowdownOfCrowd({ ...crowd, inside: 100, leavingPerMinute: 0 }), null);
  t.is(slowdownOfCrowd({ ...crowd, inside: 100, leavingPerMinute: 5_000 }), null);
});

test('every limit has a sentence of its own for fans, without words of ours in it', (t) => {
  const texts = Object.values(LIMIT_TEXTS);
  t.is(new Set(texts).size, texts.length);
  for (const text of texts) {
    t.regex(text, /^[A-Z].*\.$/);
    t.notRegex(text, /Postgres|Redis|RabbitMQ|latency|queue|backlog|node|null/i);
  }
  t.deepEqual(because('holds_slow', { measuredMs: 900 }), {
    code: 'holds_slow',
    parameters: { measuredMs: 900 },
    text: LIMIT_TEXTS.holds_slow,
  });
});
