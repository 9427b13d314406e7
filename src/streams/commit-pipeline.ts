import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  from,
  last,
  map,
  Observable,
  of,
  reduce,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import type { AnyEnvelope, QueueName } from '../domain/messages.ts';
import type { Delivery, MessageBus } from '../domain/ports/message-bus.ts';

export interface CommitPipelineOptions<M extends AnyEnvelope, R> {
  /** Its prefetch is the bound of everything here: no more deliveries wait than it hands out unanswered. */
  readonly deliveries$: Observable<Delivery>;
  /** What this pipeline can commit; anything else is parked. */
  readonly accepts: (envelope: AnyEnvelope) => envelope is M;
  /** One transaction: emits once and completes when it is durable; an error means that nothing is known to be done. */
  readonly commit: (batch: readonly M[]) => Observable<readonly R[]>;
  readonly maxBatch: number;
  /** A delivery waits at most so long for others to share its transaction. */
  readonly maxWaitMs: number;
  /** Batches committing at once. */
  readonly concurrency: number;
  /** A message that failed alone in this attempt or a later one is parked. */
  readonly maxAttempts: number;
  readonly scheduler?: SchedulerLike;
}

/** What became of one batch. */
export interface CommitReport<R> {
  readonly results: readonly R[];
  readonly acked: number;
  readonly retried: number;
  readonly parked: number;
  /** Why the messages that failed did, one text each. */
  readonly failures: readonly string[];
}

interface Waiting<M> {
  readonly delivery: Delivery;
  readonly message: M;
  /** It has waited for long enough to go with whoever there is. Told by a timer: clocks are set back. */
  due: boolean;
  readonly timer: Subscription;
}

/** So many failures alone and no success: it is not the messages, it is the database. The rest is not even tried. */
const HOPELESS_AFTER = 3;

/**
 * Commits deliveries in batches, by count or by time, and acks each only after its commit. An order has at most one
 * message under way: the later one waits for the next batch. A batch that failed is tried one by one, so a poisonous
 * message stands alone. No failure ends the stream. It completes when `deliveries$` has completed and all that was
 * waiting is answered; unsubscribing leaves the rest unanswered, to come again.
 */
export const commitPipeline = <M extends AnyEnvelope, R>(
  options: CommitPipelineOptions<M, R>,
): Observable<CommitReport<R>> =>
  new Observable((subscriber) => {
    const scheduler = options.scheduler ?? asyncScheduler;
    const busyOrders = new Set<string>();
    let waiting: Waiting<M>[] = [];
    let committing = 0;
    let ended = false;
    let failure: { readonly error: unknown } | null = null;

    const nextBatch = (): readonly Waiting<M>[] => {
      const orders = new Set(busyOrders);
      const batch: Waiting<M>[] = [];
      for (const one of waiting) {
        if (batch.length === options.maxBatch) break;
        if (orders.has(one.message.orderId)) continue;
        orders.add(one.message.orderId);
        batch.push(one);
      }
      return batch;
    };

    const start = (batch: readonly Waiting<M>[]): void => {
      const taken = new Set(batch);
      waiting = waiting.filter((one) => !taken.has(one));
      committing += 1;
      for (const one of batch) {
        one.timer.unsubscribe();
        busyOrders.add(one.message.orderId);
      }
      subscriber.add(
        commitBatch(batch, options).subscribe((report) => {
          committing -= 1;
          for (const one of batch) busyOrders.delete(one.message.orderId);
          subscriber.next(report);
          pump();
        }),
      );
    };

    const pump = (): void => {
      while (committing < options.concurrency) {
        const batch = nextBatch();
        const [oldest] = batch;
        if (oldest === undefined) break;
        if (batch.length < options.maxBatch && !oldest.due && !ended) break;
        start(batch);
      }
      if (!ended || waiting.length > 0 || committing > 0) return;
      if (failure === null) subscriber.complete();
      else subscriber.error(failure.error);
    };

    const take = (delivery: Delivery): void => {
      const { envelope } = delivery;
      if (options.accepts(envelope)) {
        const timer = scheduler.schedule(() => {
          one.due = true;
          pump();
        }, options.maxWaitMs);
        const one: Waiting<M> = { delivery, message: envelope, due: options.maxWaitMs <= 0, timer };
        subscriber.add(timer);
        waiting.push(one);
        pump();
        return;
      }
      const reason = `${envelope.type} does not belong here`;
      delivery.park(reason);
      subscriber.next({ results: [], acked: 0, retried: 0, parked: 1, failures: [reason] });
    };

    subscriber.add(
      options.deliveries$.subscribe({
        next: take,
        error(error: unknown) {
          failure = { error };
          ended = true;
          pump();
        },
        complete() {
          ended = true;
          pump();
        },
      }),
    );
  });

