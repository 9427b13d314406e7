import type { EventId, SectionId } from '../domain/ids.ts';
import { eventSupervisor, type SupervisorMessage } from './event-supervisor.ts';
import type { ActorContext, ActorRef, ActorSpec, Ending } from './kit/actor.ts';
import type { ReplyPort } from './kit/reply-port.ts';
import type { SectionEffects } from './section-messages.ts';

/** The root of the tree: one event supervisor per event, spawned on first use. */
export type GuardianMessage =
  | {
      readonly type: 'event';
      readonly eventId: EventId;
      readonly sectionIds: readonly SectionId[];
      readonly port: ReplyPort<ActorRef<SupervisorMessage>>;
    }
  | { readonly type: 'ended'; readonly eventId: EventId; readonly ending: Ending };

export interface GuardianOptions {
  readonly holdTtlMs: number;
  readonly effects: SectionEffects;
  readonly onSection: (change: {
    readonly eventId: EventId;
    readonly sectionId: SectionId;
    readonly state: 'closed' | 'reopened';
  }) => void;
  /** An event supervisor has spent its budget: this process cannot heal itself, its runner must start a new one. */
  readonly onFatal: (ending: Ending) => void;
}

interface GuardianState {
  readonly events: Map<EventId, ActorRef<SupervisorMessage>>;
}

const MAILBOX = 10_000;

export const guardian = (options: GuardianOptions): ActorSpec<GuardianState, GuardianMessage> => ({
  name: 'guardian',
  kind: 'guardian',
  mailboxLimit: MAILBOX,
  start: () => ({ events: new Map() }),
  receive: (state, message, context) => {
    if (message.type === 'event') {
      message.port.reply(state.events.get(message.eventId) ?? open(options, state, message, context));
    } else {
      state.events.delete(message.eventId);
      if (message.ending.kind === 'closed') options.onFatal(message.ending);
    }
    return state;
  },
});

const open = (
  options: GuardianOptions,
  state: GuardianState,
  { eventId, sectionIds }: GuardianMessage & { readonly type: 'event' },
  context: ActorContext<GuardianMessage>,
): ActorRef<SupervisorMessage> => {
  const ref = context.spawn(
    eventSupervisor({
      eventId,
      sectionIds,
      holdTtlMs: options.holdTtlMs,
      effects: options.effects,
      onSection: (change) => options.onSection({ eventId, ...change }),
    }),
  );
  state.events.set(eventId, ref);
  context.watch(ref, (ending) => ({ type: 'ended', eventId, ending }));
  return ref;
};
