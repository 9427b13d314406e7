import { isFault, type Fault } from '../actors/kit/reply-port.ts';
import type { Hold, HoldResult } from '../domain/hold.ts';
import type { EventId, SeatId, SectionId } from '../domain/ids.ts';
import type { Order } from '../domain/order.ts';
import type { Ids } from '../domain/ports/environment.ts';
import type { OrderBook } from '../domain/ports/order-book.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import type { SeatLocks } from '../domain/ports/seat-locks.ts';
import type { SeatMap, TicketService } from '../domain/ports/services.ts';
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts';
import type { Catalogue } from './catalogue.ts';
import { LOCK_MARGIN_MS } from './hold-protocol.ts';
import type { OrderWatchers } from './order-watchers.ts';
import type { SectionDirectory } from './section-directory.ts';

/** Longer than Postgres' statement timeout, so that the ledger's own word comes first. */
const HOLD_DEADLINE_MS = 6_000;
const MAP_DEADLINE_MS = 4_000;

export interface TicketServiceOptions {
  readonly catalogue: Catalogue;
  readonly sections: SectionDirectory;
  readonly ledger: SeatLedger;
  readonly orders: OrderBook;
  readonly locks: SeatLocks;
  readonly watchers: OrderWatchers;
  readonly ids: Ids;
  readonly holdTtlMs: number;
  readonly payWithinMs: number;
  /** An order went back: its seats are free, its money is to follow. */
  readonly onGivenBack: (order: Order) => void;
  /** A row was written to the outbox. */
  readonly nudgeOutbox: () => void;
}

/** An actor that could not answer. Only at the door is it certain that nothing happened. */
const REFUSAL_OF: Readonly<Record<Fault['code'], Refusal>> = {
  mailbox_full: refuse('overloaded', { retryAfterMs: 1_000 }),
  actor_closed: refuse('section_closed', { retryAfterMs: 60_000 }),
  // With its supervisor, perhaps, while Postgres was deciding what it had taken on.
  actor_stopped: refuse('outcome_unknown', { retryAfterMs: 1_000 }),
  actor_crashed: refuse('outcome_unknown', { retryAfterMs: 1_000 }),
  deadline: refuse('outcome_unknown', { retryAfterMs: 1_000 }),
};

export const createTicketService = (options: TicketServiceOptions): TicketService => {
  const { catalogue, sections, ledger, orders, locks, watchers } = options;

  const sectionOf = async (eventId: EventId, sectionId: SectionId) => {
    const event = await catalogue.find(eventId);
    return event === null ? refuse('not_found') : sections.find(event, sectionId);
  };

  const changed = (eventId: EventId, sectionIds: Iterable<SectionId>): void => {
    for (const sectionId of new Set(sectionIds)) sections.peek(eventId, sectionId)?.tell({ type: 'changed' });
  };

  const ended = (hold: Hold): void => {
    void locks.release([hold]);
    changed(hold.eventId, [hold.sectionId]);
  };

  const keepLocked = (
    eventId: EventId,
    seatIds: readonly SeatId[],
    holdIds: readonly string[],
    ttlMs: number,
  ): void => {
    void locks.extend(
      holdIds.map((holdId) => ({ eventId, seatIds, holdId })),
      ttlMs + LOCK_MARGIN_MS,
    );
  };

  return {
    async listEvents() {
      return Promise.all((await catalogue.list()).map((event) => catalogue.view(event)));
    },

    async findEvent(eventId) {
      const event = await catalogue.find(eventId);
      return event === null ? null : catalogue.view(event);
    },

    async seatMap(eventId, sectionId) {
      const section = await sectionOf(eventId, sectionId);
      if (isRefusal(section)) return section;
      const map = await section.ask<SeatMap | Refusal>(
        (port) => ({ type: 'map' as const, port }),
        MAP_DEADLINE_MS,
      );
      return isFault(map) ? refuse('unavailable', { retryAfterMs: 1_000 }) : map;
    },

    async hold(command): Promise<HoldResult> {
      const { eventId, sectionId } = command;
      const section = sections.open(eventId, sectionId) ?? (await sectionOf(eventId, sectionId));
      if (isRefusal(section)) return section;
      const answer = await section.ask<HoldResult>(
        (port) => ({ type: 'hold' as const, command, port }),
        HOLD_DEADLINE_MS,
      );
      return isFault(answer) ? REFUSAL_OF[answer.code] : answer;
    },

    async release(holdId, fanId) {
      const hold = await ledger.releaseHold(holdId, fanId);
      if (!isRefusal(hold)) ended(hold);
      return hold;
    },

    async extend(holdId, fanId) {
      const hold = await ledger.extendHold(holdId, fanId, options.holdTtlMs);
      if (!isRefusal(hold)) {
        keepLocked(hold.eventId, hold.seatIds, [hold.holdId], options.holdTtlMs);
        changed(hold.eventId, [hold.sectionId]);
      }
      return hold;
    },

    async placeOrder({ orderId, fanId, holdIds, fingerprint }) {
      const order = await orders.place({
        orderId,
        attemptId: options.ids.next(),
        fanId,
        holdIds,
        payWithinMs: options.payWithinMs,
        fingerprint,
      });
      if (isRefusal(order)) return order;
      options.nudgeOutbox();
      keepLocked(order.eventId, order.seatIds, order.holdIds, options.payWithinMs);
      changed(order.eventId, order.sectionIds);
      return order;
    },

    async findOrder(orderId, fanId) {
      const order = await orders.find(orderId);
      if (order === null || order.fanId !== fanId) return null;
      return { order, tickets: order.status === 'confirmed' ? await orders.ticketsOf(orderId) : [] };
    },

    ordersOf: (fanId, limit) => orders.ofFan(fanId, limit),

    async giveBack(request) {
      const done = await orders.giveBack(request);
      if (isRefusal(done)) return done;
      if (!done.repeated) options.onGivenBack(done.order);
      return done.order;
    },

    watchOrder: (orderId, onChange) => watchers.watch(orderId, onChange),
    findTicket: (ticketId) => orders.findTicket(ticketId),
  };
};
