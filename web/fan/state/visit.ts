import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import {
  ask,
  insist,
  isPassing,
  jittered,
  newKey,
  pause,
  type Problem,
  type Reply,
} from '../../shared/api.ts';
import type { EventDocument, Frame, Hold } from '../../shared/documents.ts';
import { follow } from '../../shared/event-stream.ts';
import { learnTime, now, serverNowMs } from './clock.ts';
import { adoptPlainPlace } from './plain-place.ts';
import { proofFor } from './proof.ts';
import { entropyFor, forgetEntropy, keepReceipt, type Receipt } from './receipt.ts';
import { asFan, becomeFan, type Session } from './session.ts';
import { aheadOf, stageOf, type Pass, type Place, type Stage, type Standing } from './stage.ts';
import { stored } from './stored.ts';

const isAboutCode = (problem: Problem | null): boolean => problem?.code.startsWith('code_') === true;

/** Prices and what is left: people look at it while they wait. */
const EVENT_EVERY_MS = 12_000;
/** Where no stream stands, frames are asked for; in the last few places more often. */
const POLL_MS = 6_000;
const POLL_NEAR_MS = 2_500;
const NEAR = 50;
/** How long it takes is the server's estimate; the position itself is computed here, from the frame. */
const STANDING_EVERY_MS = 20_000;

/** One fan and one event, from the door to the seats. */
export interface Visit {
  readonly eventId: string;
  readonly event: ReadonlySignal<EventDocument | null>;
  readonly frame: ReadonlySignal<Frame | null>;
  readonly place: Signal<Place | null>;
  readonly standing: ReadonlySignal<Standing | null>;
  readonly pass: Signal<Pass | null>;
  readonly stage: ReadonlySignal<Stage>;
  readonly ahead: ReadonlySignal<number | null>;
  /** What went wrong last, and has not gone right since. */
  readonly problem: Signal<Problem | null>;
  /** No frame for longer than a tick should take. */
  readonly stale: ReadonlySignal<boolean>;
  readonly busy: Signal<boolean>;
  /** A puzzle is being solved, because the line asks for one. */
  readonly proving: ReadonlySignal<boolean>;
  /** The access code that a join brings, as typed, come by the link or kept; empty: none. */
  readonly code: Signal<string>;
  /** The open lane that a join names; null: the first one. A code tells the lane by itself. */
  readonly lane: Signal<string | null>;
  /** What is wrong with the code, by the answer to the last join. */
  readonly codeProblem: ReadonlySignal<Problem | null>;
  /** The code that was found good. */
  readonly keptCode: ReadonlySignal<string | null>;
  /** The code was good: this browser brings it along from now on. */
  keepCode(): void;
  join(): Promise<void>;
  comeIn(): Promise<void>;
  leave(): Promise<void>;
  /** Goes on here with the place of another device. Null: done; otherwise why not. */
  recover(code: string, key: string): Promise<Problem | null>;
  /** Ends what watches the server. */
  close(): void;
}

type Joined = Place & { readonly frame: Frame; readonly receipt: Receipt | null };
type Recovered = Joined & Session;
/** The stream of the line ends with one where the place went to another device. */
type StreamMessage = Frame | Pick<Problem, 'code'>;

const STALE_AFTER_MS = 15_000;

/** Repeats `work` with pauses that differ from everybody else's, while the page is looked at. */
const repeat = async (everyMs: () => number, work: () => Promise<void>, signal: AbortSignal) => {
  while (!signal.aborted) {
    if (document.visibilityState === 'visible') await work();
    await pause(jittered(everyMs()) * 1.33, signal);
  }
};

