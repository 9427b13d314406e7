import test, { type ExecutionContext } from 'ava';
import { Observable, of, throwError } from 'rxjs';
import { delay, tap } from 'rxjs/operators';
import { TestScheduler } from 'rxjs/testing';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { PublishOutcome } from '../../src/domain/ports/message-bus.ts';
import {
  relayOutbox,
  startOutboxRelay,
  type RelayRound,
  type RelaySteps,
} from '../../src/streams/outbox-relay.ts';

const envelope = (id: string): AnyEnvelope => ({
  id,
  type: 'PagamentoFalhou',
  occurredAtMs: 0,
  eventId: 'e',
  orderId: 'o',
  data: { attemptId: 'a', reason: 'expired' },
});

const LIMITS = { batch: 2, pauseMs: 10, pauseMaxMs: 40 };

/** An outbox of named rows and a scripted bus, both in virtual time: 1 ms to claim, 1 ms to publish. */
const script = (
  scheduler: TestScheduler,
  rows: string[],
  outcomeOf: (id: string, now: number) => PublishOutcome | 'throw',
) => {
  const unsent = new Set(rows);
  const leased = new Set<string>();
  const journal: string[] = [];
  let inFlight = 0;
  let inFlightMax = 0;
  const busy = <T>(work: () => T): Observable<T> =>
    new Observable<T>((subscriber) => {
      inFlight += 1;
      inFlightMax = Math.max(inFlightMax, inFlight);
      return of(undefined)
        .pipe(delay(1, scheduler))
        .subscribe(() => {
          inFlight -= 1;
          try {
            subscriber.next(work());
            subscriber.complete();
          } catch (error) {
            subscriber.error(error);
          }
        });
    });
  const steps: RelaySteps = {
    claim: () =>
      busy(() => {
        const due = [...unsent].filter((id) => !leased.has(id)).slice(0, LIMITS.batch);
        for (const id of due) leased.add(id);
        journal.push(`${scheduler.now()} claim ${due.join(',')}`);
        return due.map(envelope);
      }),
    publish: (envelopes) =>
      busy(() => {
        const outcomes = envelopes.map(({ id }) => outcomeOf(id, scheduler.now()));
        if (outcomes.includes('throw')) {
          for (const { id } of envelopes) leased.delete(id); // as if the lease had run out
          throw new Error('the bus broke');
        }
        return outcomes as PublishOutcome[];
      }),
    markSent: (ids) => {
      for (const id of ids) unsent.delete(id);
      return of(undefined);
    },
    giveBack: (ids) => {
      for (const id of ids) leased.delete(id);
      return of(undefined);
    },
    pause: (delayMs) => {
      journal.push(`${scheduler.now()} pause ${delayMs}`);
      return of(undefined).pipe(delay(delayMs, scheduler));
    },
  };
  return { steps, journal, unsent, inFlightMax: () => inFlightMax };
};

const virtual = (t: ExecutionContext): TestScheduler =>
  new TestScheduler((actual, expected) => {
    t.deepEqual(actual, expected);
  });

const ROUND = { claimed: 0, sent: 0, returned: 0, unknown: 0, failed: false, setbacks: 0 };
const never = (): void => {
  throw new Error('unexpected');
};

test('one wake-up drains everything: full claims follow each other at once, a short one ends it', (t) => {
  const scheduler = virtual(t);
  scheduler.run(({ hot, expectObservable }) => {
    const { steps } = script(scheduler, ['1', '2', '3', '4', '5'], () => 'confirmed');
    const full = { ...ROUND, claimed: 2, sent: 2 };
    expectObservable(hot('a 20ms |').pipe(relayOutbox(steps, LIMITS, never))).toBe('--f-f-l 14ms |', {
      f: full,
      l: { ...full, claimed: 1, sent: 1 },
    });
  });
});

test('it never overlaps itself, however many wake-ups come', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1', '2', '3'], () => 'confirmed');
  scheduler.run(({ hot, expectObservable }) => {
    const rounds$ = hot('aaaaaaaaaaaa|').pipe(relayOutbox(scripted.steps, LIMITS, never));
    expectObservable(rounds$, '50ms !');
  });
  t.is(scripted.inFlightMax(), 1);
  t.is(scripted.unsent.size, 0);
});

test('a wake-up during a drain makes it look once more before it rests', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1'], () => 'confirmed');
  scheduler.run(({ hot, expectObservable }) => {
    // The row '2' is committed, and the relay nudged, while '1' is being published.
    const wakeUps$ = hot('a-b 20ms |').pipe(
      tap((wakeUp) => {
        if (wakeUp === 'b') scripted.unsent.add('2');
      }),
    );
    expectObservable(wakeUps$.pipe(relayOutbox(scripted.steps, LIMITS, never)), '30ms !').toBe(
      '--f-f 18ms |',
      {
        f: { ...ROUND, claimed: 1, sent: 1 },
      },
    );
  });
  t.is(scripted.unsent.size, 0);
});

