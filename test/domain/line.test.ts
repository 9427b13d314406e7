import test from 'ava';
import fc from 'fast-check';
import type { AdmissionKnobs } from '../../src/domain/event.ts';
import { BUCKET_MS, restoreLine, type Line } from '../../src/domain/line-state.ts';
import {
  burstOf,
  forgetEnded,
  leaveLine,
  redeemPlace,
  SLOW_MS,
  stepLine,
  WANT_MS,
} from '../../src/domain/line.ts';

const CALL_TTL_MS = 3_000;
const PASS_TTL_MS = 8_000;
const START_MS = 1_700_000_000_123;

type Act =
  | { readonly type: 'join'; readonly count: number }
  | { readonly type: 'wait'; readonly ms: number }
  | {
      readonly type: 'step';
      readonly roomLeft: number | null;
      readonly open: boolean;
      readonly slowTo: number | null;
    }
  | { readonly type: 'redeem'; readonly place: number }
  | { readonly type: 'leave'; readonly place: number }
  | {
      readonly type: 'turn';
      readonly ratePerMinute: number;
      readonly insideMax: number;
      readonly paused: boolean;
    }
  | { readonly type: 'stale' };

const place = fc.integer({ min: 1, max: 60 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ type: fc.constant('join' as const), count: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2_500 }) }),
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('step' as const),
      roomLeft: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 8 }),
      open: fc.constantFrom(true, true, true, false),
      slowTo: fc.constantFrom(null, null, null, 0, 30, 300, 100_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('redeem' as const), place }) },
  fc.record({ type: fc.constant('leave' as const), place }),
  fc.record({
    type: fc.constant('turn' as const),
    ratePerMinute: fc.constantFrom(0, 1, 60, 90, 600, 6_000),
    insideMax: fc.integer({ min: 0, max: 30 }),
    paused: fc.constantFrom(false, false, false, true),
  }),
  fc.constant({ type: 'stale' as const }),
);

/** A line, a clock of its own, and what was let in when. */
class History {
  readonly line: Line = restoreLine(
    { epoch: 1, joined: 0, serving: 0, admitted: 0, firstUse: true, passes: [] },
    START_MS,
  );
  nowMs = START_MS;
  knobs: AdmissionKnobs;
  readonly calls: { atMs: number; count: number }[] = [];

  constructor(knobs: AdmissionKnobs) {
    this.knobs = knobs;
  }

  run(one: Act): void {
    const before = { admitted: this.line.admitted, serving: this.line.serving };
    switch (one.type) {
      case 'join':
        this.line.joined += one.count;
        break;
      case 'wait':
        this.nowMs += one.ms;
        break;
      case 'step':
        this.step(one.open, one.roomLeft, one.slowTo);
        break;
      case 'redeem':
        redeemPlace(this.line, one.place, PASS_TTL_MS, this.knobs, this.nowMs);
        break;
      case 'leave':
        leaveLine(this.line, one.place, this.nowMs);
        break;
      case 'turn':
        this.knobs = { ...one, version: this.knobs.version + 1 };
        break;
      case 'stale':
        stepLine(
          this.line,
          {
            knobs: {
              ratePerMinute: 60_000,
              insideMax: 1_000,
              paused: false,
              version: this.line.knobs.version - 1,
            },
            open: false,
            roomLeft: null,
          },
          CALL_TTL_MS,
          this.nowMs,
        );
        break;
    }
    if (this.line.serving < before.serving) throw new Error('serving went back');
    const count = this.line.admitted - before.admitted;
    if (count > 0) this.calls.push({ atMs: this.nowMs, count });
  }

  step(open = true, roomLeft: number | null = null, slowTo: number | null = null) {
    const before = this.line.serving;
    const slowdown = slowTo === null ? null : { ratePerMinute: slowTo, reason: 'section_closed' as const };
    const input = { knobs: this.knobs, open, roomLeft, slowdown };
    const result = stepLine(this.line, input, CALL_TTL_MS, this.nowMs);
    const calledNow = result.serving - before;
    if (calledNow > 0 && result.inside + result.called > this.line.knobs.insideMax) {
      throw new Error(`inside ${result.inside} + called ${result.called} > ${this.line.knobs.insideMax}`);
    }
    if (calledNow > 0 && (!open || this.line.knobs.paused)) throw new Error('called while closed or paused');
    return result;
  }

