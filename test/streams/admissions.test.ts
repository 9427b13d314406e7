import test from 'ava';
import { map, type Observable, of, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { Frame } from '../../src/domain/frame.ts';
import type { Clock } from '../../src/domain/ports/environment.ts';
import type { StepInput, StepResult } from '../../src/domain/ports/line.ts';
import { admissionFrames, slowedBy, ticksOf, type AdmissionOptions } from '../../src/streams/admissions.ts';

const event: SaleEvent = {
  eventId: 'e',
  name: 'Noite',
  venue: 'Arena',
  currency: 'BRL',
  opensAtMs: 0,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  sections: [],
  phaseSetting: 'scheduled',
  admission: { ratePerMinute: 60, insideMax: 10, paused: false, version: 1 },
};
const turned: SaleEvent = { ...event, admission: { ...event.admission, ratePerMinute: 120, version: 2 } };

const marbles = (t: { deepEqual(actual: unknown, expected: unknown): unknown }) =>
  new TestScheduler((actual, expected) => {
    t.deepEqual(actual, expected);
  });

/** Serves one more at each step, after `latencyMs`; the reading tells the rate it was asked for. */
const line = (latencyMs: number, failing: readonly number[] = []) => {
  const asked: StepInput[] = [];
  let serving = 0;
  const step = (input: StepInput): Observable<StepResult> => {
    asked.push(input);
    const turn = asked.length;
    const read = (): StepResult => {
      if (failing.includes(turn)) throw new Error('the store is away');
      serving += 1;
      return {
        epoch: 1,
        joined: 100,
        serving,
        admitted: serving,
        inside: 0,
        called: 0,
        binding: 'rate',
        effectiveRatePerMinute: input.knobs.ratePerMinute,
        countedAtMs: turn,
      };
    };
    return (latencyMs === 0 ? of(0) : timer(latencyMs)).pipe(map(read));
  };
  return { asked, step };
};

const options = (parts: Pick<AdmissionOptions, 'event$' | 'ticks' | 'step'>): AdmissionOptions => ({
  effectiveKnobs: slowedBy(() => null),
  stockLeft: () => null,
  nowMs: () => 1,
  onFault: () => undefined,
  ...parts,
});

const brief = (frame$: Observable<Frame>): Observable<string> =>
  frame$.pipe(map((frame) => `${frame.serving} ${frame.ratePerMinute} ${frame.reason}`));

test('steps at once and at every tick', (t) => {
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames(
      options({ event$: hot('a', { a: event }), ticks: () => cold('---t---t'), step: line(0).step }),
    );
    expectObservable(brief(frame$), '^--------!').toBe('a--b---c', {
      a: '1 60 rate',
      b: '2 60 rate',
      c: '3 60 rate',
    });
  });
});

test('a turned knob is stepped at once, and the ticks begin anew', (t) => {
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames(
      options({
        event$: hot('a----b', { a: event, b: turned }),
        ticks: () => cold('---t---t'),
        step: line(0).step,
      }),
    );
    expectObservable(brief(frame$), '^--------!').toBe('a--b-c--d', {
      a: '1 60 rate',
      b: '2 60 rate',
      c: '3 120 rate',
      d: '4 120 rate',
    });
  });
});

test('ticks that fall into a slow step are void, not queued', (t) => {
  const { asked, step } = line(5);
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames(
      options({ event$: hot('a', { a: event }), ticks: () => cold('-t-t-t-t'), step }),
    );
    expectObservable(brief(frame$), '^---------------!').toBe('-----a----b', {
      a: '1 60 rate',
      b: '2 60 rate',
    });
  });
  t.is(asked.length, 2);
});

test('a failed step makes a degraded frame with the numbers of before, and the line goes on', (t) => {
  const faults: unknown[] = [];
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames({
      ...options({
        event$: hot('a', { a: event }),
        ticks: () => cold('--t--t--t'),
        step: line(0, [2, 3]).step,
      }),
      onFault: (error) => faults.push(error),
    });
    expectObservable(brief(frame$), '^---------!').toBe('a-b--b--d', {
      a: '1 60 rate',
      b: '1 0 degraded',
      d: '2 60 rate',
    });
  });
  t.is(faults.length, 2);
});

test('the phase follows the clock at each tick, and only an open line calls', (t) => {
  const { asked, step } = line(0);
  let nowMs = 0;
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames({
      ...options({
        event$: hot('a', { a: { ...event, opensAtMs: 2 } }),
        ticks: () => cold('-t-t'),
        step,
      }),
      nowMs: () => (nowMs += 1),
    });
    expectObservable(frame$.pipe(map((frame) => frame.phase)), '^---!').toBe('ab-b', {
      a: 'pending',
      b: 'open',
    });
  });
  t.deepEqual(
    asked.map((input) => input.open),
    [false, true, true],
  );
});

test('what stands between the operator and the step decides what is asked', (t) => {
  const { asked, step } = line(0);
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames({
      ...options({ event$: hot('a', { a: event }), ticks: () => cold('-'), step }),
      stockLeft: () => 3,
      effectiveKnobs: map((wish) => ({
        ...wish,
        input: { ...wish.input, knobs: { ...wish.input.knobs, ratePerMinute: 7 } },
      })),
    });
    expectObservable(brief(frame$), '^-!').toBe('a', { a: '1 7 rate' });
  });
  t.is(asked[0]?.roomLeft, 3);
});

test('what the sale can digest is asked anew for each step', (t) => {
  const { asked, step } = line(0);
  const answers = [null, { ratePerMinute: 3, reason: 'section_closed' as const }];
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = admissionFrames({
      ...options({ event$: hot('a', { a: event }), ticks: () => cold('-t'), step }),
      effectiveKnobs: slowedBy(() => answers.shift() ?? null),
    });
    expectObservable(frame$.pipe(map(() => 'f')), '^--!').toBe('ff');
  });
  t.deepEqual(
    asked.map((input) => input.slowdown),
    [null, { ratePerMinute: 3, reason: 'section_closed' }],
  );
});

test('who subscribes late gets the newest frame first, and one pipeline serves all', (t) => {
  const { asked, step } = line(0);
  marbles(t).run(({ cold, hot, expectObservable }) => {
    const frame$ = brief(
      admissionFrames(options({ event$: hot('a', { a: event }), ticks: () => cold('--t--t'), step })),
    );
    expectObservable(frame$, '^-------!').toBe('a-b--c', { a: '1 60 rate', b: '2 60 rate', c: '3 60 rate' });
    expectObservable(frame$, '---^----!').toBe('---b-c', { b: '2 60 rate', c: '3 60 rate' });
  });
  t.is(asked.length, 3);
});

test('ticks come from the clock given, one timer at a time, and end with the subscription', (t) => {
  const timers: { readonly delayMs: number; readonly task: () => void; cancelled: boolean }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    after(delayMs, task) {
      const timer = { delayMs, task, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
  };
  let ticks = 0;
  const subscription = ticksOf(clock, 250).subscribe(() => {
    ticks += 1;
  });
  timers[0]?.task();
  timers[1]?.task();
  t.is(ticks, 2);
  t.deepEqual(
    timers.map(({ delayMs }) => delayMs),
    [250, 250, 250],
  );
  subscription.unsubscribe();
  t.true(timers[2]?.cancelled);
});
