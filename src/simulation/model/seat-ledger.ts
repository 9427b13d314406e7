import { phaseAt } from '../../domain/event.ts';
import type { Hold, HoldRequest, HoldResult } from '../../domain/hold.ts';
import type { EventId, HoldId, SeatId, SectionId } from '../../domain/ids.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { SeatLedger } from '../../domain/ports/seat-ledger.ts';
import { refuse, type RefusalCode } from '../../domain/refusal.ts';
import type { SeatRow, SectionLook } from '../../domain/seat.ts';
import { seatKey, usageKey, without, type HoldRow, type SaleTables, type SeatEntry } from './rows.ts';
import { createSeatChanges } from './seat-changes.ts';
import type { Database } from './tables.ts';

type Verdict =
  | { readonly code: 'held' | 'replayed' }
  | { readonly code: 'hold_overdue'; readonly overdue: readonly HoldId[] }
  | { readonly code: RefusalCode; readonly seatIds?: readonly SeatId[] };

const holdOf = (row: HoldRow): Hold => ({
  ...without(row, 'passId', 'fingerprint', 'heldAtMs', 'late'),
  expiresAtMs: Math.floor(row.expiresAtMs),
});

/** `createSeatLedger` over `tickets.decide_holds` and its like, in memory. A differential test holds it to the real one. */
export const createSeatLedgerModel = (
  db: Database,
  tables: SaleTables,
  clock: Pick<Clock, 'nowMs'>,
): SeatLedger => {
  const seatsOf = (
    of: Pick<HoldRequest, 'eventId' | 'sectionId' | 'seatIds'>,
  ): readonly (SeatEntry | undefined)[] =>
    of.seatIds.map((seatId) => tables.seats.get(seatKey(of.eventId, of.sectionId, seatId)));

  const { changeSeat, addUsage, endHolds } = createSeatChanges(tables, clock);

  /** `wantedBefore`: seats that an earlier request of the same batch asks for; only the first may have one. */
  const judge = (request: HoldRequest, wantedBefore: ReadonlySet<string>): Verdict => {
    const nowMs = clock.nowMs();
    const prior = tables.holds.get(request.holdId);
    if (prior !== undefined) {
      const same = prior.fanId === request.fanId && prior.fingerprint === request.fingerprint;
      return { code: same ? 'replayed' : 'idempotency_key_reused' };
    }
    const event = tables.events.get(request.eventId)?.event;
    if (!event?.sections.some((section) => section.id === request.sectionId)) return { code: 'not_found' };
    if (phaseAt(event, nowMs) !== 'open') return { code: 'event_not_open' };
    const pass = tables.admissions
      .values()
      .find(
        (one) =>
          one.passId === request.passId && one.eventId === request.eventId && one.fanId === request.fanId,
      );
    if (pass === undefined) return { code: 'pass_invalid' };
    if (pass.leftAtMs !== null || pass.expiresAtMs <= nowMs) return { code: 'pass_expired' };
    const seats = seatsOf(request);
    if (seats.length === 0 || seats.includes(undefined)) return { code: 'seat_unknown' };
    const known = seats as readonly SeatEntry[];
    const taken = known.filter(
      (seat, index) =>
        seat.status === 'paying' ||
        seat.status === 'sold' ||
        (seat.status === 'held' && (seat.heldUntilMs ?? 0) > nowMs) ||
        wantedBefore.has(seatKey(seat.eventId, seat.sectionId, seat.seatId)) ||
        known.indexOf(seat) < index,
    );
    if (taken.length > 0) return { code: 'seat_taken', seatIds: taken.map((seat) => seat.seatId) };
    if (known.length > event.limits.seatsPerFan) return { code: 'fan_limit' };
    const overdue = known.flatMap((seat) =>
      seat.status === 'held' && seat.holdId !== null ? [seat.holdId] : [],
    );
    return overdue.length > 0 ? { code: 'hold_overdue', overdue: [...new Set(overdue)] } : { code: 'held' };
  };

  const isWithinLimits = (request: HoldRequest): boolean => {
    const limits = tables.events.get(request.eventId)?.event.limits;
    const has = tables.usage.get(usageKey(request.eventId, request.fanId));
    if (limits === undefined) return false;
    if (has === undefined) return true;
    return has.seats + request.seatIds.length <= limits.seatsPerFan && has.holds + 1 <= limits.holdsPerFan;
  };

  const grant = (request: HoldRequest): Hold => {
    const { eventId, sectionId, holdId, seatIds } = request;
    const nowMs = clock.nowMs();
    const event = tables.events.get(eventId)?.event;
    const price = event?.sections.find((section) => section.id === sectionId)?.priceMinor ?? 0;
    addUsage(request, seatIds.length, 1);
    const expiresAtMs = nowMs + request.ttlMs;
    const fences = (seatsOf(request) as readonly SeatEntry[]).map((seat) => {
      changeSeat(seat, { status: 'held', holdId, heldUntilMs: expiresAtMs, fence: seat.fence + 1 });
      return seat.fence + 1;
    });
    const row: HoldRow = {
      holdId,
      eventId,
      sectionId,
      fanId: request.fanId,
      passId: request.passId,
      seatIds,
      fences,
      amountMinor: price * seatIds.length,
      currency: event?.currency ?? '',
      expiresAtMs,
      extended: false,
      state: 'active',
      fingerprint: request.fingerprint,
      heldAtMs: nowMs,
      late: false,
    };
    tables.holds.set(holdId, row);
    return holdOf(row);
  };

  const look = (eventId: EventId, sectionId: SectionId, since: number): SectionLook<SeatRow> => ({
    seats: tables.seats
      .values()
      .filter((seat) => seat.eventId === eventId && seat.sectionId === sectionId && seat.changedIn >= since)
      .map((seat) => ({
        ...without(seat, 'eventId', 'sectionId'),
        heldUntilMs: seat.heldUntilMs === null ? null : Math.floor(seat.heldUntilMs),
      })),
    knownUntil: tables.changes.last + 1,
  });

  const end = (holdIds: readonly HoldId[], ending: 'released' | 'expired'): readonly Hold[] =>
    endHolds(holdIds, ending).map((hold) => holdOf({ ...hold, state: ending }));

  /** One statement; null: an overdue hold stands in the way. */
  const decideOnce = (
    requests: readonly HoldRequest[],
    overdue: Set<HoldId>,
  ): readonly (HoldResult | null)[] => {
    const wanted = new Set<string>();
    const verdicts = requests.map((request) => {
      const verdict = judge(request, wanted);
      for (const seatId of request.seatIds) wanted.add(seatKey(request.eventId, request.sectionId, seatId));
      return verdict;
    });
    const counted = new Set<string>();
    return requests.map((request, index): HoldResult | null => {
      const verdict = verdicts[index] as Verdict;
      if (verdict.code === 'replayed') {
        return { kind: 'held', hold: holdOf(tables.holds.get(request.holdId) as HoldRow), replayed: true };
      }
      if (verdict.code === 'hold_overdue') {
        for (const holdId of 'overdue' in verdict ? verdict.overdue : []) overdue.add(holdId);
        return null;
      }
      if (verdict.code !== 'held') {
        return refuse(
          verdict.code,
          'seatIds' in verdict && verdict.seatIds ? { seatIds: verdict.seatIds } : {},
        );
      }
      // The statement counts one hold a fan, whatever the batch.
      const fan = usageKey(request.eventId, request.fanId);
      if (counted.has(fan) || !isWithinLimits(request)) return refuse('fan_limit');
      counted.add(fan);
      return { kind: 'held', hold: grant(request), replayed: false };
    });
  };

  const holdSeats = (requests: readonly HoldRequest[]): readonly HoldResult[] => {
    const overdue = new Set<HoldId>();
    const first = decideOnce(requests, overdue);
    if (overdue.size === 0) return first as readonly HoldResult[];
    end([...overdue], 'expired');
    const again = requests.filter((_, index) => first[index] === null);
    const second = [...decideOnce(again, new Set())];
    return first.map((result) => result ?? second.shift() ?? refuse('seat_taken'));
  };

  return {
    holdSeats: async (requests) => db.atomically(() => holdSeats(requests)),
    async findHold(holdId) {
      const hold = tables.holds.get(holdId);
      return hold === undefined ? null : holdOf(hold);
    },
    async releaseHold(holdId, fanId) {
      const hold = tables.holds.get(holdId);
      if (hold === undefined || hold.fanId !== fanId) return refuse('not_found');
      if (hold.state === 'released') return holdOf(hold);
      const [released] = db.atomically(() => end([holdId], 'released'));
      return released ?? refuse(hold.state === 'expired' ? 'hold_expired' : 'hold_not_active');
    },
    async extendHold(holdId, fanId, ttlMs) {
      const hold = tables.holds.get(holdId);
      const nowMs = clock.nowMs();
      if (hold === undefined || hold.fanId !== fanId) return refuse('not_found');
      if (hold.state === 'expired' || (hold.state === 'active' && hold.expiresAtMs <= nowMs)) {
        return refuse('hold_expired');
      }
      if (hold.state !== 'active') return refuse('hold_not_active');
      if (hold.extended) return refuse('hold_already_extended');
      const extended: HoldRow = { ...hold, extended: true, expiresAtMs: nowMs + ttlMs };
      return db.atomically(() => {
        tables.holds.set(holdId, extended);
        for (const seat of seatsOf(hold)) {
          if (seat?.status === 'held' && seat.holdId === holdId) {
            changeSeat(seat, { heldUntilMs: extended.expiresAtMs });
          }
        }
        return holdOf(extended);
      });
    },
    async expireHolds(limit) {
      const nowMs = clock.nowMs();
      const due = tables.holds
        .values()
        .filter((hold) => hold.state === 'active' && hold.expiresAtMs <= nowMs)
        .sort((a, b) => a.expiresAtMs - b.expiresAtMs)
        .slice(0, limit);
      return db.atomically(() =>
        end(
          due.map((hold) => hold.holdId),
          'expired',
        ),
      );
    },
    readSection: async (eventId, sectionId) => look(eventId, sectionId, 0),
    readChanges: async (eventId, sectionId, since) => look(eventId, sectionId, since),
  };
};
