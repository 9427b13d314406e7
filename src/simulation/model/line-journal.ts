import type { EventId } from '../../domain/ids.ts';
import { BYPASS_LANE, furthestLanes, laneOf, positionOf, withLanes } from '../../domain/lanes.ts';
import { furthestSnapshot } from '../../domain/line-snapshot.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { AdmissionRecord, AdmissionState, LineJournal, PlaceRecord } from '../../domain/ports/line.ts';
import { numberKey, without, type AdmissionRow, type PlaceRow, type SaleTables } from './rows.ts';

const UNCOUNTED = { epoch: 0, joined: 0, serving: 0, admitted: 0, countedAtMs: 0, lanes: undefined };

/** `createLineJournal` of Postgres, in memory. */
export const createLineJournalModel = (tables: SaleTables, clock: Pick<Clock, 'nowMs'>): LineJournal => {
  const stateOf = (row: AdmissionRow): AdmissionState => {
    if (row.leftAtMs !== null) return 'left';
    return row.expiresAtMs <= clock.nowMs() ? 'expired' : 'live';
  };

  const admissionOf = (row: AdmissionRow): AdmissionRecord => {
    const { passId, eventId, fanId, number, turn } = row;
    return {
      passId,
      eventId,
      fanId,
      number,
      turn,
      expiresAtMs: Math.floor(row.expiresAtMs),
      remainingMs: Math.max(0, Math.ceil(row.expiresAtMs - clock.nowMs())),
      state: stateOf(row),
      claim: tables.places.get(numberKey(eventId, number))?.claim ?? 0,
    };
  };

  const findAdmission = (eventId: EventId, number: number): AdmissionRecord | null => {
    const row = tables.admissions.get(numberKey(eventId, number));
    return row === undefined ? null : admissionOf(row);
  };

  const placeOf = (row: PlaceRow): PlaceRecord => {
    const admission = findAdmission(row.eventId, row.number);
    return { ...without(row, 'spent'), ended: admission !== null && admission.state !== 'live' };
  };

  const unspent = (eventId: EventId, fanId: string): PlaceRow | undefined =>
    tables.places.values().find((row) => row.eventId === eventId && row.fanId === fanId && !row.spent);

  const admissionsOf = (eventId: EventId): AdmissionRow[] =>
    tables.admissions.values().filter((row) => row.eventId === eventId);

  const write = (row: AdmissionRow): void => tables.admissions.set(numberKey(row.eventId, row.number), row);

  return {
    async recordPlace(eventId, fanId, number) {
      const standing = unspent(eventId, fanId);
      if (standing !== undefined) return { ...placeOf(standing), created: false };
      if (tables.places.has(numberKey(eventId, number))) return null;
      const joinedAtMs = Math.floor(clock.nowMs());
      const row: PlaceRow = { eventId, fanId, number, joinedAtMs, receipt: null, claim: 0, spent: false };
      tables.places.set(numberKey(eventId, number), row);
      return { ...placeOf(row), ended: false, created: true };
    },
    async findPlace(eventId, fanId) {
      const row = unspent(eventId, fanId);
      return row === undefined ? null : placeOf(row);
    },
    async spendPlace(eventId, fanId, number) {
      const row = tables.places.get(numberKey(eventId, number));
      if (row === undefined || row.fanId !== fanId || row.spent || !placeOf(row).ended) return;
      tables.places.set(numberKey(eventId, number), { ...row, spent: true });
    },
    async giveUpPlace(eventId, fanId, number) {
      const row = tables.places.get(numberKey(eventId, number));
      if (row === undefined || row.fanId !== fanId || row.spent) return false;
      if (findAdmission(eventId, number) !== null) return false;
      tables.places.set(numberKey(eventId, number), { ...row, spent: true });
      return true;
    },
    async recordAdmission({ passId, eventId, fanId, number, turn, ttlMs, epoch, claim = 0 }) {
      const earlier = findAdmission(eventId, number);
      if (earlier !== null) {
        const same = earlier.fanId === fanId && earlier.claim === claim;
        return same ? { ...earlier, created: false } : null;
      }
      if ((tables.counters.get(eventId)?.epoch ?? 0) > epoch) return 'superseded';
      const place = tables.places.get(numberKey(eventId, number));
      if (place?.fanId !== fanId || place.claim !== claim || place.spent) return null;
      const nowMs = clock.nowMs();
      const row: AdmissionRow = {
        passId,
        eventId,
        fanId,
        number,
        turn,
        admittedAtMs: nowMs,
        expiresAtMs: nowMs + Math.ceil(ttlMs),
        leftAtMs: null,
      };
      write(row);
      return { ...admissionOf(row), created: true };
    },
    findAdmission: async (eventId, number) => findAdmission(eventId, number),
    async findPass(passId) {
      const row = tables.admissions.values().find((one) => one.passId === passId);
      return row === undefined ? null : admissionOf(row);
    },
    async endAdmission(eventId, fanId) {
      const ofFan = admissionsOf(eventId).filter((row) => row.fanId === fanId);
      for (const row of ofFan) {
        if (stateOf(row) === 'live') write({ ...row, leftAtMs: clock.nowMs() });
      }
      const newest = ofFan.sort((a, b) => b.admittedAtMs - a.admittedAtMs)[0];
      return newest === undefined ? null : findAdmission(eventId, newest.number);
    },
    async saveCounters(eventId, { epoch, joined, serving, admitted, countedAtMs, lanes }) {
      const has = tables.counters.get(eventId) ?? UNCOUNTED;
      const moved = serving > has.serving || has.countedAtMs === 0;
      const now = {
        epoch: Math.max(has.epoch, epoch),
        joined: Math.max(has.joined, joined),
        serving: Math.max(has.serving, serving),
        admitted: Math.max(has.admitted, admitted),
        countedAtMs: moved ? Math.max(has.countedAtMs, countedAtMs) : has.countedAtMs,
        lanes: furthestLanes(has.lanes, lanes),
      };
      tables.counters.set(eventId, now);
      const told = {
        epoch: now.epoch,
        joined: now.joined,
        serving: now.serving,
        countedAtMs: now.countedAtMs,
      };
      return withLanes(told, now.lanes);
    },
    async loadSnapshot(eventId) {
      const has = tables.counters.get(eventId);
      const counters = has === undefined ? { ...UNCOUNTED, epoch: 1 } : { ...has, epoch: has.epoch + 1 };
      tables.counters.set(eventId, counters);
      const numbers = tables.places.values().flatMap((row) => (row.eventId === eventId ? [row.number] : []));
      const admissions = admissionsOf(eventId);
      const most = (lane: number, of: readonly number[]): number =>
        Math.max(0, ...of.filter((number) => laneOf(number) === lane).map(positionOf));
      const lanes = Math.max(0, ...numbers.map(laneOf).filter((lane) => lane < BYPASS_LANE)) + 1;
      const turns = admissions.map((row) => row.turn);
      return furthestSnapshot({
        counters,
        saved: counters.lanes,
        furthest: Array.from({ length: lanes }, (_, lane) => ({
          joined: most(lane, numbers),
          serving: most(lane, turns),
        })),
        admitted: admissions.length,
        firstUse: has === undefined,
        passes: admissions
          .filter((row) => stateOf(row) === 'live')
          .map((row) => ({ number: row.turn, remainingMs: Math.ceil(row.expiresAtMs - clock.nowMs()) })),
      });
    },
  };
};
