import test from 'ava';
import { map, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { BUDGETS_MS, type LoopState, type Vitals } from '../../src/domain/closed-loop.ts';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { Slowdown } from '../../src/domain/ports/line.ts';
import type { AdmissionWish } from '../../src/streams/admissions.ts';
import { closedLoop, type Crowd } from '../../src/streams/closed-loop.ts';

const event: SaleEvent = {
  eventId: 'e',
  name: 'Noite',
  venue: 'Arena',
  currency: 'BRL',
  opensAtMs: 0,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  sections: [],
  phaseSetting: 'scheduled',
  admission: { ratePerMinute: 6_000, insideMax: 100, paused: false, version: 1 },
};
const well: Vitals = {
  holdMs: null,
  checkoutMs: null,
  poolWaitMs: null,
  messageLagMs: 0,
  loopLagMs: 0,
  brokerUp: true,
  databaseUp: true,
};
const slow: Vitals = { ...well, holdMs: BUDGETS_MS.holdMs * 2 };
const choked: Vitals = { ...well, holdMs: BUDGETS_MS.holdMs * 9 };

const wish = (change: Partial<AdmissionWish['input']> = {}, knobs: object = {}): AdmissionWish => ({
  event,
  phase: 'open',
  input: { knobs: { ...event.admission, ...knobs }, open: true, roomLeft: null, ...change },
});

const said = (slowdown: Slowdown | null | undefined): string =>
  slowdown === null || slowdown === undefined ? 'ceiling' : `${slowdown.ratePerMinute} ${slowdown.reason}`;

/** In virtual time one frame is a millisecond; `vitals` tells how the sale feels at each. */
const running = (
  t: { deepEqual(actual: unknown, expected: unknown): unknown },
  scenario: (parts: {
    readonly scheduler: TestScheduler;
    readonly run: (
      wish$: Observable<AdmissionWish>,
      vitals: (nowMs: number) => Vitals,
      crowd?: Crowd | null,
    ) => Observable<string>;
    readonly looks: (LoopState | null)[];
  }) => void,
): void => {
  const scheduler = new TestScheduler((actual, expected) => void t.deepEqual(actual, expected));
  const looks: (LoopState | null)[] = [];
  scenario({
    scheduler,
    looks,
    run: (wish$, vitals, crowd = null) =>
      wish$.pipe(
        closedLoop({
          vitals: () => vitals(scheduler.now()),
          crowd: () => crowd,
          nowMs: () => scheduler.now(),
          onLook: (state) => void looks.push(state),
        }),
        map(({ input }) => said(input.slowdown)),
      ),
  });
};

test('each wish passes at once; the sale is looked at once a second', (t) => {
  running(t, ({ scheduler, run, looks }) => {
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('a 249ms a 249ms a 249ms a 249ms a', { a: wish() });
      expectObservable(run(wish$, () => slow)).toBe('a 249ms a 249ms a 249ms a 249ms b', {
        a: '4200 holds_slow',
        // Too soon for another step down: the one before has not shown yet.
        b: '4200 holds_slow',
      });
    });
    t.deepEqual(new Set(looks.map((state) => state?.lookedAtMs)), new Set([0, 1_000]));
  });
});

test('slow, then stopped, then well: down, nobody, and up again by doubling and by steps', (t) => {
  running(t, ({ scheduler, run }) => {
    const vitals = (nowMs: number): Vitals => {
      if (nowMs < 2_000) return slow;
      return nowMs < 4_000 ? choked : well;
    };
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold(`w${' 999ms w'.repeat(8)}`, { w: wish() });
      expectObservable(run(wish$, vitals)).toBe(
        'a 999ms a 999ms b 999ms c 999ms d 999ms e 999ms f 999ms g 999ms h',
        {
          a: '4200 holds_slow',
          b: '2940 holds_slow',
          c: '0 holds_slow',
          d: '300 recovering',
          e: '600 recovering',
          f: '1200 recovering',
          g: '2058 recovering',
          h: '2358 recovering',
        },
      );
    });
  });
});

test('the opening of the line is the start of the slow start', (t) => {
  running(t, ({ scheduler, run }) => {
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('p 999ms p 99ms o 999ms o', { p: wish({ open: false }), o: wish() });
      expectObservable(run(wish$, () => well)).toBe('p 999ms p 99ms o 999ms q', {
        p: 'ceiling',
        o: '600 warming_up',
        q: '1200 warming_up',
      });
    });
  });
});

test('where the rates are planned their own beginning stands for the slow start', (t) => {
  const launch = { curve: { points: [{ afterSeconds: 0, ratePerMinute: 3_000 }] }, active: true };
  const planned = wish({ slowdown: { ratePerMinute: 3_000, reason: 'schedule' } });
  running(t, ({ scheduler, run }) => {
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('p 999ms o', {
        p: wish({ open: false }),
        o: { ...planned, event: { ...event, launch } },
      });
      expectObservable(run(wish$, () => well)).toBe('p 999ms o', { p: 'ceiling', o: '3000 schedule' });
    });
  });
});

test('switched off it keeps out of the way, and what others found still holds', (t) => {
  const closed: Slowdown = { ratePerMinute: 5_000, reason: 'section_closed' };
  running(t, ({ scheduler, run, looks }) => {
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('a 999ms b 999ms c', {
        a: wish(),
        b: wish({ slowdown: closed }, { closedLoop: false }),
        c: wish({}, { closedLoop: true }),
      });
      expectObservable(run(wish$, () => choked)).toBe('a 999ms b 999ms c', {
        a: '4200 holds_slow',
        b: '5000 section_closed',
        c: '4200 holds_slow',
      });
    });
    t.is(looks[1], null);
  });
});

test('the slower of what a closed section and the loop allow holds, and the loop stays below the first', (t) => {
  const closed: Slowdown = { ratePerMinute: 1_000, reason: 'section_closed' };
  running(t, ({ scheduler, run }) => {
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('a 999ms a', { a: wish({ slowdown: closed }) });
      const vitals = (nowMs: number): Vitals => (nowMs === 0 ? well : slow);
      expectObservable(run(wish$, vitals)).toBe('a 999ms b', {
        a: '1000 section_closed',
        b: '700 holds_slow',
      });
    });
  });
});

test('a full house and few seats hold the line back by what the line itself has counted', (t) => {
  running(t, ({ scheduler, run }) => {
    const crowd = { inside: 100, leavingPerMinute: 400 };
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('a 99ms b', { a: wish(), b: wish({ roomLeft: 40 }) });
      expectObservable(run(wish$, () => well, crowd)).toBe('a 99ms b', {
        a: '500 inside',
        b: '500 inside',
      });
    });
  });
});

test('few seats for many people inside hold the line back', (t) => {
  running(t, ({ scheduler, run }) => {
    const crowd = { inside: 60, leavingPerMinute: 400 };
    scheduler.run(({ cold, expectObservable }) => {
      const wish$ = cold('a', { a: wish({ roomLeft: 20 }) });
      expectObservable(run(wish$, () => well, crowd)).toBe('a', { a: '300 seats_scarce' });
    });
  });
});
