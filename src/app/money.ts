import type { Config } from '../config.ts';
import type { PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { MoneyReport, ReconciliationStore } from '../domain/ports/reconciliation-store.ts';
import { systemClock, systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import type { Metrics } from '../infra/metrics.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { createPaymentStore } from '../infra/postgres/payment-store.ts';
import { createReconciliationStore } from '../infra/postgres/reconciliation-store.ts';
import { createReviewStore } from '../infra/postgres/review-store.ts';
import { createAttemptLedger } from '../payments/attempt-ledger.ts';
import { createReconciler } from '../payments/reconciler.ts';
import type { Closing } from './closing.ts';
import type { Servers } from './servers.ts';

/** The gauges of one scrape are read together. */
const READ_AGAIN_AFTER_MS = 1_000;

/** The balance of the last look, whichever node had it. While Postgres is away the gauges keep what they had. */
const publishBalance = (metrics: Metrics, store: Pick<ReconciliationStore, 'report'>): void => {
  let last: { readonly atMs: number; readonly report: Promise<MoneyReport | null> } | null = null;
  const read = (): Promise<MoneyReport | null> => {
    const atMs = systemClock.nowMs();
    if (last === null || atMs - last.atMs > READ_AGAIN_AFTER_MS)
      last = { atMs, report: store.report().catch(() => null) };
    return last.report;
  };
  metrics.gauge(
    'catraca_money_unbalanced',
    'Taken payments that have neither tickets nor a way back nor a person who is told. Must be zero.',
    [],
    async (gauge) => {
      const report = await read();
      if (report !== null) gauge.set(report.unbalanced);
    },
  );
  metrics.gauge(
    'catraca_money_minor',
    'Taken money by where it belongs, in minor units.',
    ['class', 'currency'],
    async (gauge) => {
      const report = await read();
      if (report === null) return;
      gauge.reset();
      for (const { class: name, currency, amountMinor } of report.lines)
        gauge.set({ class: name, currency }, amountMinor);
    },
  );
  metrics.gauge(
    'catraca_money_looked_at_seconds',
    'When both ledgers were last compared, in seconds since the epoch.',
    [],
    async (gauge) => {
      const report = await read();
      if (report !== null) gauge.set(report.lookedAtMs / 1_000);
    },
  );
};

/** Holds the gateway's ledger against ours; returns how the last look is read. */
export const startMoney = (parts: {
  readonly config: Config;
  readonly servers: Servers;
  readonly gateway: PaymentGateway;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly closing: Closing;
}): (() => Promise<MoneyReport | null>) => {
  const { config, servers, gateway, log } = parts;
  const store = createReconciliationStore(servers.pool);
  publishBalance(parts.metrics, store);
  const attempts = createPaymentStore(servers.pool);
  const reconciler = createReconciler({
    store,
    attempts,
    reviews: createReviewStore(servers.pool),
    gateway,
    // What it says waits for the next poll of the outbox.
    ledger: createAttemptLedger({ store: attempts, log, nudgeOutbox: () => undefined }),
    audit: createAuditLog(servers.pool),
    clock: systemClock,
    random: systemRandom,
    log,
    everyMs: config.RECONCILE_EVERY_MS,
  });
  reconciler.start();
  parts.closing.add('reconciler', () => reconciler.stop());
  return () => store.report();
};
