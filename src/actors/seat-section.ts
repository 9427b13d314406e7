import type { HoldResult } from '../domain/hold.ts';
import type { SeatMap } from '../domain/ports/services.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import {
  claim,
  learn,
  sectionFrom,
  settleHeld,
  settleRefused,
  settleUnknown,
  type Section,
} from '../domain/section.ts';
import { seatMapOf } from '../domain/seat-map.ts';
import type { ActorContext, ActorSpec, Outcome } from './kit/actor.ts';
import type { CrashLog, SetAside } from './kit/set-aside.ts';
import type { Ask, Look, SectionMessage, SectionOptions } from './section-messages.ts';

interface SectionState {
  /** Null until Postgres has been read: then requests wait in `waiting`. */
  section: Section | null;
  readonly waiting: Request[];
  reading: boolean;
  /** Someone asked to look again while a read was under way that may be older. */
  again: boolean;
  lastReadMs: number;
  /** Until then only what changed is read. */
  readAllAtMs: number;
  lastWantedMs: number;
  refreshing: boolean;
  /** Nobody has read for a while because nobody wanted anything: the belief is too old to refuse anybody by. */
  stale: boolean;
  map: SeatMap | null;
}

/** How old the belief may get while somebody uses the section: other nodes sell from it too. */
const REFRESH_EVERY_MS = 1_000;
/**
 * A look at changes misses none by itself. Whatever else may go wrong (a standby was promoted that had not heard of everything,
 * and counts its transactions anew), a belief is never wrong for longer than this.
 */
const READ_ALL_EVERY_MS = 60_000;
/** Nobody wanted anything for this long: stop reading. The next one who does waits for a fresh read. */
const IDLE_AFTER_MS = 15_000;
/** When the section chose the seats itself and another node was faster, it chooses again this often. */
const MAX_PICKS = 6;
const MAX_WAITING = 2_000;
/** Room for a burst of a whole front row's worth of fans; what is beyond is refused with 503 at once. */
const MAILBOX = 5_000;

/**
 * One section of one event. It settles contention between fans of this node before a lock is taken: a seat that is taken,
 * or being decided, is refused from memory at once; only what may be free goes on to Redis and Postgres. It never says
 * "yours" from memory, and it never waits in its handler: what it asks of the outside comes back as a message.
 */
export const seatSection = (options: SectionOptions): ActorSpec<SectionState, SectionMessage> => ({
  name: options.sectionId,
  kind: 'seat-section',
  mailboxLimit: MAILBOX,
  // Accepted asks wait for Postgres, so more of them may be unanswered than wait in the mailbox.
  unansweredLimit: MAILBOX * 4,
  setAside: setAside(options.effects.crashes),
  start: (context) => {
    const state: SectionState = {
      section: null,
      waiting: [],
      reading: false,
      again: false,
      lastReadMs: 0,
      readAllAtMs: 0,
      lastWantedMs: options.effects.clock.nowMs(),
      refreshing: false,
      stale: false,
      map: null,
    };
    read(options, state, context);
    return state;
  },
  receive: (state, message, context) => {
    switch (message.type) {
      case 'hold':
      case 'map':
        onRequest(options, state, message, context);
        break;
      case 'changed':
        read(options, state, context);
        break;
      case 'decided':
        onDecided(options, state, message.ask, message.outcome, context);
        break;
      case 'read':
        onRead(options, state, message.askedInTurn, message.outcome, context);
        break;
      case 'refresh':
        onRefresh(options, state, context);
        break;
    }
    return state;
  },
});

/** A hold that breaks the section each time it comes would close it to everybody, by the persistence of one client. */
const setAside = (log: CrashLog): SetAside<SectionMessage> => {
  const holdOf = (message: SectionMessage) => {
    if (message.type === 'hold') return message;
    return message.type === 'decided' ? message.ask : null;
  };
  return {
    log,
    commandIdOf: (message) => holdOf(message)?.command.holdId ?? null,
    refuse: (message) => holdOf(message)?.port.reply(refuse('command_set_aside')),
  };
};

type Context = ActorContext<SectionMessage>;
type Request = Extract<SectionMessage, { type: 'hold' | 'map' }>;

const onRequest = (
  options: SectionOptions,
  state: SectionState,
  message: Request,
  context: Context,
): void => {
  const { clock } = options.effects;
  state.lastWantedMs = clock.nowMs();
  const isOld = clock.nowMs() - state.lastReadMs > REFRESH_EVERY_MS * 2;
  if (isOld && !state.refreshing) state.stale = true;
  keepFresh(state, context);
  if (state.section === null || state.stale) {
    read(options, state, context);
    wait(state, message);
    return;
  }
  if (message.type === 'hold') {
    ask(options, state, state.section, { command: message.command, port: message.port, attempt: 1 }, context);
    return;
  }
  if (isOld) {
    // Reads have failed or taken long: rather a moment later than an old map.
    read(options, state, context);
    wait(state, message);
    return;
  }
  message.port.reply(currentMap(options, state, state.section));
};

const wait = (state: SectionState, message: Request): void => {
  if (state.waiting.length < MAX_WAITING) state.waiting.push(message);
  else message.port.reply(refuse('overloaded', { retryAfterMs: 1_000 }));
};

