import type { Intent } from '../domain/ports/payment-gateway.ts';
import { mayBecome } from '../domain/seat.ts';
import type { OrderRow, SaleTables, SeatEntry } from './model/rows.ts';
import { seatKey } from './model/rows.ts';

/** A promise was broken in this very step. */
export class BrokenPromise extends Error {}

export interface SaleWatch {
  /** After each write to the database: every seat's step is one the protocol knows, and for a reason that stands. */
  afterWrite(): void;
  /** After each change at the gateway: no order is charged twice. */
  afterGateway(): void;
}

export interface WatchParts {
  readonly tables: SaleTables;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly clock: { readonly nowMs: number };
}

/** Money that is reserved or taken, or could still be: while one of these stands, its order's seats are not to be given back. */
const ALIVE: ReadonlySet<Intent['status']> = new Set(['open', 'processing', 'authorised']);

export const createSaleWatch = ({ tables, intents, clock }: WatchParts): SaleWatch => {
  let before = new Map<string, SeatEntry>();

  const broken = (seat: SeatEntry, why: string): never => {
    throw new BrokenPromise(`${seat.sectionId}/${seat.seatId}: ${why}`);
  };

  const orderOfHold = (holdId: string | null): OrderRow | undefined =>
    tables.orders.values().find((order) => order.holdIds.includes(holdId ?? ''));

  /** P8: a hold is honoured to its end, or to its fan's own word. */
  const checkHeld = (was: SeatEntry, is: SeatEntry): void => {
    if (is.holdId === was.holdId) return;
    const hold = tables.holds.get(was.holdId ?? '');
    const ended =
      hold?.state === 'released' || (hold?.state === 'expired' && hold.expiresAtMs <= clock.nowMs);
    if (!ended)
      broken(is, `taken from hold ${was.holdId ?? ''}, which is ${hold?.state ?? 'gone'} and had time left`);
  };

  /** Seats come back from `paying` only once the gateway has said no for good. */
  const checkFreed = (was: SeatEntry, is: SeatEntry): void => {
    const order = orderOfHold(was.holdId);
    const alive = [...intents.values()].find(
      (one) => one.orderId === order?.orderId && ALIVE.has(one.status),
    );
    if (order === undefined) broken(is, 'was paying for no order');
    if (alive === undefined || order?.status === 'rejected') return;
    broken(is, `given back while ${alive.intentId} of its order is ${alive.status}`);
  };

  const liveTickets = (seat: SeatEntry): number =>
    tables.tickets
      .values()
      .filter((one) => !one.voided && one.sectionId === seat.sectionId && one.seatId === seat.seatId).length;

  const hasExpired = (holdId: string | null): boolean => tables.holds.get(holdId ?? '')?.state === 'expired';

  /**
   * Late money buys a seat that is free, or was until this very write its own order's: whatever ended then, ended for a reason,
   * and the sale is a grant of its own. One write can be all of that.
   */
  const checkSoldLate = (was: SeatEntry, is: SeatEntry): void => {
    if (is.fence <= was.fence) broken(is, 'sold to late money without a grant of its own');
    if (was.status === 'held') checkHeld(was, is);
    if (was.status === 'paying' && orderOfHold(was.holdId) !== undefined) checkFreed(was, is);
    // Of a seat that was sold the money went back: its tickets are void by now, or there would be two.
    if ((was.status === 'paying' || was.status === 'sold') && !hasExpired(was.holdId))
      broken(is, `changed hands while ${was.status}`);
  };

  const isLate = ({ holdId }: SeatEntry): boolean => tables.holds.get(holdId ?? '')?.late === true;

  const checkTickets = (is: SeatEntry): void => {
    const live = liveTickets(is);
    if (live !== (is.status === 'sold' ? 1 : 0)) broken(is, `is ${is.status} with ${live} live tickets`);
  };

  const checkStep = (was: SeatEntry, is: SeatEntry): void => {
    checkTickets(is);
    if (is.status === 'sold' && is.holdId !== was.holdId && isLate(is)) {
      checkSoldLate(was, is);
      return;
    }
    if (is.status !== was.status && !mayBecome(was.status, is.status))
      broken(is, `${was.status} → ${is.status}`);
    if (is.fence < was.fence) broken(is, `its fence fell from ${was.fence} to ${is.fence}`);
    if (was.status === 'held') checkHeld(was, is);
    if (was.status === 'paying' && is.status === 'free') checkFreed(was, is);
    if (was.status === 'paying' && is.status !== 'free' && is.holdId !== was.holdId)
      broken(is, 'changed hands while paying');
  };

  return {
    afterWrite() {
      const now = new Map<string, SeatEntry>();
      for (const seat of tables.seats.values()) {
        const key = seatKey(seat.eventId, seat.sectionId, seat.seatId);
        const was = before.get(key);
        now.set(key, seat);
        // Rows are replaced, never changed: the same object is an unchanged seat.
        if (was !== undefined && was !== seat) checkStep(was, seat);
      }
      before = now;
    },
    afterGateway() {
      const charged = new Map<string, string>();
      for (const { intentId, orderId, capturedMinor, refundedMinor } of intents.values()) {
        if (orderId === null || capturedMinor <= refundedMinor) continue;
        const other = charged.get(orderId);
        if (other !== undefined)
          throw new BrokenPromise(`order ${orderId} is charged by ${other} and by ${intentId}`);
        charged.set(orderId, intentId);
      }
    },
  };
};
