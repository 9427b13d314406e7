import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { AccessBook } from '../../domain/ports/access-book.ts';
import type { DrawBook } from '../../domain/ports/draw-book.ts';
import type { EventStore } from '../../domain/ports/event-store.ts';
import type { LineJournal } from '../../domain/ports/line.ts';
import type { HandOverBook } from '../../domain/ports/recovery.ts';
import type { OrderBook } from '../../domain/ports/order-book.ts';
import type { Outbox } from '../../domain/ports/outbox.ts';
import type { Attempt } from '../../domain/attempt.ts';
import type { PaymentStore } from '../../domain/ports/payment-store.ts';
import type { ReconciliationStore } from '../../domain/ports/reconciliation-store.ts';
import type { ReviewStore } from '../../domain/ports/review-store.ts';
import type { SeatLedger } from '../../domain/ports/seat-ledger.ts';
import type { QueueName } from '../../domain/messages.ts';
import type { SaleRecords } from '../../domain/sale-records.ts';
import { createAccessBookModel } from './access-book.ts';
import { createDrawBookModel } from './draw-book.ts';
import { createEventStoreModel } from './event-store.ts';
import { createHandOverModel } from './hand-overs.ts';
import { createLineJournalModel } from './line-journal.ts';
import { createOrderBookModel } from './order-book.ts';
import { createOutboxModel } from './outbox.ts';
import { createPaymentModel } from './payment-store.ts';
import { createReconciliationModel } from './reconciliation-store.ts';
import { readRecords } from './records.ts';
import { createTables, type SaleTables } from './rows.ts';
import { createSeatLedgerModel } from './seat-ledger.ts';
import { createDatabase } from './tables.ts';

/** The ports that Postgres serves. */
export interface PostgresPorts {
  readonly events: EventStore;
  readonly ledger: SeatLedger;
  readonly orders: OrderBook;
  readonly ticketOutbox: Outbox;
  readonly journal: LineJournal;
  readonly handOvers: HandOverBook;
  readonly draws: DrawBook;
  readonly access: AccessBook;
  readonly payments: PaymentStore;
  readonly reviews: ReviewStore;
  readonly reconciliation: ReconciliationStore;
  readonly paymentOutbox: Outbox;
}

export interface PostgresModel {
  readonly ports: PostgresPorts;
  readonly tables: SaleTables;
  attempts(): readonly Attempt[];
  records(eventId: string): SaleRecords;
  /** A node has found that the broker lost the queue: whoever sends to it will say again what was not heard. */
  noteLostQueue(queue: QueueName): void;
}

/** Postgres as the sale sees it, in memory: each method of a port is one transaction, and nothing happens within it. */
export const createPostgresModel = (clock: Pick<Clock, 'nowMs'>, ids: Ids): PostgresModel => {
  const db = createDatabase();
  const tables = createTables(db);
  const outbox = createOutboxModel({
    db,
    clock,
    ids,
    isHeard: ({ type, orderId }) =>
      type === 'PedidoCriado' &&
      (tables.orders.get(orderId)?.status ?? 'awaiting_payment') !== 'awaiting_payment',
  });
  const payments = createPaymentModel(clock, ids);
  const journal = createLineJournalModel(tables, clock);
  return {
    tables,
    attempts: () => payments.attempts(),
    ports: {
      events: createEventStoreModel(db, tables, clock),
      ledger: createSeatLedgerModel(db, tables, clock),
      orders: createOrderBookModel({ db, tables, outbox, clock, ids }),
      ticketOutbox: outbox.port,
      journal,
      draws: createDrawBookModel(tables, clock, ids, journal),
      handOvers: createHandOverModel(tables, clock),
      access: createAccessBookModel(tables, clock),
      payments: payments.store,
      reviews: payments.reviews,
      reconciliation: createReconciliationModel(clock, payments.store),
      paymentOutbox: payments.outbox,
    },
    noteLostQueue: (queue) => (queue === 'payments' ? outbox.lose() : payments.loseQueue()),
    records: (eventId) => readRecords({ tables, outbox, payments, clock }, eventId),
  };
};
