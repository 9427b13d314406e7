import type { Clock, Ids } from '../../domain/ports/environment.ts';
import { pickSeats } from '../../domain/pick-seats.ts';
import type { SeatId, SectionId } from '../../domain/ids.ts';
import {
  seatKey,
  seatsOfOrder,
  usageKey,
  type HoldRow,
  type OrderRow,
  type SaleTables,
  type SeatEntry,
} from './rows.ts';
import type { SeatChanges } from './seat-changes.ts';

export interface WantedSeat {
  readonly sectionId: SectionId;
  readonly seatId: SeatId;
}

export interface LateMoney {
  /** The order's seats that are still its own: paying, by its holds, with its fences. */
  ownSeats(order: OrderRow): readonly SeatEntry[];
  /** The order's holds are over, from then on at the latest. */
  endHoldsOf(order: OrderRow, endedAtMs: number): void;
  /** The holds whose time is over and that stand on seats of the order. */
  overdueOn(order: OrderRow): readonly string[];
  /** `tickets.sell_late`. The order as it is now: its seats are sold, and its tickets are not issued yet. */
  sell(order: OrderRow, wanted: readonly WantedSeat[]): OrderRow | 'taken' | 'fan_limit';
  /** As many other seats in each of the order's sections as it has there; null: they are not to be had. */
  propose(order: OrderRow): readonly WantedSeat[] | null;
}

export interface LateMoneyParts {
  readonly tables: SaleTables;
  readonly changes: SeatChanges;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
}

const sectionsOf = (seats: readonly WantedSeat[]): readonly SectionId[] =>
  [...new Set(seats.map((seat) => seat.sectionId))].sort();

/** What an order's own seats are. */
export const wantedByOrder = (order: OrderRow): readonly WantedSeat[] =>
  seatsOfOrder(order).map(({ sectionId, seatId }) => ({ sectionId, seatId }));

/** `migrations/0007_late_money.sql` and `late-money.ts` of Postgres, in memory. */
export const createLateMoney = ({ tables, changes, clock, ids }: LateMoneyParts): LateMoney => {
  const ownSeats = (order: OrderRow): readonly SeatEntry[] =>
    seatsOfOrder(order).flatMap(({ key, fence }) => {
      const seat = tables.seats.get(key);
      const own =
        seat?.status === 'paying' && order.holdIds.includes(seat.holdId ?? '') && seat.fence === fence;
      return own ? [seat] : [];
    });

  const endHoldsOf = (order: OrderRow, endedAtMs: number): void => {
    for (const holdId of order.holdIds) {
      const hold = tables.holds.get(holdId);
      if (hold === undefined) continue;
      const expiresAtMs = Math.min(hold.expiresAtMs, endedAtMs);
      tables.holds.set(holdId, { ...hold, state: 'expired', expiresAtMs });
    }
  };

  const seatOf = (order: OrderRow, { sectionId, seatId }: WantedSeat): SeatEntry => {
    const seat = tables.seats.get(seatKey(order.eventId, sectionId, seatId));
    if (seat === undefined) throw new Error(`no seat ${sectionId}/${seatId}`);
    return seat;
  };

  const priceOf = (order: OrderRow, sectionId: SectionId): number => {
    const { event } = tables.events.get(order.eventId) ?? {};
    return event?.sections.find((section) => section.id === sectionId)?.priceMinor ?? 0;
  };

  /** One grant a section, on the pass of the first one. */
  const grant = (order: OrderRow, first: HoldRow, sectionId: SectionId, seats: readonly SeatEntry[]) => {
    const nowMs = clock.nowMs();
    const hold: HoldRow = {
      holdId: ids.next(),
      eventId: order.eventId,
      sectionId,
      fanId: order.fanId,
      passId: first.passId,
      seatIds: seats.map((seat) => seat.seatId),
      fences: seats.map((seat) => seat.fence + 1),
      amountMinor: priceOf(order, sectionId) * seats.length,
      currency: order.currency,
      fingerprint: first.fingerprint,
      state: 'ordered',
      extended: false,
      heldAtMs: nowMs,
      expiresAtMs: nowMs,
      late: true,
    };
    tables.holds.set(hold.holdId, hold);
    for (const seat of seats) {
      changes.changeSeat(seat, { status: 'sold', holdId: hold.holdId, fence: seat.fence + 1 });
    }
    return hold.holdId;
  };

  const hasRoom = (order: OrderRow, seats: number): boolean => {
    const limit = tables.events.get(order.eventId)?.event.limits.seatsPerFan ?? 0;
    const has = tables.usage.get(usageKey(order.eventId, order.fanId));
    return has !== undefined && has.seats + seats <= limit;
  };

  return {
    ownSeats,
    endHoldsOf,
    overdueOn(order) {
      const nowMs = clock.nowMs();
      const seats = seatsOfOrder(order).flatMap(({ key }) => tables.seats.get(key) ?? []);
      const over = seats.filter((seat) => seat.status === 'held' && (seat.heldUntilMs ?? 0) <= nowMs);
      return [...new Set(over.flatMap((seat) => seat.holdId ?? []))];
    },
    sell(order, wanted) {
      const own = ownSeats(order);
      const toBeHad = wanted.map((one) => seatOf(order, one));
      const areToBeHad = toBeHad.every((seat) => seat.status === 'free' || own.includes(seat));
      const [first] = order.holdIds.flatMap((holdId) => tables.holds.get(holdId) ?? []);
      if (!areToBeHad || wanted.length !== order.seatIds.length || first === undefined) return 'taken';
      // An order that waits for its money counts already; one that had ended gave its room back.
      if (order.status !== 'awaiting_payment') {
        if (!hasRoom(order, wanted.length)) return 'fan_limit';
        changes.addUsage(order, wanted.length, 0);
      }
      for (const seat of own) changes.changeSeat(seat, { status: 'free', holdId: null });
      const holdIds = sectionsOf(wanted).map((sectionId) => {
        const seats = wanted.filter((one) => one.sectionId === sectionId).map((one) => seatOf(order, one));
        return grant(order, first, sectionId, seats);
      });
      endHoldsOf(order, order.settledAtMs ?? clock.nowMs());
      const seatIds = wanted.map((one) => one.seatId);
      const same = order.seatIds.every((seatId) => seatIds.includes(seatId));
      const sold: OrderRow = {
        ...order,
        holdIds,
        seatIds,
        sectionIds: wanted.map((one) => one.sectionId),
        fences: wanted.map((one) => seatOf(order, one).fence),
        reseatedFrom: same ? null : order.seatIds,
        ending: same ? 'honoured' : 'reseated',
      };
      tables.orders.set(order.orderId, sold);
      return sold;
    },
    propose(order) {
      const chosen: WantedSeat[] = [];
      for (const sectionId of sectionsOf(wantedByOrder(order))) {
        const map = tables.seats
          .values()
          .filter((seat) => seat.eventId === order.eventId && seat.sectionId === sectionId);
        const count = order.sectionIds.filter((one) => one === sectionId).length;
        const isFree = ({ status, holdId }: SeatEntry): boolean =>
          status === 'free' || (status === 'paying' && order.holdIds.includes(holdId ?? ''));
        const picked = pickSeats(map, count, isFree, 0);
        if (picked === null) return null;
        chosen.push(...picked.map(({ seatId }) => ({ sectionId, seatId })));
      }
      return chosen;
    },
  };
};
