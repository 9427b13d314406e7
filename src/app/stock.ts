import type { EventId } from '../domain/ids.ts';
import type { Catalogue } from '../tickets/catalogue.ts';

/** How many seats may still be sold, from memory: what the waiting room may promise. */
export const createStock = (catalogue: Catalogue): { left(eventId: EventId): number | null } => {
  const known = new Map<EventId, number>();
  const look = async (eventId: EventId): Promise<void> => {
    try {
      const sections = await catalogue.counts(eventId);
      // A held seat may come back, so it still counts: whoever waits for it does not wait in vain for certain.
      known.set(
        eventId,
        sections.reduce((sum, one) => sum + one.free + one.held + one.paying, 0),
      );
    } catch {
      // Postgres is away: the last number stands.
    }
  };
  return {
    left(eventId) {
      // The catalogue answers from its cache within the second, so that a look at each tick costs nothing.
      void look(eventId);
      return known.get(eventId) ?? null;
    },
  };
};