type Outcome<R> =
  | { readonly ok: true; readonly results: readonly R[] }
  | { readonly ok: false; readonly reason: string };

type CommitOptions<M extends AnyEnvelope, R> = Pick<CommitPipelineOptions<M, R>, 'commit' | 'maxAttempts'>;

/** A commit that throws, errors or says nothing is a failure, and a value here. */
const tryCommit = <M extends AnyEnvelope, R>(
  batch: readonly Waiting<M>[],
  { commit }: CommitOptions<M, R>,
): Observable<Outcome<R>> =>
  defer(() => commit(batch.map((one) => one.message))).pipe(
    last(),
    map((results): Outcome<R> => ({ ok: true, results })),
    catchError((error: unknown) =>
      of<Outcome<R>>({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
    ),
  );

const NOTHING = { results: [], acked: 0, retried: 0, parked: 0, failures: [] };

const commitBatch = <M extends AnyEnvelope, R>(
  batch: readonly Waiting<M>[],
  options: CommitOptions<M, R>,
): Observable<CommitReport<R>> =>
  tryCommit(batch, options).pipe(
    concatMap((outcome): Observable<CommitReport<R>> => {
      if (outcome.ok || batch.length === 1) return of(answer(NOTHING, batch, outcome, options));
      return commitOneByOne(batch, options);
    }),
  );

const commitOneByOne = <M extends AnyEnvelope, R>(
  batch: readonly Waiting<M>[],
  options: CommitOptions<M, R>,
): Observable<CommitReport<R>> =>
  defer(() => {
    let report: CommitReport<R> = NOTHING;
    return from(batch).pipe(
      concatMap((one) => {
        if (report.acked === 0 && report.failures.length >= HOPELESS_AFTER) {
          one.delivery.retry('nothing can be committed now');
          report = { ...report, retried: report.retried + 1 };
          return of(report);
        }
        return tryCommit([one], options).pipe(
          map((outcome) => (report = answer(report, [one], outcome, options))),
        );
      }),
      reduce((_, latest) => latest, report),
    );
  });

/** Answers the deliveries of one commit, now that its outcome is known, and adds them to the report. */
const answer = <M extends AnyEnvelope, R>(
  report: CommitReport<R>,
  batch: readonly Waiting<M>[],
  outcome: Outcome<R>,
  { maxAttempts }: CommitOptions<M, R>,
): CommitReport<R> => {
  if (outcome.ok) {
    for (const { delivery } of batch) delivery.ack();
    return {
      ...report,
      results: [...report.results, ...outcome.results],
      acked: report.acked + batch.length,
    };
  }
  const spent = batch.filter(({ delivery }) => delivery.attempt >= maxAttempts);
  for (const { delivery } of batch) {
    if (delivery.attempt >= maxAttempts) delivery.park(outcome.reason);
    else delivery.retry(outcome.reason);
  }
  return {
    ...report,
    retried: report.retried + batch.length - spent.length,
    parked: report.parked + spent.length,
    failures: [...report.failures, ...batch.map(() => outcome.reason)],
  };
};

/** The deliveries of a queue as a stream: subscribes with the bus when subscribed to, completes after `stop$` emits. */
export const deliveriesOf = (
  bus: MessageBus,
  queue: QueueName,
  prefetch: number,
  stop$: Observable<unknown>,
): Observable<Delivery> =>
  new Observable((subscriber) => {
    const started = bus.subscribe(queue, prefetch, (delivery) => subscriber.next(delivery));
    started.catch((error: unknown) => subscriber.error(error));
    const stop = (): Promise<void> =>
      started.then(
        (unsubscribe) => unsubscribe(),
        () => undefined,
      );
    subscriber.add(
      stop$.subscribe(
        () =>
          void stop().then(
            () => subscriber.complete(),
            (error: unknown) => subscriber.error(error),
          ),
      ),
    );
    subscriber.add(() => void stop().catch(() => undefined));
  });
