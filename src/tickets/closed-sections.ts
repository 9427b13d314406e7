import type { EventId, SectionId } from '../domain/ids.ts';

/** Which sections are closed on this node after repeated faults, for the waiting room, operators and metrics. */
export interface ClosedSections {
  /** As their supervisor says. Saying the same twice is fine. */
  changed(change: {
    readonly eventId: EventId;
    readonly sectionId: SectionId;
    readonly state: 'closed' | 'reopened';
  }): void;
  of(eventId: EventId): ReadonlySet<SectionId>;
  readonly count: number;
}

const NONE: ReadonlySet<SectionId> = new Set();

export const createClosedSections = (): ClosedSections => {
  const closed = new Map<EventId, Set<SectionId>>();
  return {
    changed({ eventId, sectionId, state }) {
      const sections = closed.get(eventId) ?? new Set();
      if (state === 'closed') sections.add(sectionId);
      else sections.delete(sectionId);
      if (sections.size > 0) closed.set(eventId, sections);
      else closed.delete(eventId);
    },
    of: (eventId) => closed.get(eventId) ?? NONE,
    get count() {
      return [...closed.values()].reduce((sum, sections) => sum + sections.size, 0);
    },
  };
};