test('what the bus returned or gave no word of is given back and tried again after a rising pause', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1', '2'], (id, now) =>
    now > 80 ? 'confirmed' : id === '1' ? 'returned' : 'unknown',
  );
  const rounds: RelayRound[] = [];
  scheduler.run(({ hot }) => {
    hot('a 300ms |')
      .pipe(relayOutbox(scripted.steps, LIMITS, never))
      .subscribe((round) => rounds.push(round));
  });
  t.deepEqual(rounds[0], { ...ROUND, claimed: 2, returned: 1, unknown: 1, setbacks: 1 });
  t.deepEqual(
    scripted.journal.filter((line) => line.includes('pause')).map((line) => line.split(' ')[2]),
    ['10', '20', '40', '40'],
  );
  t.is(scripted.unsent.size, 0);
});

test('rows that go through are not held up by one that never does', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['bad', '1', '2', '3'], (id) =>
    id === 'bad' ? 'returned' : 'confirmed',
  );
  scheduler.run(({ hot, expectObservable }) => {
    expectObservable(hot('a').pipe(relayOutbox(scripted.steps, LIMITS, never)), '100ms !');
  });
  t.deepEqual([...scripted.unsent], ['bad']);
});

test('an error of the store or the bus never ends the relay', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1'], (_, now) => (now < 30 ? 'throw' : 'confirmed'));
  const failures: unknown[] = [];
  let ended = false;
  scheduler.run(({ hot }) => {
    hot('a 500ms |')
      .pipe(relayOutbox(scripted.steps, LIMITS, (error) => failures.push(error)))
      .subscribe({ error: () => (ended = true) });
  });
  t.true(failures.length > 0);
  t.false(ended);
  t.is(scripted.unsent.size, 0);
});

test('a claim that fails is told and tried again', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1'], () => 'confirmed');
  let tries = 0;
  const steps: RelaySteps = {
    ...scripted.steps,
    claim: () => (++tries < 3 ? throwError(() => new Error('Postgres is away')) : scripted.steps.claim()),
  };
  const failures: unknown[] = [];
  scheduler.run(({ hot }) => {
    hot('a 500ms |')
      .pipe(relayOutbox(steps, LIMITS, (error) => failures.push(error)))
      .subscribe();
  });
  t.is(failures.length, 2);
  t.is(scripted.unsent.size, 0);
});

test('when the wake-ups complete the round under way is finished and no other begins', (t) => {
  const scheduler = virtual(t);
  const scripted = script(scheduler, ['1', '2', '3', '4', '5'], () => 'confirmed');
  scheduler.run(({ hot, expectObservable }) => {
    expectObservable(hot('a|').pipe(relayOutbox(scripted.steps, LIMITS, never))).toBe('--(f|)', {
      f: { ...ROUND, claimed: 2, sent: 2 },
    });
  });
  t.is(scripted.unsent.size, 3);
});

test('a started relay looks at once, at a nudge and at every poll, and stops after the round under way', async (t) => {
  const timers: (() => void)[] = [];
  const clock = {
    nowMs: () => 0,
    after: (_: number, task: () => void) => {
      timers.push(task);
      return () => void timers.splice(timers.indexOf(task), 1);
    },
  };
  const rows = ['1'];
  const sent: string[] = [];
  let roundDone = (): void => undefined;
  const round = (): Promise<void> => new Promise((resolve) => (roundDone = resolve));
  const firstRound = round();
  const relay = startOutboxRelay({
    outbox: {
      claim: async (limit) => rows.slice(0, limit).map(envelope),
      markSent: async (ids) => {
        for (const id of ids) rows.splice(rows.indexOf(id), 1);
        sent.push(...ids);
      },
      giveBack: async () => undefined,
      recover: async () => 0,
      backlog: async () => ({ unsent: rows.length, oldestAgeMs: 0 }),
    },
    bus: { publish: async (envelopes) => envelopes.map(() => 'confirmed') },
    clock,
    random: { next: () => 0.5 },
    pollMs: 1_000,
    onRound: () => roundDone(),
    onFailure: never,
  });
  await firstRound;
  t.deepEqual(sent, ['1']);
  const second = round();
  rows.push('2');
  // The drain rests only after its subscriber was told: nudge until it looks again.
  relay.nudge();
  await second;
  const third = round();
  rows.push('3');
  t.is(timers.length, 1);
  timers.shift()?.();
  await third;
  t.deepEqual(sent, ['1', '2', '3']);
  await relay.stop();
  t.is(timers.length, 0);
});
