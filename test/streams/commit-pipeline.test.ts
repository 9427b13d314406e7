import test from 'ava';
import { concat, map, NEVER, Observable, of, Subject, throwError, timer, type SchedulerLike } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { AnyEnvelope, Envelope } from '../../src/domain/messages.ts';
import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import {
  commitPipeline,
  deliveriesOf,
  type CommitPipelineOptions,
  type CommitReport,
} from '../../src/streams/commit-pipeline.ts';

type Message = Envelope<'PagamentoOK'>;
type Options = CommitPipelineOptions<Message, string>;

const accepts = (envelope: AnyEnvelope): envelope is Message => envelope.type === 'PagamentoOK';

const message = (id: string, orderId: string): Message => ({
  id,
  type: 'PagamentoOK',
  occurredAtMs: 0,
  eventId: 'e',
  orderId,
  data: { attemptId: 'a', amountMinor: 1, currency: 'brl' },
});

interface Rig {
  readonly scheduler: TestScheduler;
  /** All that happened, each with its virtual time: `12 commit a,b`, `17 ack a`. */
  readonly log: string[];
  readonly note: (what: string) => void;
  readonly delivery: (
    id: string,
    given?: { orderId?: string; attempt?: number; envelope?: AnyEnvelope },
  ) => Delivery;
  /** Commits for `ms`, then says what it committed. */
  readonly taking: (ms: number) => Options['commit'];
  readonly pipeline: (
    options: Partial<Options> & Pick<Options, 'deliveries$'>,
  ) => Observable<CommitReport<string>>;
}

const inVirtualTime = (equal: (a: unknown, b: unknown) => void, run: (rig: Rig) => void): string[] => {
  const scheduler = new TestScheduler(equal);
  const log: string[] = [];
  const note = (what: string): void => void log.push(`${scheduler.now()} ${what}`);
  const idsOf = (batch: readonly Message[]): string => batch.map((one) => one.id).join(',');
  const taking: Rig['taking'] = (ms) => (batch) => {
    note(`commit ${idsOf(batch)}`);
    return timer(ms).pipe(map(() => batch.map((one) => one.id)));
  };
  scheduler.run(() =>
    run({
      scheduler,
      log,
      note,
      taking,
      delivery: (id, { orderId = id, attempt = 1, envelope = message(id, orderId) } = {}) => ({
        envelope,
        attempt,
        ack: () => note(`ack ${id}`),
        retry: (reason) => note(`retry ${id}: ${reason}`),
        park: (reason) => note(`park ${id}: ${reason}`),
      }),
      pipeline: (options) =>
        commitPipeline<Message, string>({
          accepts,
          commit: taking(5),
          maxBatch: 3,
          maxWaitMs: 10,
          concurrency: 1,
          maxAttempts: 3,
          ...options,
        }),
    }),
  );
  return log;
};

const rule = (title: string, run: (rig: Rig) => void, expected: readonly string[]): void =>
  test(title, (t) => {
    t.deepEqual(
      inVirtualTime((a, b) => t.deepEqual(a, b), run),
      expected,
    );
  });

rule(
  'a full batch is committed at once, and each delivery is acked only after the commit',
  ({ scheduler, pipeline, delivery }) => {
    const deliveries$ = scheduler.createHotObservable('(abc)', {
      a: delivery('a'),
      b: delivery('b'),
      c: delivery('c'),
    });
    pipeline({ deliveries$ }).subscribe();
  },
  ['0 commit a,b,c', '5 ack a', '5 ack b', '5 ack c'],
);

rule(
  'a batch that does not fill is committed when its oldest has waited its time',
  ({ scheduler, pipeline, delivery }) => {
    const deliveries$ = scheduler.createHotObservable('--a--b', { a: delivery('a'), b: delivery('b') });
    pipeline({ deliveries$ }).subscribe();
  },
  ['12 commit a,b', '17 ack a', '17 ack b'],
);

test('each batch gives one report', (t) => {
  inVirtualTime(
    (a, b) => t.deepEqual(a, b),
    ({ scheduler, pipeline, delivery }) => {
      const report = { acked: 1, retried: 0, parked: 0, failures: [] };
      const deliveries$ = scheduler.createHotObservable('-(ab)', { a: delivery('a'), b: delivery('b') });
      scheduler.expectObservable(pipeline({ deliveries$, maxBatch: 1 })).toBe('------x----y', {
        x: { ...report, results: ['a'] },
        y: { ...report, results: ['b'] },
      });
    },
  );
});

rule(
  'no more batches are committing than allowed, and the rest wait without a further commit',
  ({ scheduler, pipeline, delivery, taking }) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const deliveries$ = scheduler.createHotObservable(
      '(abcde)',
      Object.fromEntries(names.map((name) => [name, delivery(name)])),
    );
    pipeline({ deliveries$, maxBatch: 1, concurrency: 2, commit: taking(7) }).subscribe();
  },
  [
    '0 commit a',
    '0 commit b',
    '7 ack a',
    '7 commit c',
    '7 ack b',
    '7 commit d',
    '14 ack c',
    '14 commit e',
    '14 ack d',
    '21 ack e',
  ],
);

