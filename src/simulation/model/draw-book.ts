import { commitmentOf, firstHead, fromHex, nextHead, toHex } from '../../domain/draw.ts';
import type { EventId } from '../../domain/ids.ts';
import { numberIn } from '../../domain/lanes.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { DrawBook, DrawRecord } from '../../domain/ports/draw-book.ts';
import type { LineJournal } from '../../domain/ports/line.ts';
import { nodeHashes } from '../../infra/hashes.ts';
import { numberKey, type DrawRow, type SaleTables } from './rows.ts';

/** `createDrawBook` of Postgres, in memory. Secrets come from the ids, so that a seed makes the same ones again. */
export const createDrawBookModel = (
  tables: SaleTables,
  clock: Pick<Clock, 'nowMs'>,
  ids: Ids,
  journal: Pick<LineJournal, 'findPlace'>,
): DrawBook => {
  const rowOf = (eventId: EventId): DrawRow => {
    const row = tables.draws.get(eventId);
    if (row === undefined) throw new Error('the draw of this event was never opened');
    return row;
  };

  const recordOf = ({ secret, ...draw }: DrawRow): DrawRecord => {
    const fixed = draw.sealedAtMs !== null && (draw.beacon === null || draw.beacon.value !== null);
    return { ...draw, secret: fixed ? secret : null };
  };

  const sealIfDue = (eventId: EventId, byHand: boolean): DrawRow => {
    const row = rowOf(eventId);
    const nowMs = clock.nowMs();
    if (row.sealedAtMs !== null || !(byHand || row.opensAtMs <= nowMs)) return row;
    const sealed = { ...row, sealedAtMs: Math.floor(nowMs), openedByHand: row.opensAtMs > nowMs };
    tables.draws.set(eventId, sealed);
    return sealed;
  };

  const hasPlaces = (eventId: EventId): boolean =>
    (tables.counters.get(eventId)?.joined ?? 0) > 0 ||
    tables.places.values().some((place) => place.eventId === eventId);

  return {
    async open({ eventId, opensAtMs, beaconSource }) {
      const known = tables.draws.get(eventId);
      if (known !== undefined) return recordOf(known);
      const secret = nodeHashes.sha256(new TextEncoder().encode(ids.next()));
      const commitment = commitmentOf(nodeHashes, secret);
      const nowMs = clock.nowMs();
      const row: DrawRow = {
        eventId,
        secret: toHex(secret),
        commitment: toHex(commitment),
        opensAtMs,
        entrants: 0,
        head: toHex(firstHead(nodeHashes, eventId, commitment)),
        beacon: beaconSource === null ? null : { source: beaconSource, value: null },
        sealedAtMs: opensAtMs <= nowMs || hasPlaces(eventId) ? Math.floor(nowMs) : null,
        openedByHand: false,
      };
      tables.draws.set(eventId, row);
      return recordOf(row);
    },
    find: async (eventId) => recordOf(rowOf(eventId)),
    async enter({ eventId, drawId, lane }, fanId, leaf) {
      const row = sealIfDue(drawId, false);
      const known = await journal.findPlace(eventId, fanId);
      if (known !== null) return { ...known, created: false };
      if (row.sealedAtMs !== null) return null;
      const index = row.entrants + 1;
      const number = numberIn(lane, index);
      const before = fromHex(row.head);
      if (before === null) throw new Error('the head is no hash');
      const head = toHex(nextHead(nodeHashes, before, index, leaf));
      const place = {
        eventId,
        fanId,
        number,
        joinedAtMs: Math.floor(clock.nowMs()),
        receipt: { leaf: toHex(leaf), head },
      };
      tables.draws.set(drawId, { ...row, entrants: index, head });
      tables.places.set(numberKey(eventId, number), { ...place, claim: 0, spent: false });
      return { ...place, claim: 0, ended: false, created: true };
    },
    async reschedule(eventId, fromMs, toMs) {
      const row = rowOf(eventId);
      if (row.sealedAtMs === null && row.opensAtMs === fromMs) {
        tables.draws.set(eventId, { ...row, opensAtMs: toMs });
      }
      return recordOf(rowOf(eventId));
    },
    seal: async (eventId, byHand) => recordOf(sealIfDue(eventId, byHand)),
    async setBeacon(eventId, value) {
      const row = rowOf(eventId);
      if (row.beacon === null || row.sealedAtMs === null) return false;
      if (row.beacon.value !== null) return row.beacon.value === value;
      tables.draws.set(eventId, { ...row, beacon: { ...row.beacon, value } });
      return true;
    },
    async leaves({ eventId, drawId, lane }, from, limit) {
      const { sealedAtMs, entrants } = rowOf(drawId);
      if (sealedAtMs === null) return [];
      const last = Math.min(entrants, from + limit - 1);
      return Array.from({ length: Math.max(0, last - from + 1) }, (_, offset) => {
        const leaf = tables.places.get(numberKey(eventId, numberIn(lane, from + offset)))?.receipt?.leaf;
        if (leaf === undefined) throw new Error('an entry is missing');
        return leaf;
      });
    },
  };
};