export const openVisit = (eventId: string): Visit => {
  const path = `/v1/events/${eventId}`;
  const abort = new AbortController();
  const event = signal<EventDocument | null>(null);
  const frame = signal<Frame | null>(null);
  const frameAtMs = signal(Date.now());
  const standing = signal<Standing | null>(null);
  const problem = signal<Problem | null>(null);
  const busy = signal(false);
  const proving = signal(false);
  adoptPlainPlace(eventId);
  const place = stored<Place | null>(`place.${eventId}`, null);
  const pass = stored<Pass | null>(`pass.${eventId}`, null);

  // Past the line goes only who brings the code to the join: one that was found good is kept until then.
  const keptCode = stored<string | null>(`code.${eventId}`, null);
  const code = signal(new URLSearchParams(location.search).get('code') ?? keptCode.value ?? '');
  const lane = signal<string | null>(null);
  const keepCode = (): void => {
    keptCode.value = code.value.trim() === '' ? null : code.value.trim();
  };

  const holds = stored<readonly Hold[]>(`holds.${eventId}`, []);
  const heldUntil = (): string | null =>
    (holds.value ?? [])
      .map(({ expiresAt }) => expiresAt)
      .sort()
      .at(-1) ?? null;

  const known = () => ({
    event: event.value,
    frame: frame.value,
    place: place.value,
    standing: standing.value,
    pass: pass.value,
    heldUntil: heldUntil(),
    nowMs: now.value,
  });
  const stage = computed(() => stageOf(known()));
  const ahead = computed(() => aheadOf(known()));

  /** Keeps what went wrong, or forgets it when things go right. */
  const noted = <T>(reply: Reply<T>): Reply<T> => {
    problem.value = reply.ok ? null : reply.problem;
    return reply;
  };

  const seeFrame = (next: Frame): void => {
    const before = frame.value;
    frameAtMs.value = Date.now();
    // Frames come by stream and by asking, and may overtake each other: the order is that of epoch, then of `asOf`.
    if (before !== null && next.epoch < before.epoch) return;
    if (before !== null && next.epoch === before.epoch && (next.asOf ?? '') < (before.asOf ?? '')) return;
    frame.value = next;
    if (next.drawn && before?.drawn === false) void readStanding();
  };

  const readEvent = async (): Promise<void> => {
    const reply = await ask<EventDocument>('GET', path);
    if (reply.ok) {
      event.value = reply.body;
      learnTime(reply.at);
    }
    if (!reply.ok && event.value === null) problem.value = reply.problem;
    else if (reply.ok && problem.value?.code === 'network') problem.value = null;
  };

  const readFrame = async (): Promise<void> => {
    const reply = await ask<Frame>('GET', `${path}/line`);
    if (reply.ok) seeFrame(reply.body);
  };

  const readStanding = async (): Promise<void> => {
    const mine = place.value;
    if (mine === null) return;
    const reply = await asFan<Standing>('GET', `${path}/line/me`, {
      headers: { 'catraca-place': mine.place },
      tries: 1,
    });
    if (reply.ok) standing.value = reply.body;
    else if (reply.problem.code === 'place_handed_over') goneElsewhere(mine);
    // Another fan's place, or one of an installation that is no more.
    else if (reply.problem.code === 'place_invalid') place.value = null;
  };

  const goneElsewhere = (mine: Place): void => {
    // Another tab may have brought it back meanwhile.
    if (place.value?.place !== mine.place) return;
    pass.value = null;
    standing.value = null;
    place.value = { ...mine, gone: true };
  };

  const start = (): void => {
    void repeat(() => EVENT_EVERY_MS, readEvent, abort.signal);
    let streaming = false;
    let unfollow = (): void => undefined;
    const stopFollowing = effect(() => {
      const mine = place.value;
      const wanted = mine !== null && mine.gone !== true && pass.value === null;
      unfollow();
      unfollow = () => undefined;
      streaming = false;
      if (!wanted) return;
      unfollow = follow<StreamMessage>(`${path}/line/stream`, {
        headers: { 'catraca-place': mine.place },
        onMessage: (message) => ('code' in message ? goneElsewhere(mine) : seeFrame(message)),
        onState: (open) => {
          streaming = open;
        },
      });
    });
    abort.signal.addEventListener('abort', () => {
      stopFollowing();
      unfollow();
    });
    void repeat(
      () => ((ahead.value ?? Number.POSITIVE_INFINITY) < NEAR ? POLL_NEAR_MS : POLL_MS),
      async () => {
        if (!streaming && pass.value === null) await readFrame();
      },
      abort.signal,
    );
    void repeat(
      () => STANDING_EVERY_MS,
      async () => {
        if (place.value?.gone !== true) await readStanding();
      },
      abort.signal,
    );
  };

  const adopt = async (joined: Joined): Promise<void> => {
    const { place: signed, number, recoveryCode } = joined;
    pass.value = null;
    standing.value = null;
    place.value = { place: signed, number, lane: joined.lane ?? null, recoveryCode };
    seeFrame(joined.frame);
    await readStanding();
  };

  const wish = (): { readonly code?: string; readonly lane?: string } => {
    const brought = code.value.trim();
    if (brought !== '') return { code: brought };
    return lane.value === null ? {} : { lane: lane.value };
  };

  const join = async (): Promise<void> => {
    busy.value = true;
    const { entropy, isNew } = entropyFor(eventId);
    const send = (proof: string | null): Promise<Reply<Joined>> =>
      asFan<Joined>('POST', `${path}/line`, {
        key: newKey(),
        body: { entropy, ...wish() },
        headers: {
          ...(proof !== null && { 'catraca-proof': proof }),
          ...(place.value !== null && { 'catraca-place': place.value.place }),
        },
      });
    let reply = await send(null);
    if (!reply.ok && reply.problem.code === 'proof_required') {
      proving.value = true;
      const proof = await proofFor(eventId);
      proving.value = false;
      if (proof !== null) reply = await send(proof);
    }
    noted(reply);
    if (!reply.ok && !isPassing(reply.problem)) forgetEntropy(eventId);
    if (reply.ok) {
      keepReceipt(eventId, reply.body.receipt, reply.status === 201 || !isNew);
      keepCode();
      await adopt(reply.body);
    }
    busy.value = false;
  };

  const recover = async (code: string, key: string): Promise<Problem | null> => {
    busy.value = true;
    const reply = await ask<Recovered>('POST', `${path}/line/recovery`, { key, body: { code } });
    if (reply.ok) {
      const { fanId, token, expiresAt } = reply.body;
      becomeFan({ fanId, token, expiresAt });
      problem.value = null;
      keepReceipt(eventId, reply.body.receipt, false);
      await adopt(reply.body);
    }
    busy.value = false;
    return reply.ok ? null : reply.problem;
  };

  const comeIn = async (): Promise<void> => {
    const mine = place.value;
    if (mine === null || busy.value) return;
    busy.value = true;
    const reply = await asFan<Pass>('POST', `${path}/admission`, {
      key: newKey(),
      body: { place: mine.place },
    });
    busy.value = false;
    if (reply.ok) {
      problem.value = null;
      pass.value = { pass: reply.body.pass, expiresAt: reply.body.expiresAt };
      return;
    }
    if (reply.problem.code === 'place_handed_over') {
      goneElsewhere(mine);
      return;
    }
    // Called, but the slot went to the next: the line calls again.
    if (reply.problem.code !== 'not_called') problem.value = reply.problem;
    await readStanding();
  };

  const leave = async (): Promise<void> => {
    await asFan('DELETE', `${path}/admission`);
    place.value = null;
    pass.value = null;
    standing.value = null;
  };

  start();
  return {
    eventId,
    event,
    frame,
    place,
    standing,
    pass,
    stage,
    ahead,
    problem,
    stale: computed(() => now.value > 0 && Date.now() - frameAtMs.value > STALE_AFTER_MS),
    busy,
    proving,
    code,
    lane,
    codeProblem: computed(() => (isAboutCode(problem.value) ? problem.value : null)),
    keptCode,
    keepCode,
    join,
    comeIn,
    leave,
    recover,
    close: () => abort.abort(),
  };
};

/** Time left until `iso`, by the server's clock. */
export const msUntil = (iso: string): number => Date.parse(iso) - serverNowMs();

/** Reads an event once, for screens that are not about it. */
export const readEventOnce = (eventId: string): Promise<Reply<EventDocument>> =>
  insist<EventDocument>('GET', `/v1/events/${eventId}`, {}, 3);
