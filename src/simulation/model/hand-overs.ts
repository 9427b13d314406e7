import type { Clock } from '../../domain/ports/environment.ts';
import type { HandOverBook } from '../../domain/ports/recovery.ts';
import { numberKey, without, type SaleTables } from './rows.ts';

/** `createHandOverBook` of Postgres, in memory. */
export const createHandOverModel = (tables: SaleTables, clock: Pick<Clock, 'nowMs'>): HandOverBook => ({
  async findPlace(eventId, number) {
    const row = tables.places.get(numberKey(eventId, number));
    if (row === undefined) return null;
    const admission = tables.admissions.get(numberKey(eventId, number));
    const ended =
      admission !== undefined && (admission.leftAtMs !== null || admission.expiresAtMs <= clock.nowMs());
    return { ...row, ended };
  },
  async handOver({ eventId, number, claim, requestId, passId }) {
    const key = numberKey(eventId, number);
    const row = tables.places.get(key);
    if (row === undefined) return null;
    if (row.claim !== claim || row.spent) {
      const done = tables.handOvers.get(`${key} ${claim + 1}`);
      return row.claim === claim + 1 && done?.requestId === requestId ? row.claim : null;
    }
    const next = claim + 1;
    tables.places.set(key, { ...row, claim: next });
    const admission = tables.admissions.get(key);
    const live = admission?.leftAtMs === null && admission.expiresAtMs > clock.nowMs();
    if (admission !== undefined && live) tables.admissions.set(key, { ...admission, passId });
    tables.handOvers.set(`${key} ${next}`, {
      eventId,
      number,
      claim: next,
      requestId,
      oldPassId: live ? admission.passId : null,
      atMs: Math.floor(clock.nowMs()),
    });
    return next;
  },
  async since(eventId, sinceMs) {
    return tables.handOvers
      .values()
      .filter((row) => row.eventId === eventId && row.atMs >= sinceMs)
      .map((row) => without(row, 'eventId', 'requestId', 'oldPassId'));
  },
});
