import { phaseAt, type SaleEvent } from '../domain/event.ts';
import type { EventId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { EventStore, SectionCounts } from '../domain/ports/event-store.ts';
import type { EventView } from '../domain/ports/services.ts';
import { shortCache } from './short-cache.ts';

/** A phase that an operator sets on another node is obeyed here within this time. */
const EVENTS_FRESH_MS = 500;
/** How old "seats left" may be: the same as the edge may cache it. */
const COUNTS_FRESH_MS = 1_000;

export interface Catalogue {
  list(): Promise<readonly SaleEvent[]>;
  find(eventId: EventId): Promise<SaleEvent | null>;
  counts(eventId: EventId): Promise<readonly SectionCounts[]>;
  view(event: SaleEvent): Promise<EventView>;
  /** The next look goes to Postgres. */
  forget(): void;
}

/** Events as this node knows them: everybody reads them, they change rarely, so Postgres is asked at most twice a second. */
export const createCatalogue = (store: EventStore, clock: Pick<Clock, 'nowMs'>): Catalogue => {
  const events = shortCache(
    async () => new Map((await store.list()).map((one) => [one.eventId, one])),
    EVENTS_FRESH_MS,
    clock,
  );
  const counts = new Map<EventId, ReturnType<typeof shortCache<readonly SectionCounts[]>>>();

  const countsOf = (eventId: EventId): Promise<readonly SectionCounts[]> => {
    let cache = counts.get(eventId);
    if (cache === undefined) {
      cache = shortCache(() => store.countSeats(eventId), COUNTS_FRESH_MS, clock);
      counts.set(eventId, cache);
    }
    return cache.get();
  };

  return {
    list: async () => [...(await events.get()).values()],
    find: async (eventId) => (await events.get()).get(eventId) ?? null,
    counts: countsOf,
    async view(event) {
      const left = new Map((await countsOf(event.eventId)).map((one) => [one.sectionId, one]));
      return {
        event,
        phase: phaseAt(event, clock.nowMs()),
        sections: event.sections.map((section) => {
          const now = left.get(section.id);
          return {
            sectionId: section.id,
            name: section.name,
            priceMinor: section.priceMinor,
            seats: now === undefined ? 0 : now.free + now.held + now.paying + now.sold,
            left: now?.free ?? 0,
          };
        }),
      };
    },
    forget() {
      events.forget();
      counts.clear();
    },
  };
};
