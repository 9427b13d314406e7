import type { Appeal } from '../../src/domain/appeal.ts';
import type { JoinDoor } from '../../src/domain/ports/join-door.ts';
import { EVENT, NOW_MS } from './fakes.ts';

/** A door that asks everybody for a puzzle, and keeps appeals in memory. */
export const fakeJoinDoor = (): JoinDoor => {
  const appeals = new Map<string, Appeal>();
  const find = (fanId: string): Appeal | null =>
    [...appeals.values()].find((one) => one.fanId === fanId) ?? null;
  return {
    puzzle: async (eventId, fanId, address) =>
      eventId === EVENT
        ? {
            puzzle: { for: fanId, at: address },
            demand: { hashes: 20_000, reasons: ['always'] },
            expiresAtMs: NOW_MS,
          }
        : null,
    async fileAppeal(appealId, eventId, fanId, message) {
      if (eventId !== EVENT) return null;
      const known = find(fanId);
      if (known !== null) return { created: false, appeal: known };
      const appeal: Appeal = { appealId, eventId, fanId, message, filedAtMs: NOW_MS, resolution: null };
      appeals.set(appealId, appeal);
      return { created: true, appeal };
    },
    appealOf: async (_eventId, fanId) => find(fanId),
    appeals: async (eventId, state) =>
      eventId === EVENT
        ? [...appeals.values()].filter((one) => state === 'all' || one.resolution === null)
        : null,
    async decideAppeal(appealId, decision, note, by) {
      const known = appeals.get(appealId);
      if (known === undefined) return null;
      const decided = { ...known, resolution: { decision, note, by: by.caller.id, atMs: NOW_MS } };
      appeals.set(appealId, decided);
      return decided;
    },
  };
};
