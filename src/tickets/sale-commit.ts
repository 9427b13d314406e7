import { from, Subject } from 'rxjs';
import type { AnyEnvelope } from '../domain/messages.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { OrderBook, PaymentMessage, Settlement } from '../domain/ports/order-book.ts';
import { commitPipeline, deliveriesOf, type CommitReport } from '../streams/commit-pipeline.ts';

/** No more than Postgres commits at once: two batches under way and as much again waiting. */
const MAX_BATCH = 64;
const CONCURRENCY = 2;
const PREFETCH = MAX_BATCH * CONCURRENCY * 2;
/** Short next to a commit, long enough for a rush to fill a batch. */
const MAX_WAIT_MS = 5;
const MAX_ATTEMPTS = 6;

export interface SaleCommitOptions {
  readonly bus: MessageBus;
  readonly orders: OrderBook;
  /** After the commit, for each message that did something. */
  readonly onSettled: (settlement: Settlement) => void;
  readonly onReport: (report: CommitReport<Settlement>) => void;
  readonly onBroken: (error: unknown) => void;
}

const isPaymentMessage = (envelope: AnyEnvelope): envelope is PaymentMessage =>
  envelope.type === 'PagamentoOK' || envelope.type === 'PagamentoFalhou';

/** PagamentoOK and PagamentoFalhou become sales and freed seats: each acked only after its commit. */
export const startSaleCommit = (options: SaleCommitOptions): { stop(): Promise<void> } => {
  const stop$ = new Subject<void>();
  const finished = new Promise<void>((resolve) => {
    commitPipeline({
      deliveries$: deliveriesOf(options.bus, 'tickets', PREFETCH, stop$),
      accepts: isPaymentMessage,
      commit: (batch) => from(options.orders.settle(batch)),
      maxBatch: MAX_BATCH,
      maxWaitMs: MAX_WAIT_MS,
      concurrency: CONCURRENCY,
      maxAttempts: MAX_ATTEMPTS,
    }).subscribe({
      next(report) {
        for (const settlement of report.results) {
          if (settlement.outcome !== 'nothing') options.onSettled(settlement);
        }
        options.onReport(report);
      },
      error(error: unknown) {
        options.onBroken(error);
        resolve();
      },
      complete: resolve,
    });
  });
  return {
    stop() {
      stop$.next();
      return finished;
    },
  };
};
