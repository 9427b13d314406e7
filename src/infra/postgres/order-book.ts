import type { Order, Ticket } from '../../domain/order.ts';
import type { OrderBook, PaymentMessage, Settlement } from '../../domain/ports/order-book.ts';
import { refuse, type RefusalCode } from '../../domain/refusal.ts';
import { appendAudit } from './audit-log.ts';
import { retryingConflicts } from './conflicts.ts';
import { settleUntilDecided, type SettleRequest } from './late-money.ts';
import { inTransaction, type Pool } from './pool.ts';
import { orderFrom, type OrderColumns } from './rows.ts';

interface TicketColumns {
  readonly ticket_id: string;
  readonly order_id: string;
  readonly event_id: string;
  readonly fan_id: string;
  readonly seat_id: string;
  readonly issued_at: Date;
  readonly voided_at: Date | null;
}

type SettledColumns = OrderColumns & {
  readonly message_id: string;
  readonly outcome: Settlement['outcome'];
};

type GaveBack = 'returned' | 'repeated' | 'not_found' | 'not_confirmed' | 'too_late';

const NOT_REFUNDABLE = {
  not_confirmed: 'Only a confirmed order with its tickets can be given back.',
  too_late: 'The tickets of this event can no longer be given back.',
} as const;

const ticketFrom = (row: TicketColumns): Ticket => ({
  ticketId: row.ticket_id,
  orderId: row.order_id,
  eventId: row.event_id,
  fanId: row.fan_id,
  seatId: row.seat_id,
  issuedAtMs: row.issued_at.getTime(),
  voided: row.voided_at !== null,
});

const messageRow = (message: PaymentMessage, ord: number): SettleRequest => ({
  ord,
  id: message.id,
  type: message.type,
  event_id: message.eventId,
  order_id: message.orderId,
  attempt_id: message.data.attemptId,
  ...(message.type === 'PagamentoOK'
    ? {
        amount_minor: message.data.amountMinor,
        currency: message.data.currency,
        approved: message.data.approved ?? false,
      }
    : { reason: message.data.reason }),
});

/** Orders and tickets in Postgres: see `migrations/0005_seat_protocol.sql` and `0007_late_money.sql`. */
export const createOrderBook = (pool: Pool): OrderBook => ({
  async place(request) {
    const { rows } = await retryingConflicts(() =>
      pool.query<OrderColumns & { readonly code: 'placed' | RefusalCode }>(
        'SELECT p.code, (p.order_row).* FROM tickets.place_order($1, $2, $3, $4, $5, $6) p',
        [
          request.orderId,
          request.attemptId,
          request.fanId,
          request.holdIds,
          request.payWithinMs,
          request.fingerprint,
        ],
      ),
    );
    const row = rows[0];
    if (row === undefined) throw new Error('place_order returned no row');
    return row.code === 'placed' ? orderFrom(row) : refuse(row.code);
  },

  async find(orderId): Promise<Order | null> {
    const { rows } = await pool.query<OrderColumns>('SELECT * FROM tickets.orders WHERE order_id = $1', [
      orderId,
    ]);
    return rows[0] === undefined ? null : orderFrom(rows[0]);
  },

  async ticketsOf(orderId) {
    const { rows } = await pool.query<TicketColumns>(
      'SELECT * FROM tickets.tickets WHERE order_id = $1 ORDER BY seat_id',
      [orderId],
    );
    return rows.map(ticketFrom);
  },

  async findTicket(ticketId) {
    const { rows } = await pool.query<TicketColumns>('SELECT * FROM tickets.tickets WHERE ticket_id = $1', [
      ticketId,
    ]);
    return rows[0] === undefined ? null : ticketFrom(rows[0]);
  },

  async settle(messages): Promise<readonly Settlement[]> {
    const settleOnce = async (requests: readonly SettleRequest[]) => {
      const { rows } = await retryingConflicts(() =>
        pool.query<SettledColumns>({
          name: 'settle-payments',
          text: 'SELECT s.message_id, s.outcome, (s.order_row).* FROM tickets.settle_payments($1) s',
          values: [JSON.stringify(requests)],
        }),
      );
      return rows;
    };
    const rows = await settleUntilDecided(pool, messages.map(messageRow), settleOnce);
    return rows.map((row) => ({
      messageId: row.message_id,
      outcome: row.outcome,
      order: row.order_id === null ? null : orderFrom(row),
    }));
  },

  giveBack: (request) =>
    retryingConflicts(() =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query<OrderColumns & { readonly code: GaveBack }>(
          'SELECT g.code, (g.order_row).* FROM tickets.give_back($1, $2) g',
          [request.orderId, request.fanId],
        );
        const row = rows[0];
        if (row === undefined) throw new Error('give_back returned no row');
        if (row.code === 'not_found') return refuse('not_found');
        if (row.code === 'not_confirmed' || row.code === 'too_late')
          return refuse('order_not_refundable', { detail: NOT_REFUNDABLE[row.code] });
        const order = orderFrom(row);
        if (row.code === 'returned')
          await appendAudit(client, {
            actor: request.fanId,
            role: 'fan',
            action: 'order.refund',
            target: request.orderId,
            before: { status: 'confirmed' },
            after: { status: order.status, amountMinor: order.amountMinor, seatIds: order.seatIds },
            requestId: request.requestId,
          });
        return { order, repeated: row.code === 'repeated' };
      }),
    ),

  remindOverdue: (graceMs, limit) =>
    inTransaction(pool, async (client) => {
      // Once a grace period for each: the payment service counts repeats of the same attempt as nothing new.
      const { rows } = await client.query<{ order_id: string }>(
        `WITH stuck AS (
           SELECT order_id FROM tickets.orders
            WHERE status = 'awaiting_payment' AND pay_by < now() - $1 * interval '1 millisecond'
              AND (reminded_at IS NULL OR reminded_at < now() - $1 * interval '1 millisecond')
            ORDER BY pay_by LIMIT $2 FOR UPDATE SKIP LOCKED),
         marked AS (
           UPDATE tickets.orders o SET reminded_at = now() FROM stuck s WHERE o.order_id = s.order_id RETURNING o.*)
         INSERT INTO tickets.outbox (type, event_id, order_id, data)
         SELECT 'PedidoCriado', m.event_id, m.order_id, tickets.checkout_data(m, e.name)
           FROM marked m JOIN tickets.events e ON e.event_id = m.event_id
         RETURNING order_id`,
        [graceMs, limit],
      );
      return rows.map((row) => row.order_id);
    }),

  async ofFan(fanId, limit) {
    const { rows } = await pool.query<OrderColumns>(
      'SELECT * FROM tickets.orders WHERE fan_id = $1 ORDER BY created_at DESC LIMIT $2',
      [fanId, limit],
    );
    return rows.map(orderFrom);
  },
});
