import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { audit } from '../../src/audit/audit.ts';
import type { EventDefinition } from '../../src/domain/event.ts';
import type { Hold, HoldResult } from '../../src/domain/hold.ts';
import type { Order } from '../../src/domain/order.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import type { PaymentMessage, Settlement } from '../../src/domain/ports/order-book.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { createAuditReader } from '../../src/infra/postgres/audit-reader.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { admitFan, createShow, holdRequest, type AdmittedFan } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

/** One event in a database of its own, and the ticket service's two ports on it, with nothing above them. */
export const openHouse = async (t: ExecutionContext, change: Partial<EventDefinition> = {}) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const { eventId } = await createShow(pool, change);
  const ledger = createSeatLedger(pool);
  const book = createOrderBook(pool);

  const tryHold = async (
    fan: AdmittedFan,
    seatIds: readonly string[],
    ttlMs = 300_000,
  ): Promise<HoldResult> => {
    const request = holdRequest(eventId, fan, seatIds, { ttlMs });
    for (let tries = 0; tries < 20; tries += 1) {
      const [result] = await ledger.holdSeats([request]);
      assert.ok(result);
      // On a busy machine there may be no connection in time. Nothing was done then: it is asked again.
      if (!isRefusal(result) || result.code !== 'unavailable') return result;
    }
    throw new Error('Postgres has no connection for us');
  };
  const hold = async (fan: AdmittedFan, seatIds: readonly string[], ttlMs = 300_000): Promise<Hold> => {
    const result = await tryHold(fan, seatIds, ttlMs);
    assert.ok(result.kind === 'held', JSON.stringify(result));
    return result.hold;
  };
  const order = async (fan: AdmittedFan, holds: readonly Hold[]): Promise<Order> => {
    const placed = await book.place({
      orderId: randomUUID(),
      attemptId: randomUUID(),
      fanId: fan.fanId,
      holdIds: holds.map((one) => one.holdId),
      payWithinMs: 600_000,
      fingerprint: 'f',
    });
    assert.ok(!isRefusal(placed), JSON.stringify(placed));
    return placed;
  };
  /** From the free seat to the order that waits for its money. */
  const orderSeats = async (fan: AdmittedFan, ...groups: readonly (readonly string[])[]): Promise<Order> => {
    const holds: Hold[] = [];
    for (const seatIds of groups) holds.push(await hold(fan, seatIds));
    return order(fan, holds);
  };
  const settle = async (message: PaymentMessage): Promise<Settlement['outcome'] | undefined> =>
    (await book.settle([message]))[0]?.outcome;
  return {
    pool,
    eventId,
    ledger,
    book,
    tryHold,
    hold,
    order,
    orderSeats,
    settle,
    admit: () => admitFan(pool, eventId),
    seat: async (seatId: string) => {
      const { rows } = await pool.query<{ status: string; hold_id: string | null; fence: number }>(
        'SELECT status, hold_id, fence FROM tickets.seats WHERE event_id = $1 AND seat_id = $2',
        [eventId, seatId],
      );
      return rows[0];
    },
    /** How many seats stand at each status. */
    statuses: async (): Promise<Record<string, number>> => {
      const { rows } = await pool.query<{ status: string; n: number }>(
        'SELECT status, count(*) AS n FROM tickets.seats GROUP BY status',
      );
      return Object.fromEntries(rows.map((row) => [row.status, row.n]));
    },
    seatsOf: async (orderId: string): Promise<readonly string[]> =>
      (await book.ticketsOf(orderId)).filter((one) => !one.voided).map((one) => one.seatId),
    usage: async (fanId: string) =>
      (
        await pool.query<{ seats: number; holds: number }>(
          'SELECT seats, holds FROM tickets.fan_usage WHERE event_id = $1 AND fan_id = $2',
          [eventId, fanId],
        )
      ).rows[0],
    said: async (orderId: string): Promise<readonly string[]> =>
      (
        await pool.query<{ said: string }>(
          `SELECT type || coalesce(': ' || (data ->> 'reason'), '') AS said FROM tickets.outbox
            WHERE order_id = $1 ORDER BY position`,
          [orderId],
        )
      ).rows.map((row) => row.said),
    /**
     * What the audit finds broken; `intents`: the gateway's ledger, where there is one. The line is left out: the fans of a
     * house without a waiting room come straight in.
     */
    breaches: async (intents: readonly Intent[] | null = null): Promise<readonly string[]> => {
      const records = await createAuditReader(pool).read(eventId);
      assert.ok(records !== null);
      // Nothing relays here, so what was written to the outbox has not left.
      const quiet = { ...records, unsent: { tickets: 0, payments: 0 } };
      return audit({
        records: quiet,
        intents,
        history: null,
        seatsExpected: null,
        alone: false,
        callTtlMs: 60_000,
      }).flatMap((verdict) =>
        verdict.state === 'broken' && verdict.promise !== 'P6'
          ? [`${verdict.promise} ${JSON.stringify(verdict)}`]
          : [],
      );
    },
  };
};

export type House = NonNullable<Awaited<ReturnType<typeof openHouse>>>;

export const paid = (order: Order, data: object = {}): PaymentMessage => ({
  id: randomUUID(),
  type: 'PagamentoOK',
  occurredAtMs: 0,
  eventId: order.eventId,
  orderId: order.orderId,
  data: {
    attemptId: order.attemptId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    ...data,
  },
});

export const failed = (
  order: Order,
  reason: 'declined' | 'cancelled' | 'expired' | 'refunded' = 'expired',
): PaymentMessage => ({
  id: randomUUID(),
  type: 'PagamentoFalhou',
  occurredAtMs: 0,
  eventId: order.eventId,
  orderId: order.orderId,
  data: { attemptId: order.attemptId, reason },
});