const ask = (
  options: SectionOptions,
  state: SectionState,
  section: Section,
  request: Omit<Ask, 'seatIds'>,
  context: Context,
): void => {
  const { effects, eventId, sectionId } = options;
  const { command, port, attempt } = request;
  const step = claim(section, command.wish, command.holdId, effects.clock.nowMs(), effects.random.next());
  if (step.kind === 'refused') {
    port.reply(step);
    return;
  }
  state.map = null;
  // Written out: a spread of the request cost as much as settling it.
  const asked: Ask = { command, port, seatIds: step.seatIds, attempt };
  context.effect(
    () =>
      effects.decide(
        {
          holdId: command.holdId,
          eventId,
          sectionId,
          fanId: command.fanId,
          passId: command.passId,
          seatIds: step.seatIds,
          ttlMs: options.holdTtlMs,
          fingerprint: command.fingerprint,
        },
        // Which incarnation took the lock: tells an operator whose it is.
        `${effects.owner}.${context.epoch}`,
      ),
    (outcome) => ({ type: 'decided', ask: asked, outcome }),
  );
};

const onDecided = (
  options: SectionOptions,
  state: SectionState,
  asked: Ask,
  outcome: Outcome<HoldResult>,
  context: Context,
): void => {
  const { section } = state;
  if (section === null) return;
  state.map = null;
  if ('error' in outcome) {
    // Postgres gave no word. The seats may be held by now: the next read tells, and a repeat with the same key finds out.
    settleUnknown(section, asked.seatIds, asked.command.holdId);
    asked.port.reply(refuse('outcome_unknown'));
    read(options, state, context);
    return;
  }
  const result = outcome.ok;
  if (result.kind === 'held') {
    settleHeld(section, asked.seatIds, result.hold);
    asked.port.reply(result);
    return;
  }
  onRefused(options, state, section, asked, result, context);
};

const onRefused = (
  options: SectionOptions,
  state: SectionState,
  section: Section,
  asked: Ask,
  refusal: Refusal,
  context: Context,
): void => {
  const believeUntilMs = options.effects.clock.nowMs() + REFRESH_EVERY_MS * 2;
  const { holdId, wish } = asked.command;
  settleRefused(section, asked.seatIds, holdId, refusal.seatIds ?? [], believeUntilMs, 'seatIds' in wish);
  if (refusal.code === 'seat_taken') {
    read(options, state, context);
    if ('quantity' in asked.command.wish && asked.attempt < MAX_PICKS) {
      const { command, port, attempt } = asked;
      ask(options, state, section, { command, port, attempt: attempt + 1 }, context);
      return;
    }
  }
  asked.port.reply(refusal);
};

/** Reads the section from Postgres, one read at a time. */
const read = (options: SectionOptions, state: SectionState, context: Context): void => {
  if (state.reading) {
    state.again = true;
    return;
  }
  state.reading = true;
  state.again = false;
  const { effects, eventId, sectionId } = options;
  const askedInTurn = state.section?.turn ?? 0;
  const since = state.section?.knownUntil ?? 0;
  const whole = state.section === null || effects.clock.nowMs() >= state.readAllAtMs;
  if (whole) state.readAllAtMs = effects.clock.nowMs() + READ_ALL_EVERY_MS;
  context.effect<Look>(
    async () =>
      whole
        ? { whole, look: await effects.readSection(eventId, sectionId) }
        : { whole, look: await effects.readChanges(eventId, sectionId, since) },
    (outcome) => ({ type: 'read', askedInTurn, outcome }),
  );
};

const onRead = (
  options: SectionOptions,
  state: SectionState,
  askedInTurn: number,
  outcome: Outcome<Look>,
  context: Context,
): void => {
  state.reading = false;
  if ('ok' in outcome) {
    state.lastReadMs = options.effects.clock.nowMs();
    state.stale = false;
    // Also when nothing changed: a hold may have run out since the map was drawn.
    state.map = null;
    takeOver(state, outcome.ok, askedInTurn);
  } else {
    state.readAllAtMs = 0;
  }
  const waiting = state.waiting.splice(0);
  if ('ok' in outcome) context.resume(waiting);
  else {
    // Whoever waits has nothing older to go by: a truthful no is better than a long wait.
    for (const { port } of waiting) port.reply(refuse('unavailable', { retryAfterMs: 1_000 }));
  }
  if (state.again) read(options, state, context);
};

const takeOver = (state: SectionState, { whole, look }: Look, askedInTurn: number): void => {
  if (state.section === null) {
    if (whole) state.section = sectionFrom(look);
    return;
  }
  // Transactions are counted anew: what was changed under lower numbers than before would never be told.
  if (look.knownUntil < state.section.knownUntil) state.readAllAtMs = 0;
  learn(state.section, look, askedInTurn);
};

const keepFresh = (state: SectionState, context: Context): void => {
  if (state.refreshing) return;
  state.refreshing = true;
  context.after(REFRESH_EVERY_MS, { type: 'refresh' });
};

const onRefresh = (options: SectionOptions, state: SectionState, context: Context): void => {
  state.refreshing = false;
  if (options.effects.clock.nowMs() - state.lastWantedMs > IDLE_AFTER_MS) return;
  keepFresh(state, context);
  read(options, state, context);
};

const currentMap = (options: SectionOptions, state: SectionState, section: Section): SeatMap => {
  state.map ??= seatMapOf(options.eventId, options.sectionId, section, options.effects.clock.nowMs());
  return state.map;
};
