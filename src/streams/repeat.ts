import {
  catchError,
  defer,
  EMPTY,
  exhaustMap,
  repeat,
  timer,
  type Observable,
  type SchedulerLike,
} from 'rxjs';

export interface RepeatOptions {
  readonly everyMs: number;
  /** 0 to 1: each wait is longer by a random part of this share, so that many copies do not march in step. */
  readonly jitter: number;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
  readonly scheduler?: SchedulerLike;
}

/**
 * Does `work` again and again, one at a time, a wait of `everyMs` after each. An error is told to `onError` and never
 * ends the stream; unsubscribing does.
 */
export const repeating = <Value>(work: () => Observable<Value>, options: RepeatOptions): Observable<Value> =>
  defer(() => timer(options.everyMs * (1 + options.jitter * options.random()), options.scheduler)).pipe(
    exhaustMap(() =>
      defer(work).pipe(
        catchError((error: unknown) => {
          options.onError(error);
          return EMPTY;
        }),
      ),
    ),
    repeat(),
  );
