import type { EventId } from '../domain/ids.ts';
import type { SectionCounts } from '../domain/ports/event-store.ts';
import type { Catalogue } from '../tickets/catalogue.ts';

/** How many seats may still be sold, from memory: what the waiting room may promise. */
export interface Stock {
  /** Null: not known yet. */
  left(eventId: EventId): number | null;
  /** Every section's seats by state, at most a second old; null: not known yet. */
  counts(eventId: EventId): readonly SectionCounts[] | null;
}

export const createStock = (catalogue: Pick<Catalogue, 'counts'>): Stock => {
  const known = new Map<EventId, { readonly left: number; readonly counts: readonly SectionCounts[] }>();
  const look = async (eventId: EventId): Promise<void> => {
    try {
      const sections = await catalogue.counts(eventId);
      // A held seat may come back, so it still counts: whoever waits for it does not wait in vain for certain.
      if (known.get(eventId)?.counts !== sections) {
        const left = sections.reduce((sum, one) => sum + one.free + one.held + one.paying, 0);
        known.set(eventId, { left, counts: sections });
      }
    } catch {
      // Postgres is away: the last number stands.
    }
  };
  return {
    left(eventId) {
      // The catalogue answers from its cache within the second, so that a look at each tick costs nothing.
      void look(eventId);
      return known.get(eventId)?.left ?? null;
    },
    counts: (eventId) => known.get(eventId)?.counts ?? null,
  };
};
