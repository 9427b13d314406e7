import type { ActorRef } from '../actors/kit/actor.ts';
import { isFault } from '../actors/kit/reply-port.ts';
import type { SupervisorMessage } from '../actors/event-supervisor.ts';
import type { GuardianMessage } from '../actors/guardian.ts';
import type { SectionMessage } from '../actors/section-messages.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { EventId, SectionId } from '../domain/ids.ts';
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts';

const ASK_MS = 2_000;

export interface SectionDirectory {
  /** The section's actor, spawned on first use. `not_found` for a section the event does not have. */
  find(event: SaleEvent, sectionId: SectionId): Promise<ActorRef<SectionMessage> | Refusal>;
  /** The actor if it is there already and takes messages: nearly every hold goes this way, and waits for nothing on it. */
  open(eventId: EventId, sectionId: SectionId): ActorRef<SectionMessage> | null;
  /** The actor if it is there already: to tell it that something changed. */
  peek(eventId: EventId, sectionId: SectionId): ActorRef<SectionMessage> | null;
}

/** Remembers references, so that a hold goes to its section's actor without passing through its supervisors. */
export const createSectionDirectory = (guardian: ActorRef<GuardianMessage>): SectionDirectory => {
  const known = new Map<string, ActorRef<SectionMessage>>();

  const lookUp = async (
    event: SaleEvent,
    sectionId: SectionId,
  ): Promise<ActorRef<SectionMessage> | Refusal> => {
    const supervisor = await guardian.ask<ActorRef<SupervisorMessage>>(
      (port) => ({
        type: 'event' as const,
        eventId: event.eventId,
        sectionIds: event.sections.map((one) => one.id),
        port,
      }),
      ASK_MS,
    );
    if (isFault(supervisor)) return refuse('unavailable', { retryAfterMs: 1_000 });
    const section = await supervisor.ask<ActorRef<SectionMessage> | Refusal>(
      (port) => ({ type: 'section' as const, sectionId, port }),
      ASK_MS,
    );
    return isFault(section) ? refuse('unavailable', { retryAfterMs: 1_000 }) : section;
  };

  const open = (eventId: EventId, sectionId: SectionId): ActorRef<SectionMessage> | null => {
    const ref = known.get(`${eventId}/${sectionId}`);
    // A closed one is asked for anew: its supervisor may have opened another.
    return ref === undefined || ref.state === 'closed' || ref.state === 'stopped' ? null : ref;
  };

  return {
    open,
    async find(event, sectionId) {
      const ref = open(event.eventId, sectionId);
      if (ref !== null) return ref;
      const found = await lookUp(event, sectionId);
      if (!isRefusal(found)) known.set(`${event.eventId}/${sectionId}`, found);
      return found;
    },
    peek: (eventId, sectionId) => known.get(`${eventId}/${sectionId}`) ?? null,
  };
};