  /** What must hold between any two acts. */
  check(): void {
    const { line } = this;
    const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
    const outstanding = sum([...line.calls.values()].map((bucket) => bucket.outstanding));
    if (line.called !== outstanding) throw new Error(`called ${line.called}, in buckets ${outstanding}`);
    if (line.inside !== sum(line.passEnds.values())) throw new Error('inside does not match its buckets');
    if (line.wants !== sum(line.wantEnds.values())) throw new Error('wants do not match their buckets');
    if (line.serving > line.joined || line.credit < 0) throw new Error('called somebody who is not there');
    if (Math.min(line.inside, line.called, line.wants) < 0) throw new Error('a count below zero');
  }
}

const knobs = (ratePerMinute: number, insideMax = 1_000): AdmissionKnobs => ({
  ratePerMinute,
  insideMax,
  paused: false,
  version: 1,
});

test('in any history the counts match their buckets, and an empty line ends with nobody called or inside', (t) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 150 }), (acts) => {
      const history = new History(knobs(600, 10));
      for (const one of acts) {
        history.run(one);
        history.check();
      }
      history.nowMs += CALL_TTL_MS + PASS_TTL_MS + WANT_MS + 2 * BUCKET_MS;
      const end = history.step(false);
      return end.inside === 0 && end.called === 0 && history.line.wants === 0;
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('in every window no more are let in than the rate times the window, plus the burst', (t) => {
  const rates = fc.constantFrom(1, 7, 60, 90, 600, 6_000);
  const unturned = act.filter((one) => one.type !== 'turn');
  fc.assert(
    fc.property(rates, fc.array(unturned, { maxLength: 200 }), (ratePerMinute, acts) => {
      const history = new History(knobs(ratePerMinute));
      for (const one of acts) history.run(one);
      for (let from = 0; from < history.calls.length; from += 1) {
        let admitted = 0;
        for (const { atMs, count } of history.calls.slice(from)) {
          admitted += count;
          const windowMs = atMs - (history.calls[from]?.atMs ?? 0);
          if (admitted > burstOf(ratePerMinute) + (ratePerMinute * windowMs) / 60_000) return false;
        }
      }
      return true;
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('how many step, and how often, makes no difference to how many are called', (t) => {
  const pauses = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 6_000 }), pauses, (ratePerMinute, waits) => {
      const often = new History(knobs(ratePerMinute, 1_000_000));
      often.run({ type: 'join', count: 100_000 });
      for (const ms of waits) {
        often.nowMs += ms;
        often.step();
        often.step();
      }
      const elapsedMs = often.nowMs - START_MS;
      const expected = burstOf(ratePerMinute) + (ratePerMinute * elapsedMs) / 60_000;
      // The first step alone brings the burst, so what the first wait earned on top of it is not kept.
      const lost = (ratePerMinute * (waits[0] ?? 0)) / 60_000 + 1;
      // Below a person a tick the bucket may be full before the tick: at most the rate is lost, never exceeded.
      const full = waits.some((ms) => ratePerMinute * ms > burstOf(ratePerMinute) * 60_000 - 60_000);
      return often.line.serving <= expected && (full || often.line.serving >= expected - lost - 1);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('a lowered rate keeps no credit of the higher one', (t) => {
  const history = new History(knobs(6_000));
  history.run({ type: 'join', count: 1_000 });
  history.step();
  history.nowMs += 1_000;
  history.knobs = { ...history.knobs, ratePerMinute: 60, version: 2 };
  t.is(history.step().serving, burstOf(6_000) + 1);
});

test('a rate of nothing lets nobody in, not even the first', (t) => {
  const history = new History(knobs(0));
  history.run({ type: 'join', count: 3 });
  history.nowMs += 600_000;
  t.like(history.step(), { serving: 0, binding: 'rate', effectiveRatePerMinute: 0 });
  history.knobs = knobs(60);
  history.knobs = { ...history.knobs, version: 2 };
  t.is(history.step().serving, 1);
});

test('a hole in the line costs one call, which lapses as an absent one does', (t) => {
  const history = new History(knobs(6_000, 1));
  history.run({ type: 'join', count: 2 });
  t.is(history.step().serving, 1);
  history.nowMs += CALL_TTL_MS - 1;
  t.is(history.step().serving, 1);
  history.nowMs += BUCKET_MS + 1;
  t.like(history.step(), { serving: 2, called: 1 });
});

test('the slot of whoever is absent or silent is called again within a tick, and the absent has the next one on return', (t) => {
  const TICK_MS = 100;
  const history = new History(knobs(6_000, 1));
  const pass = (number: number) =>
    redeemPlace(history.line, number, PASS_TTL_MS, history.knobs, history.nowMs);
  /** Milliseconds from here until so many are called; the line is stepped each tick. */
  const until = (serving: number): number => {
    const fromMs = history.nowMs;
    while (history.step().serving < serving) history.nowMs += TICK_MS;
    return history.nowMs - fromMs;
  };
  history.run({ type: 'join', count: 4 });
  until(1);
  const absentMs = until(2) - CALL_TTL_MS;
  t.true(absentMs > 0 && absentMs <= BUCKET_MS + TICK_MS, `${absentMs} ms after the call lapsed`);
  t.like(pass(2), { kind: 'admitted' });
  t.like(pass(1), { kind: 'not_called' }, 'back too late for the slot that was called');
  leaveLine(history.line, 2, history.nowMs);
  t.like(history.step(), { serving: 2 }, 'nobody new is called into the slot that the absent waits for');
  t.like(pass(1), { kind: 'admitted', again: false });
  const silentMs = until(3) - PASS_TTL_MS;
  t.true(silentMs > 0 && silentMs <= BUCKET_MS + TICK_MS, `${silentMs} ms after the silent one's pass ended`);
  t.like(history.step(), { inside: 0, called: 1 });
});

test('a want that is not repeated does not hold the line up', (t) => {
  const history = new History(knobs(6_000, 1));
  history.run({ type: 'join', count: 3 });
  history.step();
  history.nowMs += CALL_TTL_MS + BUCKET_MS;
  history.step();
  redeemPlace(history.line, 2, 1_000, history.knobs, history.nowMs);
  t.like(redeemPlace(history.line, 1, PASS_TTL_MS, history.knobs, history.nowMs), { kind: 'not_called' });
  history.nowMs += 1_000 + BUCKET_MS;
  t.like(history.step(), { serving: 2, inside: 0, called: 0 });
  history.nowMs += WANT_MS;
  t.is(history.step().serving, 3);
});

test('a clock set back earns nothing, loses no slot, and does not stop the line', (t) => {
  const history = new History(knobs(600, 5));
  history.run({ type: 'join', count: 100 });
  history.step();
  history.nowMs -= 3_600_000;
  const back = history.step();
  t.is(back.serving, 5);
  t.like(redeemPlace(history.line, 1, PASS_TTL_MS, history.knobs, history.nowMs), { kind: 'admitted' });
  leaveLine(history.line, 1, history.nowMs);
  history.nowMs += 100;
  t.is(history.step().serving, 6);
  history.check();
  history.nowMs += 3_600_000 + CALL_TTL_MS + PASS_TTL_MS;
  t.like(history.step(false), { inside: 0, called: 0 });
});

test('only what has ended is forgotten', (t) => {
  const history = new History(knobs(6_000));
  history.run({ type: 'join', count: 2 });
  history.step();
  redeemPlace(history.line, 1, 1_000, history.knobs, history.nowMs);
  redeemPlace(history.line, 2, PASS_TTL_MS, history.knobs, history.nowMs);
  history.nowMs += 2_000;
  history.step();
  forgetEnded(history.line);
  t.deepEqual([...history.line.passes.keys()], [2]);
  t.like(redeemPlace(history.line, 2, 1, history.knobs, history.nowMs), { again: true });
});

test('after a silence of hours everything that ended is given back', (t) => {
  const history = new History(knobs(6_000, 50));
  history.run({ type: 'join', count: 100 });
  history.step();
  for (const number of [1, 2, 3]) {
    redeemPlace(history.line, number, PASS_TTL_MS, history.knobs, history.nowMs);
  }
  history.nowMs += 5 * 3_600_000;
  t.like(history.step(false), { serving: 50, inside: 0, called: 0 });
  history.check();
});

test('a slowed line lets in at the slower rate exactly, and goes on at full rate when nobody says so any more', (t) => {
  const history = new History(knobs(6_000));
  history.line.joined = 10_000;
  history.step();
  const servingAfter = (ms: number, slowTo: number | null): number => {
    const before = history.line.serving;
    for (const untilMs = history.nowMs + ms; history.nowMs < untilMs;) {
      history.nowMs += 250;
      history.step(true, null, slowTo);
    }
    return history.line.serving - before;
  };
  servingAfter(1_000, 1_200);
  t.is(servingAfter(60_000, 1_200), 1_200);
  servingAfter(SLOW_MS, null);
  t.is(servingAfter(60_000, null), 6_000);
});

test('a clock set back by an hour does not keep a line slowed for an hour', (t) => {
  const history = new History(knobs(6_000));
  history.line.joined = 10_000;
  t.like(history.step(true, null, 60), { effectiveRatePerMinute: 60, binding: 'section_closed' });
  history.nowMs -= 3_600_000;
  t.like(history.step(), { effectiveRatePerMinute: 6_000, binding: 'rate' });
});
