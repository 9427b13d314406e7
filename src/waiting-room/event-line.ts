import { BehaviorSubject, defer, firstValueFrom, Subject, takeUntil, type Observable } from 'rxjs';
import type { LoopState } from '../domain/closed-loop.ts';
import { phaseAt, type SaleEvent } from '../domain/event.ts';
import type { Frame } from '../domain/frame.ts';
import { momentOf, type CurveMoment, type LaunchCurve } from '../domain/launch-curve.ts';
import { eachLane, furthestLanes } from '../domain/lanes.ts';
import type {
  JournalledLine,
  LineCounters,
  LineSnapshot,
  Lost,
  StepInput,
  StepResult,
} from '../domain/ports/line.ts';
import { slowdownOfLaunch, slower } from '../domain/slowdown.ts';
import { admissionFrames, slowedBy, ticksOf, type EffectiveKnobs } from '../streams/admissions.ts';
import { closedLoop } from '../streams/closed-loop.ts';
import { openLaneDraws, type LaneDraws } from './lane-draws.ts';
import { createLineTelling } from './line-telling.ts';
import { extrasOf, stockOf } from './extras.ts';
import { createPace, type Reading } from './pace.ts';
import type { WaitingRoomParts } from './parts.ts';

/** Nobody is called in a closed line: its frame only has to follow a change of mind. */
const CLOSED_TICK_MS = 1_000;

/** The line of one event as this node sees it. */
export interface EventLine {
  event(): SaleEvent;
  /** The event as a read that began as the `readAt`th saw it. A change is in force at once. */
  update(event: SaleEvent, readAt: number): void;
  /** The newest frame; waits for the first. */
  frame(): Promise<Frame>;
  latest(): Frame | null;
  readonly frame$: Observable<Frame>;
  counters(): LineCounters | null;
  /** How fast the line really moved of late; null: too early to say. */
  pace(): Reading | null;
  /** The active launch curve and where on it the sale is; null: there is none. */
  planned(): { readonly curve: LaunchCurve; readonly moment: CurveMoment } | null;
  readonly draws: LaneDraws;
  /** What the closed loop of this node thinks; null: it is off, or there is none. */
  loop(): LoopState | null;
  /** Asks the store; restores a line that it has lost and asks again. */
  ask<T extends object>(question: () => Promise<T | Lost>): Promise<T>;
  /** Loads the line once more, so that the store's epoch is no older than the journal's. */
  reload(): Promise<void>;
  /** Stops the steps and saves the counters once more. */
  close(): Promise<void>;
}

const isLost = (answer: object): answer is Lost => 'lost' in answer;
const sameEvent = (a: SaleEvent, b: SaleEvent): boolean =>
  a.admission.version === b.admission.version &&
  a.phaseSetting === b.phaseSetting &&
  a.opensAtMs === b.opensAtMs &&
  a.message?.atMs === b.message?.atMs;

/** What people were told stays: each count is whatever is further. */
const furthestOf = (snapshot: LineSnapshot, frame: Frame | null) => ({
  joined: Math.max(snapshot.joined, frame?.joined ?? 0),
  serving: Math.max(snapshot.serving, frame?.serving ?? 0),
  lanes:
    frame?.lanes === undefined
      ? snapshot.lanes
      : furthestLanes(eachLane(snapshot), frame.lanes)?.map(({ joined, serving }) => ({ joined, serving })),
});

const isBehind = (result: StepResult, frame: Frame): boolean =>
  result.serving < frame.serving ||
  result.joined < frame.joined ||
  (frame.lanes ?? []).some(({ joined, serving }, lane) => {
    const has = result.lanes?.[lane] ?? (lane === 0 ? result : { joined: 0, serving: 0 });
    return has.serving < serving || has.joined < joined;
  });

/** Who has joined is told at once, who is called only from the journal. */
const lanesTold = ({ lanes }: StepResult, told: JournalledLine): StepResult['lanes'] =>
  lanes?.map(({ joined }, lane) => ({
    joined,
    serving: (told.lanes?.[lane] ?? (lane === 0 && told.lanes === undefined ? told : { serving: 0 })).serving,
  }));

