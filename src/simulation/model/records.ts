import type { EventId } from '../../domain/ids.ts';
import type { SaleRecords, UnsettledWork } from '../../domain/sale-records.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { OutboxModel } from './outbox.ts';
import type { PaymentModel } from './payment-store.ts';
import { numberKey, without, type SaleTables } from './rows.ts';

export interface RecordParts {
  readonly tables: SaleTables;
  readonly outbox: OutboxModel;
  readonly payments: PaymentModel;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const ofEvent = <Row extends { readonly eventId: EventId }>(rows: readonly Row[], eventId: EventId): Row[] =>
  rows.filter((row) => row.eventId === eventId);

/** What `createAuditReader` reads from Postgres. */
export const readRecords = (
  { tables, outbox, payments, clock }: RecordParts,
  eventId: EventId,
): SaleRecords => {
  const found = tables.events.get(eventId);
  if (found === undefined) throw new Error(`no event ${eventId}`);
  const { event, createdAtMs } = found;
  /** A hold belongs to the admission whose pass it was made with, also where that was replaced since. */
  const passNow = (passId: string): string => {
    const replaced = tables.handOvers.values().find((row) => row.oldPassId === passId);
    if (replaced === undefined) return passId;
    return tables.admissions.get(numberKey(eventId, replaced.number))?.passId ?? passId;
  };
  return {
    event: {
      eventId,
      currency: event.currency,
      createdAtMs,
      opensAtMs: event.opensAtMs,
      ratePerMinute: event.admission.ratePerMinute,
      insideMax: event.admission.insideMax,
      knobsVersion: event.admission.version,
      seatsPerFan: event.limits.seatsPerFan,
      holdsPerFan: event.limits.holdsPerFan,
    },
    readAtMs: clock.nowMs(),
    seats: ofEvent(tables.seats.values(), eventId).map(
      ({ sectionId, seatId, status, holdId, heldUntilMs }) => ({
        sectionId,
        seatId,
        status,
        holdId,
        heldUntilMs,
      }),
    ),
    holds: ofEvent(tables.holds.values(), eventId).map((hold) => ({
      holdId: hold.holdId,
      sectionId: hold.sectionId,
      fanId: hold.fanId,
      passId: passNow(hold.passId),
      seatIds: hold.seatIds,
      amountMinor: hold.amountMinor,
      state: hold.state,
      late: hold.late,
      heldAtMs: hold.heldAtMs,
      expiresAtMs: hold.expiresAtMs,
    })),
    orders: ofEvent(tables.orders.values(), eventId).map((order) => ({
      orderId: order.orderId,
      fanId: order.fanId,
      attemptId: order.attemptId,
      holdIds: order.holdIds,
      sectionIds: order.sectionIds,
      seatIds: order.seatIds,
      amountMinor: order.amountMinor,
      currency: order.currency,
      status: order.status as SaleRecords['orders'][number]['status'],
      reason: order.reason,
      payByMs: order.payByMs,
      createdAtMs: order.createdAtMs,
      settledAtMs: order.settledAtMs,
    })),
    tickets: ofEvent(tables.tickets.values(), eventId).map((ticket) => ({
      ticketId: ticket.ticketId,
      orderId: ticket.orderId,
      sectionId: ticket.sectionId,
      seatId: ticket.seatId,
      fanId: ticket.fanId,
      voided: ticket.voided,
    })),
    attempts: ofEvent(payments.attempts(), eventId).map(
      ({ attemptId, orderId, intentId, status, amountMinor }) => ({
        attemptId,
        orderId,
        intentId,
        status,
        amountMinor,
      }),
    ),
    places: ofEvent(tables.places.values(), eventId).map(({ number, fanId, spent }) => ({
      number,
      fanId,
      spent,
    })),
    admissions: ofEvent(tables.admissions.values(), eventId).map((row) => without(row, 'eventId')),
    access: {
      codes: ofEvent(tables.codes.values(), eventId).map(({ codeId, laneId, usesMax, uses }) => ({
        codeId,
        laneId,
        usesMax,
        uses,
      })),
      redemptions: ofEvent(tables.redemptions.values(), eventId).map((row) => without(row, 'eventId')),
      bypasses: ofEvent(tables.bypasses.values(), eventId).map((row) => without(row, 'eventId')),
    },
    unsent: { tickets: outbox.unsent(eventId), payments: payments.unsent(eventId) },
  };
};

const UNDER_WAY = new Set([
  'new',
  'cancelling',
  'authorised',
  'late',
  'capturing',
  'voiding',
  'refunding',
  'honouring',
  'keeping',
  'returning',
]);

/** What `AuditReader.unsettled` reads from Postgres. */
export const readUnsettled = (records: SaleRecords): UnsettledWork => {
  const waiting = records.orders.filter((order) => order.status === 'awaiting_payment');
  const refunded = new Set(
    records.orders.filter((order) => order.status === 'refunded').map((order) => order.orderId),
  );
  return {
    orders: waiting.length,
    payByMs: waiting.length === 0 ? null : Math.max(...waiting.map((order) => order.payByMs)),
    attempts: records.attempts.filter(
      ({ status, orderId }) => UNDER_WAY.has(status) || (status === 'captured' && refunded.has(orderId)),
    ).length,
    unsent: records.unsent.tickets + records.unsent.payments,
  };
};
