import type { Hold } from '../../domain/hold.ts';
import type { HoldId } from '../../domain/ids.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import { seatKey, usageKey, type HoldRow, type SaleTables, type SeatEntry } from './rows.ts';

/** What ledger and order book both do to rows. Each call stands within a transaction of its caller. */
export interface SeatChanges {
  readonly changeSeat: (seat: SeatEntry, change: Partial<SeatEntry>) => void;
  readonly addUsage: (of: Pick<Hold, 'eventId' | 'fanId'>, seats: number, holds: number) => void;
  /** `tickets.end_holds`: those that are still active, and for `expired` those whose time is over. The holds as they were. */
  readonly endHolds: (holdIds: readonly HoldId[], ending: 'released' | 'expired') => readonly HoldRow[];
}

export const createSeatChanges = (tables: SaleTables, clock: Pick<Clock, 'nowMs'>): SeatChanges => {
  const changeSeat: SeatChanges['changeSeat'] = (seat, change) => {
    tables.changes.last += 1;
    tables.seats.set(seatKey(seat.eventId, seat.sectionId, seat.seatId), {
      ...seat,
      ...change,
      revision: seat.revision + 1,
      changedIn: tables.changes.last,
    });
  };

  const addUsage: SeatChanges['addUsage'] = ({ eventId, fanId }, seats, holds) => {
    const key = usageKey(eventId, fanId);
    const has = tables.usage.get(key) ?? { seats: 0, holds: 0 };
    tables.usage.set(key, { seats: has.seats + seats, holds: has.holds + holds });
  };

  const endHold = (hold: HoldRow, ending: 'released' | 'expired'): void => {
    for (const seatId of hold.seatIds) {
      const seat = tables.seats.get(seatKey(hold.eventId, hold.sectionId, seatId));
      if (seat?.status === 'held' && seat.holdId === hold.holdId) {
        changeSeat(seat, { status: 'free', holdId: null, heldUntilMs: null });
      }
    }
    addUsage(hold, -hold.seatIds.length, -1);
    tables.holds.set(hold.holdId, { ...hold, state: ending });
  };

  return {
    changeSeat,
    addUsage,
    endHolds(holdIds, ending) {
      const nowMs = clock.nowMs();
      const ended = holdIds
        .flatMap((holdId) => tables.holds.get(holdId) ?? [])
        .filter((hold) => hold.state === 'active' && (ending !== 'expired' || hold.expiresAtMs <= nowMs));
      for (const hold of ended) endHold(hold, ending);
      return ended;
    },
  };
};
