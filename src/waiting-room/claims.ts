import type { EventId, PlaceNumber } from '../domain/ids.ts';
import type { PlaceClaim } from '../domain/ports/recovery.ts';
import type { WaitingRoomParts } from './parts.ts';

const LOOK_EVERY_MS = 1_000;
/** A row is timed before it is committed; longer than a statement may take. */
const OVERLAP_MS = 10_000;

/** Which claim of each place stands, as this node knows it: at most a second old where anybody asks. */
export interface Claims {
  /** Another device has this place by now. Where it cannot be known, what was known last. */
  isGone(claim: PlaceClaim): Promise<boolean>;
  /** What this node did itself is known at once. */
  note(eventId: EventId, number: PlaceNumber, claim: number): void;
  /** Calls back once when another device gets the place; at once if it has. Looks each second as long as anybody waits. */
  watch(claim: PlaceClaim, onGone: () => void): () => void;
  stop(): void;
}

interface EventClaims {
  /** Places that were never handed over, nearly all, are not here. */
  readonly newest: Map<PlaceNumber, number>;
  readonly watched: Map<PlaceNumber, Set<() => void>>;
  sinceMs: number;
  lookedAtMs: number;
  looking: Promise<void> | null;
  failed: boolean;
}

/** Asking Postgres for each fan who polls would cost a read a fan: so it is asked for what changed, once for all of them. */
export const createClaims = ({
  handOvers,
  clock,
  log,
}: Pick<WaitingRoomParts, 'handOvers' | 'clock' | 'log'>): Claims => {
  const events = new Map<EventId, EventClaims>();
  let cancel: (() => void) | null = null;
  let stopped = false;

  const of = (eventId: EventId): EventClaims => {
    const known = events.get(eventId);
    if (known !== undefined) return known;
    const fresh: EventClaims = {
      newest: new Map(),
      watched: new Map(),
      sinceMs: 0,
      lookedAtMs: Number.NEGATIVE_INFINITY,
      looking: null,
      failed: false,
    };
    events.set(eventId, fresh);
    return fresh;
  };

  const adopt = (event: EventClaims, number: PlaceNumber, claim: number): void => {
    if (claim <= (event.newest.get(number) ?? 0)) return;
    event.newest.set(number, claim);
    for (const check of event.watched.get(number) ?? []) check();
  };

  const look = async (eventId: EventId, event: EventClaims): Promise<void> => {
    event.lookedAtMs = clock.nowMs();
    try {
      for (const { number, claim, atMs } of await handOvers.since(eventId, event.sinceMs - OVERLAP_MS)) {
        event.sinceMs = Math.max(event.sinceMs, atMs);
        adopt(event, number, claim);
      }
      event.failed = false;
    } catch (error) {
      if (!event.failed) log.warn({ eventId, err: error }, 'the hand-overs of a line could not be read');
      event.failed = true;
    } finally {
      event.looking = null;
    }
  };

  const fresh = async (eventId: EventId): Promise<EventClaims> => {
    const event = of(eventId);
    if (event.looking === null && Math.abs(clock.nowMs() - event.lookedAtMs) >= LOOK_EVERY_MS) {
      event.looking = look(eventId, event);
    }
    await event.looking;
    return event;
  };

  const isBehind = (event: EventClaims, { number, claim = 0 }: PlaceClaim): boolean =>
    claim < (event.newest.get(number) ?? 0);

  const keepLooking = (): void => {
    if (cancel !== null || stopped) return;
    cancel = clock.after(LOOK_EVERY_MS, () => {
      cancel = null;
      const watched = [...events].filter(([, event]) => event.watched.size > 0);
      for (const [eventId] of watched) void fresh(eventId);
      if (watched.length > 0) keepLooking();
    });
  };

  return {
    isGone: async (claim) => isBehind(await fresh(claim.eventId), claim),
    note: (eventId, number, claim) => adopt(of(eventId), number, claim),
    watch(claim, onGone) {
      const event = of(claim.eventId);
      const { number } = claim;
      let over = false;
      const unwatch = (): void => {
        over = true;
        const others = event.watched.get(number);
        others?.delete(check);
        if (others?.size === 0) event.watched.delete(number);
      };
      const check = (): void => {
        // Whoever comes while a look is under way is checked by it, and once more when it is done.
        if (over || !isBehind(event, claim)) return;
        unwatch();
        onGone();
      };
      event.watched.set(number, (event.watched.get(number) ?? new Set()).add(check));
      void fresh(claim.eventId).then(check);
      keepLooking();
      return unwatch;
    },
    stop() {
      stopped = true;
      cancel?.();
      cancel = null;
      for (const event of events.values()) event.watched.clear();
    },
  };
};
