import { seatsOf, type SaleEvent } from '../../domain/event.ts';
import type { EventId } from '../../domain/ids.ts';
import { sharesOf } from '../../domain/lanes.ts';
import type { OrderStatus } from '../../domain/order.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { EventStore } from '../../domain/ports/event-store.ts';
import { isRefusal } from '../../domain/refusal.ts';
import type { SeatStatus } from '../../domain/seat.ts';
import { seatKey, type SaleTables } from './rows.ts';
import type { Database } from './tables.ts';

/** `createEventStore` of Postgres, in memory. */
export const createEventStoreModel = (
  db: Database,
  tables: SaleTables,
  clock: Pick<Clock, 'nowMs'>,
): EventStore => {
  const changing = async (eventId: EventId, change: (event: SaleEvent) => Partial<SaleEvent>) => {
    const row = tables.events.get(eventId);
    if (row === undefined) return null;
    const after = { ...row.event, ...change(row.event) };
    tables.events.set(eventId, { ...row, event: after });
    return { before: row.event, after };
  };

  return {
    async create(eventId, definition) {
      const known = tables.events.get(eventId);
      if (known !== undefined) return known.event;
      const event: SaleEvent = {
        ...definition,
        eventId,
        phaseSetting: 'scheduled',
        admission: {
          ...definition.admission,
          closedLoop: definition.admission.closedLoop ?? true,
          ...sharesOf(definition.lanes),
          paused: false,
          version: 1,
        },
        message: null,
        joinProof: definition.joinProof ?? 'off',
        lateMoney: { reseat: definition.lateMoney?.reseat ?? false },
        show: {
          showAtMs: definition.show?.showAtMs ?? null,
          doorsAtMs: definition.show?.doorsAtMs ?? null,
          address: definition.show?.address ?? null,
          refundsUntilMs: definition.show?.refundsUntilMs ?? null,
        },
        launch: definition.launchCurve === undefined ? null : { curve: definition.launchCurve, active: true },
      };
      db.atomically(() => {
        tables.events.set(eventId, { event, createdAtMs: clock.nowMs() });
        for (const seat of event.sections.flatMap(seatsOf)) {
          tables.seats.set(seatKey(eventId, seat.sectionId, seat.seatId), {
            ...seat,
            eventId,
            status: 'free',
            holdId: null,
            heldUntilMs: null,
            fence: 0,
            revision: 0,
            changedIn: tables.changes.last,
          });
        }
      });
      return event;
    },
    list: async () => tables.events.values().map((row) => row.event),
    find: async (eventId) => tables.events.get(eventId)?.event ?? null,
    setPhase: (eventId, phaseSetting) => changing(eventId, () => ({ phaseSetting })),
    planLaunch: (eventId, curve) =>
      changing(eventId, ({ admission }) => ({
        launch: curve === null ? null : { curve, active: true },
        admission: { ...admission, version: admission.version + 1 },
      })),
    async setLanes(eventId, decide) {
      const known = tables.events.get(eventId);
      if (known === undefined) return null;
      const lanes = decide(known.event);
      if ('kind' in lanes) return lanes;
      return changing(eventId, ({ admission }) => ({
        lanes,
        admission: { ...admission, ...sharesOf(lanes), version: admission.version + 1 },
      }));
    },
    setMessage: (eventId, text) =>
      changing(eventId, () => ({ message: text === null ? null : { text, atMs: clock.nowMs() } })),
    turnKnobs: (eventId, change) =>
      changing(eventId, ({ admission, launch }) => ({
        admission: { ...admission, ...change, version: admission.version + 1 },
        ...(launch && change.ratePerMinute !== undefined ? { launch: { ...launch, active: false } } : {}),
      })),
    async edit(eventId, decide) {
      const known = tables.events.get(eventId);
      if (known === undefined) return null;
      const decided = decide(known.event);
      return isRefusal(decided) ? decided : changing(eventId, () => decided);
    },
    async countSeats(eventId) {
      const seats = tables.seats.values().filter((seat) => seat.eventId === eventId);
      const sectionIds = [...new Set(seats.map((seat) => seat.sectionId))].sort();
      return sectionIds.map((sectionId) => {
        const count = (status: SeatStatus): number =>
          seats.filter((seat) => seat.sectionId === sectionId && seat.status === status).length;
        return {
          sectionId,
          free: count('free'),
          held: count('held'),
          paying: count('paying'),
          sold: count('sold'),
        };
      });
    },
    async countOrders(eventId) {
      const orders = tables.orders.values().filter((order) => order.eventId === eventId);
      const count = (status: OrderStatus): number => orders.filter((order) => order.status === status).length;
      return {
        awaitingPayment: count('awaiting_payment'),
        confirmed: count('confirmed'),
        failed: count('failed'),
        expired: count('expired'),
        rejected: count('rejected'),
        refunded: count('refunded'),
      };
    },
  };
};
