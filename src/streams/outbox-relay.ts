import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  concat,
  concatMap,
  defer,
  endWith,
  exhaustMap,
  expand,
  ignoreElements,
  merge,
  of,
  takeUntil,
  tap,
  type OperatorFunction,
} from 'rxjs';
import type { AnyEnvelope } from '../domain/messages.ts';
import type { Clock, Random } from '../domain/ports/environment.ts';
import type { MessageBus, PublishOutcome } from '../domain/ports/message-bus.ts';
import type { Outbox } from '../domain/ports/outbox.ts';

/** What one round did. `failed`: the store or the bus threw; the rows' lease brings them back. */
export interface RelayRound {
  readonly claimed: number;
  readonly sent: number;
  readonly returned: number;
  readonly unknown: number;
  readonly failed: boolean;
  /** Rounds in a row that sent nothing although there was something to send. */
  readonly setbacks: number;
}

/** All I/O and all waiting of the relay. Each observable emits once and completes, or errors. */
export interface RelaySteps {
  claim(): Observable<readonly AnyEnvelope[]>;
  publish(envelopes: readonly AnyEnvelope[]): Observable<readonly PublishOutcome[]>;
  markSent(ids: readonly string[]): Observable<unknown>;
  giveBack(ids: readonly string[]): Observable<unknown>;
  /** Completes or emits when the pause before the next round is over. */
  pause(delayMs: number): Observable<unknown>;
}

export interface RelayLimits {
  /** A claim that returns this many is followed by another at once: there may be more. */
  readonly batch: number;
  readonly pauseMs: number;
  readonly pauseMaxMs: number;
}

const pauseMsAfter = (setbacks: number, limits: RelayLimits): number =>
  Math.min(limits.pauseMs * 2 ** Math.min(Math.max(0, setbacks - 1), 16), limits.pauseMaxMs);

const settle = (
  steps: RelaySteps,
  envelopes: readonly AnyEnvelope[],
  outcomes: readonly PublishOutcome[],
  setbacks: number,
): Observable<RelayRound> => {
  const idsWhere = (wanted: (outcome: PublishOutcome) => boolean): readonly string[] =>
    envelopes.filter((_, index) => wanted(outcomes[index] ?? 'unknown')).map((envelope) => envelope.id);
  const sent = idsWhere((outcome) => outcome === 'confirmed');
  const unsent = idsWhere((outcome) => outcome !== 'confirmed');
  const returned = outcomes.filter((outcome) => outcome === 'returned').length;
  const round: RelayRound = {
    claimed: envelopes.length,
    sent: sent.length,
    returned,
    unknown: unsent.length - returned,
    failed: false,
    setbacks: sent.length > 0 || unsent.length === 0 ? 0 : setbacks + 1,
  };
  const mark$ = sent.length > 0 ? steps.markSent(sent) : EMPTY;
  const giveBack$ = unsent.length > 0 ? steps.giveBack(unsent) : EMPTY;
  return concat(mark$, giveBack$).pipe(ignoreElements(), endWith(round));
};

const NOTHING: RelayRound = { claimed: 0, sent: 0, returned: 0, unknown: 0, failed: false, setbacks: 0 };

const round = (
  steps: RelaySteps,
  setbacks: number,
  onFailure: (error: unknown) => void,
): Observable<RelayRound> =>
  defer(() => steps.claim()).pipe(
    concatMap((envelopes) =>
      envelopes.length === 0
        ? of(NOTHING)
        : defer(() => steps.publish(envelopes)).pipe(
            concatMap((outcomes) => settle(steps, envelopes, outcomes, setbacks)),
          ),
    ),
    // On the inner stream: an error that reached the outer one would end the relay for ever.
    catchError((error: unknown) => {
      onFailure(error);
      return of({ ...NOTHING, failed: true, setbacks: setbacks + 1 });
    }),
  );

/**
 * Wake-ups in, rounds out. A wake-up drains the outbox: claim, publish, tick off what the bus confirmed, give back what it
 * returned or gave no word of. Never two rounds at once. After a round with leftovers it pauses, longer each time nothing
 * goes through, and tries again by itself; a wake-up that comes during a drain makes it look once more, so that a row
 * committed just after the last claim need not wait for the next poll. It never errors. When the wake-ups complete, the
 * round under way is finished and no other begins.
 */
