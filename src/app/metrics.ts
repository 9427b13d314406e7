import type { ActorSystem } from '../actors/kit/system.ts';
import type { Settlement } from '../domain/ports/order-book.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import { isRefusal } from '../domain/refusal.ts';
import type { Metrics } from '../infra/metrics.ts';
import type { ClosedSections } from '../tickets/closed-sections.ts';
import type { CommitReport } from '../streams/commit-pipeline.ts';
import type { Part } from './servers.ts';

/** What the ticket service measures of itself; the names are an interface: dashboards and alarms stand on them. */
export interface SaleMetrics {
  watchActors(actors: ActorSystem): void;
  watchClosedSections(sections: ClosedSections): void;
  countingLedger(ledger: SeatLedger): SeatLedger;
  settled(outcome: Settlement['outcome']): void;
  committed(report: CommitReport<Settlement>): void;
  expired(holds: number): void;
}

/** Each server as this node finds it, and whether Postgres does its work meanwhile. */
export const watchParts = (metrics: Metrics, parts: readonly Part[]): void => {
  metrics.gauge('catraca_dependency_up', 'Whether a server answers (1) or not (0).', ['name'], (gauge) => {
    for (const { name, up } of parts) gauge.set({ name }, up() ? 1 : 0);
  });
  metrics.gauge(
    'catraca_dependency_replaced',
    'Whether Postgres does the work of a server that is away.',
    ['name'],
    (gauge) => {
      for (const { name, standsIn } of parts) gauge.set({ name }, standsIn?.() === true ? 1 : 0);
    },
  );
};

export const createSaleMetrics = (metrics: Metrics): SaleMetrics => {
  const holds = metrics.counter('catraca_holds_total', 'Holds decided by Postgres, by outcome.', ['outcome']);
  const statements = metrics.counter('catraca_hold_statements_total', 'Statements that decided holds.');
  const batch = metrics.histogram(
    'catraca_hold_batch_size',
    'Holds decided in one statement.',
    [],
    [1, 2, 4, 8, 16, 32, 64, 128, 256],
  );
  const orders = metrics.counter('catraca_orders_settled_total', 'Orders settled on this node, by outcome.', [
    'outcome',
  ]);
  const messages = metrics.counter(
    'catraca_payment_messages_total',
    'Payment messages answered on this node.',
    ['answer'],
  );
  const expired = metrics.counter('catraca_holds_expired_total', 'Holds whose time ran out.');
  const supervision = metrics.counter('catraca_actor_events_total', 'Supervision events, by type.', ['type']);

  return {
    watchActors(actors) {
      actors.subscribe((event) => supervision.inc({ type: event.type }));
      metrics.gauge(
        'catraca_actor_mailbox_messages',
        'Messages waiting, by kind of actor.',
        ['kind'],
        (gauge) => {
          gauge.reset();
          for (const actor of actors.tree()) gauge.inc({ kind: actor.kind }, actor.mailbox);
        },
      );
    },
    watchClosedSections(sections) {
      metrics.gauge(
        'catraca_sections_closed',
        'Sections closed on this node after repeated faults.',
        [],
        (gauge) => gauge.set(sections.count),
      );
    },
    countingLedger: (ledger) => ({
      ...ledger,
      async holdSeats(requests) {
        statements.inc();
        batch.observe(requests.length);
        const results = await ledger.holdSeats(requests);
        for (const result of results) {
          holds.inc({ outcome: isRefusal(result) ? result.code : result.replayed ? 'replayed' : 'held' });
        }
        return results;
      },
    }),
    settled: (outcome) => orders.inc({ outcome }),
    committed(report) {
      messages.inc({ answer: 'acked' }, report.acked);
      messages.inc({ answer: 'retried' }, report.retried);
      messages.inc({ answer: 'parked' }, report.parked);
    },
    expired: (count) => expired.inc(count),
  };
};
