import type { EventId, SectionId } from '../domain/ids.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import type { ActorContext, ActorRef, ActorSpec, Ending } from './kit/actor.ts';
import type { ReplyPort } from './kit/reply-port.ts';
import { seatSection } from './seat-section.ts';
import type { SectionEffects, SectionMessage } from './section-messages.ts';

/**
 * One event: spawns its seat sections on first use, and hands out their references. Holds do not pass through it: nact
 * copies an actor's list of children with every message, so a supervisor in the hot path would pay for each section.
 */
export type SupervisorMessage =
  | {
      readonly type: 'section';
      readonly sectionId: SectionId;
      readonly port: ReplyPort<ActorRef<SectionMessage> | Refusal>;
    }
  | { readonly type: 'ended'; readonly sectionId: SectionId; readonly ending: Ending }
  | { readonly type: 'reopen'; readonly sectionId: SectionId };

export interface SupervisorOptions {
  readonly eventId: EventId;
  readonly sectionIds: readonly SectionId[];
  readonly holdTtlMs: number;
  readonly effects: SectionEffects;
  /** A section has spent its budget of restarts and is closed, or was opened again. */
  readonly onSection: (change: {
    readonly sectionId: SectionId;
    readonly state: 'closed' | 'reopened';
  }) => void;
}

interface SupervisorState {
  readonly known: ReadonlySet<SectionId>;
  readonly sections: Map<SectionId, ActorRef<SectionMessage>>;
  readonly closed: Set<SectionId>;
}

/** A section that crashed too often stays closed for this long: a fault of the moment passes, a bug would only spin. */
const REOPEN_AFTER_MS = 60_000;
const MAILBOX = 10_000;

export const eventSupervisor = (
  options: SupervisorOptions,
): ActorSpec<SupervisorState, SupervisorMessage> => ({
  name: options.eventId,
  kind: 'event-supervisor',
  mailboxLimit: MAILBOX,
  start: () => ({ known: new Set(options.sectionIds), sections: new Map(), closed: new Set() }),
  receive: (state, message, context) => {
    switch (message.type) {
      case 'section':
        message.port.reply(
          state.known.has(message.sectionId)
            ? (state.sections.get(message.sectionId) ?? open(options, state, message.sectionId, context))
            : refuse('not_found'),
        );
        break;
      case 'ended':
        onEnded(options, state, message.sectionId, message.ending, context);
        break;
      case 'reopen':
        open(options, state, message.sectionId, context);
        reopened(options, state, message.sectionId);
        break;
    }
    return state;
  },
  // The timers that would reopen them end with this life, and the next one opens every section that is asked for.
  stopped: (state) => {
    for (const sectionId of state.closed) reopened(options, state, sectionId);
  },
});

const reopened = (options: SupervisorOptions, state: SupervisorState, sectionId: SectionId): void => {
  state.closed.delete(sectionId);
  options.onSection({ sectionId, state: 'reopened' });
};

const open = (
  options: SupervisorOptions,
  state: SupervisorState,
  sectionId: SectionId,
  context: ActorContext<SupervisorMessage>,
): ActorRef<SectionMessage> => {
  const { eventId, holdTtlMs, effects } = options;
  const ref = context.spawn(seatSection({ eventId, sectionId, holdTtlMs, effects }));
  state.sections.set(sectionId, ref);
  context.watch(ref, (ending) => ({ type: 'ended', sectionId, ending }));
  return ref;
};

const onEnded = (
  options: SupervisorOptions,
  state: SupervisorState,
  sectionId: SectionId,
  ending: Ending,
  context: ActorContext<SupervisorMessage>,
): void => {
  if (ending.kind === 'stopped') {
    state.sections.delete(sectionId);
    return;
  }
  // The closed reference stays in the map: whoever asks gets its fault at once, which is the truth.
  state.closed.add(sectionId);
  options.onSection({ sectionId, state: 'closed' });
  context.after(REOPEN_AFTER_MS, { type: 'reopen', sectionId });
};