rule(
  'what gathered during a commit is one batch after it',
  ({ scheduler, pipeline, delivery, taking }) => {
    const deliveries$ = scheduler.createHotObservable('abc', {
      a: delivery('a'),
      b: delivery('b'),
      c: delivery('c'),
    });
    pipeline({ deliveries$, maxWaitMs: 0, commit: taking(20) }).subscribe();
  },
  ['0 commit a', '20 ack a', '20 commit b,c', '40 ack b', '40 ack c'],
);

rule(
  'two messages of one order never share a batch, nor are under way together: the later waits',
  ({ scheduler, pipeline, delivery }) => {
    const deliveries$ = scheduler.createHotObservable('(abcd)', {
      a: delivery('a', { orderId: 'one' }),
      b: delivery('b', { orderId: 'one' }),
      c: delivery('c', { orderId: 'two' }),
      d: delivery('d', { orderId: 'three' }),
    });
    pipeline({ deliveries$, concurrency: 4 }).subscribe();
  },
  ['0 commit a,c,d', '5 ack a', '5 ack c', '5 ack d', '10 commit b', '15 ack b'],
);

const failing = (
  rig: Rig,
  bad: (batch: readonly Message[]) => boolean,
  reason = 'poison',
): Options['commit'] => {
  const good = rig.taking(5);
  return (batch) => {
    if (!bad(batch)) return good(batch);
    rig.note(`fail ${batch.map((one) => one.id).join(',')}`);
    return throwError(() => new Error(reason));
  };
};

rule(
  'a failed batch is tried one by one: the poison is retried, the others commit',
  (rig) => {
    const deliveries$ = rig.scheduler.createHotObservable('(abc)', {
      a: rig.delivery('a'),
      b: rig.delivery('b', { attempt: 2 }),
      c: rig.delivery('c'),
    });
    const commit = failing(rig, (batch) => batch.some((one) => one.id === 'b'));
    rig.pipeline({ deliveries$, commit }).subscribe();
  },
  ['0 fail a,b,c', '0 commit a', '5 ack a', '5 fail b', '5 retry b: poison', '5 commit c', '10 ack c'],
);

rule(
  'a message that failed alone in its last attempt is parked, with the reason',
  (rig) => {
    const deliveries$ = rig.scheduler.createHotObservable('(ab)', {
      a: rig.delivery('a', { attempt: 3 }),
      b: rig.delivery('b', { attempt: 3 }),
    });
    const commit = failing(rig, (batch) => batch.some((one) => one.id === 'a'));
    rig.pipeline({ deliveries$, commit, maxBatch: 2 }).subscribe();
  },
  ['0 fail a,b', '0 fail a', '0 park a: poison', '0 commit b', '5 ack b'],
);

rule(
  'when nothing can be committed all are retried, and after three failures the rest are not even tried',
  (rig) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const deliveries$ = rig.scheduler.createHotObservable(
      '(abcde)',
      Object.fromEntries(names.map((name) => [name, rig.delivery(name)])),
    );
    const commit = failing(rig, () => true, 'no database');
    rig.pipeline({ deliveries$, commit, maxBatch: 5 }).subscribe();
  },
  [
    '0 fail a,b,c,d,e',
    '0 fail a',
    '0 retry a: no database',
    '0 fail b',
    '0 retry b: no database',
    '0 fail c',
    '0 retry c: no database',
    '0 retry d: nothing can be committed now',
    '0 retry e: nothing can be committed now',
  ],
);

rule(
  'no failure ends the stream: an error, a throw, and a commit that says nothing are all retried',
  (rig) => {
    const names = ['a', 'b', 'c', 'd'];
    const deliveries$ = rig.scheduler.createHotObservable(
      'abcd',
      Object.fromEntries(names.map((name) => [name, rig.delivery(name)])),
    );
    const good = rig.taking(1);
    const commit: Options['commit'] = (batch) => {
      const id = batch[0]?.id;
      if (id === 'a') return throwError(() => new Error('an error'));
      if (id === 'b') throw new Error('a throw');
      if (id === 'c') return new Observable((subscriber) => subscriber.complete());
      return good(batch);
    };
    rig.pipeline({ deliveries$, commit, maxBatch: 1 }).subscribe();
  },
  [
    '0 retry a: an error',
    '1 retry b: a throw',
    '2 retry c: no elements in sequence',
    '3 commit d',
    '4 ack d',
  ],
);

