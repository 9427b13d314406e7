import {
  catchError,
  exhaustMap,
  map,
  merge,
  Observable,
  of,
  scan,
  shareReplay,
  switchMap,
  type MonoTypeOperatorFunction,
} from 'rxjs';
import { phaseAt, type Phase, type SaleEvent } from '../domain/event.ts';
import { nextFrame, type Frame, type FrameExtras } from '../domain/frame.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { Slowdown, StepInput, StepResult } from '../domain/ports/line.ts';

/** What is asked of the next step, and for which event. */
export interface AdmissionWish {
  readonly event: SaleEvent;
  readonly phase: Phase;
  readonly input: StepInput;
}

/** From what the operator wants to what the sale can digest. A controller that slows the line goes here. */
export type EffectiveKnobs = MonoTypeOperatorFunction<AdmissionWish>;

/** What the operator wants, unless the sale can digest less. */
export const slowedBy =
  (slowdownOf: (event: SaleEvent) => Slowdown | null): EffectiveKnobs =>
  (wish$) =>
    wish$.pipe(map((wish) => ({ ...wish, input: { ...wish.input, slowdown: slowdownOf(wish.event) } })));

export interface AdmissionOptions {
  /** The event now and after each change; a change is stepped at once. */
  readonly event$: Observable<SaleEvent>;
  /** Emits when it is time for another step, as long as the event stays as it is. */
  readonly ticks: (event: SaleEvent) => Observable<unknown>;
  readonly effectiveKnobs: EffectiveKnobs;
  /** One atomic step of the line. Must end in bounded time. */
  readonly step: (input: StepInput) => Observable<StepResult>;
  /** Seats that are left; null: not known. */
  readonly stockLeft: () => number | null;
  /** What each frame carries beside the line, from memory; absent: nothing. */
  readonly extras?: (event: SaleEvent) => FrameExtras;
  readonly nowMs: () => number;
  /** Told of each step that failed. */
  readonly onFault: (error: unknown) => void;
}

/** Emits every `everyMs`, for the first time after that long. */
export const ticksOf = (clock: Clock, everyMs: number): Observable<void> =>
  new Observable((subscriber) => {
    let cancel = (): void => undefined;
    const wait = (): void => {
      cancel = clock.after(everyMs, () => {
        subscriber.next();
        if (!subscriber.closed) wait();
      });
    };
    wait();
    return () => cancel();
  });

const wishOf = (event: SaleEvent, { nowMs, stockLeft }: AdmissionOptions): AdmissionWish => {
  const phase = phaseAt(event, nowMs());
  return {
    event,
    phase,
    input: { knobs: event.admission, open: phase === 'open', roomLeft: stockLeft() },
  };
};

/**
 * Paces the admissions of one event: each tick and each turn of a knob becomes one step, and each step a frame. A step
 * that is late makes the ticks meanwhile void instead of queueing them; a step that fails makes a `degraded` frame and
 * the stream goes on. Late subscribers get the newest frame first; the steps stop when nobody is subscribed.
 */
export const admissionFrames = (options: AdmissionOptions): Observable<Frame> =>
  options.event$.pipe(
    switchMap((event) => merge(of(event), options.ticks(event).pipe(map(() => event)))),
    map((event) => wishOf(event, options)),
    options.effectiveKnobs,
    exhaustMap((wish) =>
      options.step(wish.input).pipe(
        map((reading): { wish: AdmissionWish; reading: StepResult | null } => ({ wish, reading })),
        // Here and not further out: an error that reached the outer stream would end it for ever.
        catchError((error: unknown) => {
          options.onFault(error);
          return of({ wish, reading: null });
        }),
      ),
    ),
    scan<{ wish: AdmissionWish; reading: StepResult | null }, Frame, null>(
      (previous, { wish, reading }) => ({
        ...nextFrame(
          previous,
          {
            eventId: wish.event.eventId,
            opensAtMs: wish.event.opensAtMs,
            phase: wish.phase,
            lanes: wish.event.lanes,
          },
          reading,
          options.nowMs(),
        ),
        ...options.extras?.(wish.event),
      }),
      null,
    ),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