/** `node` must be unique among those who step the same line. */
export const openEventLine = (first: SaleEvent, parts: WaitingRoomParts, node: string): EventLine => {
  const { store, journal, clock, log } = parts;
  const { eventId } = first;
  const event$ = new BehaviorSubject(first);
  const closed$ = new Subject<void>();
  const draws = openLaneDraws(first, parts);
  const pace = createPace();
  const telling = createLineTelling(eventId, parts);
  const gone = createPace();
  let loop: LoopState | null = null;
  let counters: LineCounters | null = null;
  let frame: Frame | null = null;
  let restoring: Promise<void> | null = null;
  let stepping: Promise<unknown> = Promise.resolve();
  let faulty = false;
  let newestRead = 0;

  const restoreOnce = async (): Promise<void> => {
    const snapshot = await journal.loadSnapshot(eventId);
    // `joined` is told before the journal has it; what people were called by is in there already.
    await store.restore(eventId, {
      ...snapshot,
      ...furthestOf(snapshot, frame),
      admitted: Math.max(snapshot.admitted, counters?.admitted ?? 0),
      firstUse: snapshot.firstUse && counters === null,
    });
    log.info({ eventId, epoch: snapshot.epoch }, 'the counters of a line were set from the journal');
  };
  const restore = (): Promise<void> => {
    restoring ??= restoreOnce().finally(() => {
      restoring = null;
    });
    return restoring;
  };

  const ask = async <T extends object>(question: () => Promise<T | Lost>): Promise<T> => {
    const answer = await question();
    if (!isLost(answer)) return answer;
    await restore();
    const second = await question();
    if (isLost(second)) throw new Error('the line store lost a line that was just restored');
    return second;
  };

  /** A line that is closed, or has nothing to sell, says nothing about how fast it is. */
  const isCalling = (): boolean =>
    phaseAt(event$.value, clock.nowMs()) === 'open' &&
    !event$.value.admission.paused &&
    parts.stockLeft?.(eventId) !== 0;

  /** Nobody is called before the order is fixed, whatever this node's clock says. */
  const stepDrawn = async (wish: StepInput): Promise<StepResult> => {
    const drawn = await draws.keepUp(event$.value);
    const fixed = drawn.every(({ secret }) => secret !== null);
    const joinedAtLeast = drawn.map(({ entrants }) => entrants);
    const input = { ...wish, open: wish.open && fixed, joinedAtLeast, node };
    const result = await ask(() => store.step(eventId, input));
    const binding = wish.open && !fixed ? 'pending' : result.binding;
    return { ...result, binding, drawn: fixed };
  };

  const step = async (input: StepInput): Promise<StepResult> => {
    let result = await stepDrawn(input);
    if (frame !== null && isBehind(result, frame)) {
      // Another node restored it without knowing what this one has already told people.
      await restore();
      result = await stepDrawn(input);
    }
    const { epoch, joined, serving, lanes, admitted, inside, called } = result;
    counters = { epoch, joined, serving, lanes, admitted, inside, called };
    pace.note(clock.nowMs(), serving, serving < joined && isCalling());
    gone.note(clock.nowMs(), admitted - inside - called);
    const told = await telling.tell(result);
    if (faulty) log.info({ eventId }, 'the line moves again');
    faulty = false;
    return { ...result, ...told, joined, lanes: lanesTold(result, told) };
  };

  const planned = (): { readonly curve: LaunchCurve; readonly moment: CurveMoment } | null => {
    const event = event$.value;
    if (event.launch?.active !== true) return null;
    const { curve } = event.launch;
    const counts = parts.seatCounts?.(eventId) ?? null;
    const stock = counts === null ? null : stockOf(counts);
    return { curve, moment: momentOf(curve, event, stock, clock.nowMs()) };
  };
  const slowed = slowedBy((event) => {
    const plan = planned();
    return slower(
      parts.slowdown?.(event),
      plan === null ? null : slowdownOfLaunch(event.launch, plan.moment),
    );
  });
  const { vitals } = parts;
  const digested: EffectiveKnobs =
    vitals === undefined
      ? (wish$) => wish$
      : closedLoop({
          vitals,
          crowd: () =>
            counters === null
              ? null
              : { inside: counters.inside + counters.called, leavingPerMinute: gone.perMinute() },
          nowMs: () => clock.nowMs(),
          onLook: (state) => (loop = state),
        });

  const frame$ = admissionFrames({
    event$,
    ticks: (event) =>
      ticksOf(
        clock,
        phaseAt(event, clock.nowMs()) === 'closed' ? Math.max(parts.tickMs, CLOSED_TICK_MS) : parts.tickMs,
      ),
    effectiveKnobs: (wish$) => wish$.pipe(slowed, digested),
    step: (input) =>
      defer(() => {
        const running = step(input);
        stepping = running.catch(() => undefined);
        return running;
      }),
    stockLeft: () => parts.stockLeft?.(eventId) ?? null,
    extras: (event) => extrasOf(event, counters, parts.seatCounts?.(eventId) ?? null),
    nowMs: () => clock.nowMs(),
    onFault(error) {
      if (!faulty) log.warn({ eventId, err: error }, 'the line stands still: a step failed');
      faulty = true;
    },
  }).pipe(takeUntil(closed$));
  // The first subscriber, so that the newest frame is known here before anybody hears of it.
  const running = frame$.subscribe((next) => {
    frame = next;
  });

  return {
    event: () => event$.value,
    update(event, readAt) {
      // Reads overtake each other: what was changed must not be changed back by a read that began before.
      if (readAt < newestRead) return;
      newestRead = readAt;
      if (sameEvent(event, event$.value)) return;
      if (event.admission.version !== event$.value.admission.version) pace.restart();
      event$.next(event);
    },
    frame: async () => frame ?? firstValueFrom(frame$),
    latest: () => frame,
    frame$,
    draws,
    counters: () => counters,
    pace: () => pace.read(),
    planned,
    loop: () => loop,
    ask,
    reload: restore,
    async close() {
      closed$.next();
      running.unsubscribe();
      await stepping;
      await telling.close();
    },
  };
};