rule(
  'a result without its completion is not a commit yet',
  (rig) => {
    const deliveries$ = rig.scheduler.createHotObservable('a', { a: rig.delivery('a') });
    const commit: Options['commit'] = () =>
      new Observable((subscriber) => {
        subscriber.next(['a']);
        timer(9).subscribe(() => subscriber.error(new Error('the commit was lost')));
      });
    rig.pipeline({ deliveries$, commit, maxBatch: 1 }).subscribe();
  },
  ['9 retry a: the commit was lost'],
);

rule(
  'what the pipeline cannot commit is parked and disturbs nobody',
  (rig) => {
    const stray: AnyEnvelope = {
      id: 'x',
      type: 'PedidoRejeitado',
      occurredAtMs: 0,
      eventId: 'e',
      orderId: 'x',
      data: { reason: 'expired' },
    };
    const deliveries$ = rig.scheduler.createHotObservable('(ax)', {
      a: rig.delivery('a'),
      x: rig.delivery('x', { envelope: stray }),
    });
    rig.pipeline({ deliveries$ }).subscribe();
  },
  ['0 park x: PedidoRejeitado does not belong here', '10 commit a', '15 ack a'],
);

test('when the deliveries end, what waits is committed without delay and only then the stream completes', (t) => {
  const log = inVirtualTime(
    (a, b) => t.deepEqual(a, b),
    ({ scheduler, pipeline, delivery, note }) => {
      const deliveries$ = scheduler.createHotObservable('(abcd)-|', {
        a: delivery('a'),
        b: delivery('b'),
        c: delivery('c'),
        d: delivery('d', { orderId: 'a' }),
      });
      pipeline({ deliveries$ }).subscribe({ complete: () => note('complete') });
    },
  );
  t.deepEqual(log, [
    '0 commit a,b,c',
    '5 ack a',
    '5 ack b',
    '5 ack c',
    '7 commit d',
    '12 ack d',
    '12 complete',
  ]);
});

rule(
  'unsubscribing answers nothing that is not committed',
  ({ scheduler, pipeline, delivery }) => {
    const deliveries$ = scheduler.createHotObservable('(ab)', { a: delivery('a'), b: delivery('b') });
    const subscription = pipeline({ deliveries$, maxBatch: 1 }).subscribe();
    timer(3).subscribe(() => subscription.unsubscribe());
  },
  ['0 commit a'],
);

rule(
  'a hundred thousand batches that commit at once do not exhaust the stack',
  ({ pipeline, delivery, note }) => {
    const deliveries$ = new Subject<Delivery>();
    let acked = 0;
    pipeline({
      deliveries$,
      maxBatch: 1,
      commit: (batch) => of(batch.map((one) => one.id)),
    }).subscribe((report) => (acked += report.acked));
    const one = { ...delivery('a'), ack: () => undefined };
    for (let n = 0; n < 100_000; n++) deliveries$.next(one);
    note(`${acked} acked`);
  },
  ['0 100000 acked'],
);

const busOf = (overrides: Partial<MessageBus>): MessageBus => ({
  kind: 'postgres',
  publish: () => Promise.resolve([]),
  subscribe: () => Promise.reject(new Error('not expected')),
  parked: () => Promise.resolve([]),
  redrive: () => Promise.resolve(0),
  healthy: () => true,
  close: () => Promise.resolve(),
  ...overrides,
});

test('the deliveries of a queue complete once the bus has stopped delivering', async (t) => {
  const happened: string[] = [];
  const stop$ = new Subject<void>();
  const ended = new Promise<void>((resolve) => {
    const bus = busOf({
      subscribe: (queue, prefetch) => {
        happened.push(`subscribe ${queue} ${prefetch}`);
        return Promise.resolve(async () => {
          await Promise.resolve();
          happened.push('stopped');
        });
      },
    });
    deliveriesOf(bus, 'tickets', 7, stop$).subscribe({
      complete() {
        happened.push('complete');
        resolve();
      },
    });
  });
  stop$.next();
  await ended;
  t.deepEqual(happened.slice(0, 3), ['subscribe tickets 7', 'stopped', 'complete']);
});

test('a subscription that the bus refuses is an error of the stream', async (t) => {
  const error = await new Promise((resolve) => {
    deliveriesOf(busOf({}), 'tickets', 1, NEVER).subscribe({ error: resolve });
  });
  t.is((error as Error).message, 'not expected');
});

test('a clock that is set back while a batch waits does not hold it up', (t) => {
  const log = inVirtualTime(
    (a, b) => t.deepEqual(a, b),
    ({ scheduler, pipeline, delivery }) => {
      let backMs = 0;
      const moody = Object.assign(Object.create(scheduler) as SchedulerLike, {
        now: () => scheduler.now() - backMs,
      });
      scheduler.schedule(() => (backMs = 3_600_000), 4);
      const deliveries$ = concat(of(delivery('a')), NEVER);
      const subscription = pipeline({ deliveries$, scheduler: moody }).subscribe();
      scheduler.schedule(() => subscription.unsubscribe(), 100);
    },
  );
  t.deepEqual(log, ['10 commit a', '15 ack a']);
});
