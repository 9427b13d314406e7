import { LRUCache } from 'lru-cache';
import type { EventId } from '../domain/ids.ts';
import type { AdmissionRecord } from '../domain/ports/line.ts';
import type { PassHolder } from '../domain/ports/waiting-room.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import type { WaitingRoomParts } from './parts.ts';

/** A shop asks with every request of a page; a pass that was given back opens for so long at most. */
const FRESH_MS = 1_000;
const KEPT = 20_000;

export interface Gate {
  /** Whoever shows this pass may be let through to what stands behind the room. Rejects when nobody can say. */
  check(eventId: EventId, pass: string): Promise<PassHolder | Refusal>;
}

/**
 * The signature keeps forgers away from Postgres; Postgres knows whether the pass was given back. One look a second and pass,
 * which requests at the same moment share.
 */
export const createGate = ({
  passes,
  journal,
  clock,
}: Pick<WaitingRoomParts, 'passes' | 'journal' | 'clock'>): Gate => {
  const looks = new LRUCache<
    string,
    { readonly atMs: number; readonly found: Promise<AdmissionRecord | null> }
  >({
    max: KEPT,
  });

  const look = (passId: string): Promise<AdmissionRecord | null> => {
    const known = looks.get(passId);
    if (known !== undefined && Math.abs(clock.nowMs() - known.atMs) < FRESH_MS) return known.found;
    const found = journal.findPass(passId);
    looks.set(passId, { atMs: clock.nowMs(), found });
    // A failed look is not kept: the next request asks again.
    found.catch(() => looks.delete(passId));
    return found;
  };

  return {
    async check(eventId, pass) {
      const claims = passes.readPass(pass);
      if (claims === null || claims.eventId !== eventId) return refuse('pass_invalid');
      const admission = await look(claims.passId);
      if (admission === null || admission.eventId !== eventId) return refuse('pass_invalid');
      if (admission.state !== 'live') return refuse('pass_expired');
      return { fanId: admission.fanId, expiresAtMs: admission.expiresAtMs };
    },
  };
};