export const relayOutbox = (
  steps: RelaySteps,
  limits: RelayLimits,
  onFailure: (error: unknown) => void,
): OperatorFunction<unknown, RelayRound> => {
  return (wakeUps$) =>
    defer(() => {
      let woken = false;
      let over = false;
      const begin = (setbacks: number): Observable<RelayRound> =>
        defer(() => {
          if (over) return EMPTY;
          woken = false;
          return round(steps, setbacks, onFailure);
        });
      const next = (done: RelayRound): Observable<RelayRound> => {
        if (done.failed || done.sent < done.claimed) {
          const pause$ = steps.pause(pauseMsAfter(done.setbacks, limits)).pipe(ignoreElements());
          return concat(pause$, begin(done.setbacks));
        }
        return done.claimed >= limits.batch || woken ? begin(0) : EMPTY;
      };
      return wakeUps$.pipe(
        tap({
          next: () => {
            woken = true;
          },
          complete: () => {
            over = true;
          },
        }),
        exhaustMap(() => begin(0).pipe(expand(next))),
      );
    });
};

/** Emits every `everyMs`, a little earlier or later each time so that copies of a process do not march in step. */
export const poll$ = (clock: Clock, random: Random, everyMs: number): Observable<void> =>
  new Observable<void>((subscriber) => {
    let cancel = (): void => undefined;
    const arm = (): void => {
      cancel = clock.after(everyMs * (0.8 + 0.4 * random.next()), () => {
        subscriber.next();
        if (!subscriber.closed) arm();
      });
    };
    arm();
    return () => cancel();
  });

const pause$ = (clock: Clock, delayMs: number): Observable<void> =>
  new Observable<void>((subscriber) => clock.after(delayMs, () => subscriber.complete()));

export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly pollMs: number;
  /** Rows claimed and published at once; default 100. */
  readonly batch?: number;
  /** So many messages go out again, because their queue was lost. */
  readonly onRecovered?: (messages: number) => void;
  /** Longer than the slowest publish; default 30 s. */
  readonly leaseMs?: number;
  readonly onRound?: (round: RelayRound) => void;
  readonly onFailure: (error: unknown) => void;
}

export interface OutboxRelay {
  /** Something was committed: look now. */
  nudge(): void;
  /** No new round; resolves when the one under way is over. */
  stop(): Promise<void>;
}

/** Starts relaying `outbox` to `bus`. Any number of copies may run, of one service or of several processes. */
export const startOutboxRelay = (options: OutboxRelayOptions): OutboxRelay => {
  const { outbox, bus, clock, random } = options;
  const limits: RelayLimits = { batch: options.batch ?? 100, pauseMs: 250, pauseMaxMs: 5_000 };
  const nudges$ = new Subject<void>();
  const stopping$ = new Subject<void>();
  const steps: RelaySteps = {
    claim: () => defer(() => outbox.claim(limits.batch, options.leaseMs ?? 30_000)),
    publish: (envelopes) => defer(() => bus.publish(envelopes)),
    markSent: (ids) => defer(() => outbox.markSent(ids)),
    giveBack: (ids) => defer(() => outbox.giveBack(ids)),
    pause: (delayMs) => pause$(clock, delayMs).pipe(takeUntil(stopping$)),
  };
  // Before each look: what is said again stands in the outbox like anything else.
  const looks$ = poll$(clock, random, options.pollMs).pipe(
    exhaustMap(() =>
      defer(() => outbox.recover()).pipe(
        tap((messages) => {
          if (messages > 0) options.onRecovered?.(messages);
        }),
        catchError((error: unknown) => {
          options.onFailure(error);
          return of(undefined);
        }),
      ),
    ),
  );
  const wakeUps$ = merge(nudges$, looks$, of(undefined)).pipe(takeUntil(stopping$));
  const over = new Promise<void>((resolve) => {
    wakeUps$
      .pipe(relayOutbox(steps, limits, options.onFailure))
      .subscribe({ next: (done) => options.onRound?.(done), complete: resolve });
  });
  return {
    nudge: () => nudges$.next(),
    async stop() {
      stopping$.next();
      await over;
    },
  };
};
