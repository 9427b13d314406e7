import type { Access, CodeUsage } from '../../domain/access-code.ts';
import type { EventId, FanId } from '../../domain/ids.ts';
import type { AccessBook, Redemption } from '../../domain/ports/access-book.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import { without, type CodeRow, type SaleTables } from './rows.ts';

const codeKey = (eventId: EventId, hash: string): string => `${eventId}/${hash}`;
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** `createAccessBook` of Postgres, in memory; networks are compared as they are written, none holds another. */
export const createAccessBookModel = (tables: SaleTables, clock: Pick<Clock, 'nowMs'>): AccessBook => {
  const { codes, redemptions, invitations, bypasses } = tables;
  const usage = (row: CodeRow): CodeUsage => without(row, 'hash');
  const codesOf = (eventId: EventId): readonly CodeRow[] =>
    codes.values().filter((row) => row.eventId === eventId);

  /** Why this code is not redeemed by somebody who has not redeemed it yet; null: it is. */
  const against = ({ startsAtMs, endsAtMs, usesMax, uses }: CodeRow, nowMs: number): Redemption | null => {
    if (startsAtMs !== null && startsAtMs > nowMs)
      return { kind: 'too_early', waitMs: Math.ceil(startsAtMs - nowMs) };
    if (endsAtMs !== null && endsAtMs <= nowMs) return { kind: 'expired' };
    return usesMax !== null && uses >= usesMax ? { kind: 'used' } : null;
  };

  const invited = (eventId: EventId, key: string): Access | null => {
    const row = invitations.get(`${eventId}/${key}`) ?? null;
    return row === null ? null : { laneId: row.laneId, codeId: null };
  };

  return {
    async redeem(eventId, hash, fanId) {
      const key = codeKey(eventId, hex(hash));
      const row = codes.get(key);
      if (row === undefined) return { kind: 'unknown' };
      if (row.revokedAtMs !== null) return { kind: 'revoked' };
      const redemption = `${row.codeId}/${fanId}`;
      if (!redemptions.has(redemption)) {
        const refused = against(row, clock.nowMs());
        if (refused !== null) return refused;
        redemptions.set(redemption, { eventId, codeId: row.codeId, fanId });
        codes.set(key, { ...row, uses: row.uses + 1 });
      }
      return { kind: 'redeemed', access: { laneId: row.laneId, codeId: row.codeId } };
    },
    async accessOf(eventId, fanId, address) {
      const own = redemptions.values().filter((row) => row.eventId === eventId && row.fanId === fanId);
      const standing = own
        .toReversed()
        .map(({ codeId }) => codes.values().find((row) => row.codeId === codeId))
        .find((row) => row?.revokedAtMs === null);
      if (standing !== undefined) return { laneId: standing.laneId, codeId: standing.codeId };
      return invited(eventId, fanId) ?? (address === null ? null : invited(eventId, address));
    },
    async noteBypass(eventId, fanId, codeId) {
      bypasses.set(String(bypasses.values().length), { eventId, fanId, codeId });
    },
    async add(batch, fresh) {
      const unknown = fresh.filter(
        ({ codeId, hash }) =>
          !codes.has(codeKey(batch.eventId, hex(hash))) &&
          codes.values().every((row) => row.codeId !== codeId),
      );
      for (const { codeId, hash } of unknown) {
        const state = { uses: 0, createdAtMs: clock.nowMs(), revokedAtMs: null };
        codes.set(codeKey(batch.eventId, hex(hash)), { ...batch, ...state, codeId, hash: hex(hash) });
      }
      return unknown.length;
    },
    async list(eventId, after, limit) {
      const all = codesOf(eventId).toSorted(
        (a, b) => a.createdAtMs - b.createdAtMs || (a.codeId < b.codeId ? -1 : 1),
      );
      const from = after === null ? 0 : all.findIndex(({ codeId }) => codeId === after) + 1;
      return all.slice(from, from + limit).map(usage);
    },
    async totals(eventId) {
      const count = (rows: readonly { readonly eventId: EventId }[]): number =>
        rows.filter((row) => row.eventId === eventId).length;
      return {
        codes: count(codes.values()),
        redemptions: count(redemptions.values()),
        bypasses: count(bypasses.values()),
      };
    },
    async revoke(eventId, codeId) {
      const row = codesOf(eventId).find((one) => one.codeId === codeId);
      if (row === undefined) return null;
      const revoked = { ...row, revokedAtMs: row.revokedAtMs ?? clock.nowMs() };
      codes.set(codeKey(eventId, row.hash), revoked);
      return usage(revoked);
    },
    async invite(eventId, { fanIds, networks }, laneId) {
      const wanted = [
        ...[...new Set(fanIds)].map((fanId: FanId) => ({ fanId, network: null })),
        ...[...new Set(networks)].map((network) => ({ fanId: null, network })),
      ];
      const keyOf = ({ fanId, network }: (typeof wanted)[number]): string => `${eventId}/${fanId ?? network}`;
      const changed = wanted.filter(
        (one) => laneId !== undefined || (invitations.get(keyOf(one)) ?? null) !== null,
      );
      for (const one of changed) {
        invitations.set(keyOf(one), laneId === undefined ? null : { eventId, ...one, laneId });
      }
      return changed.length;
    },
  };
};
