import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import { groupBy } from './verdict.ts';

type Counts = Readonly<Record<string, number>>;

/** How much of everything there is: what the verdicts are about. Money in minor units. */
export interface Figures {
  readonly seats: Counts;
  readonly holds: Counts;
  readonly orders: Counts;
  readonly tickets: { readonly live: number; readonly voided: number };
  readonly attempts: Counts;
  /** The price of the confirmed orders. */
  readonly soldMinor: number;
  /** Null: the gateway's ledger was not read. */
  readonly gateway: {
    readonly intents: Counts;
    readonly capturedMinor: number;
    readonly refundedMinor: number;
  } | null;
}

const countBy = <T>(items: readonly T[], nameOf: (item: T) => string): Counts =>
  Object.fromEntries([...groupBy(items, nameOf)].map(([name, same]) => [name, same.length]));

const sumOf = <T>(items: readonly T[], amountOf: (item: T) => number): number =>
  items.reduce((sum, item) => sum + amountOf(item), 0);

export const figuresOf = (records: SaleRecords, intents: readonly Intent[] | null): Figures => {
  const { seats, holds, orders, tickets, attempts } = records;
  const voided = tickets.filter((ticket) => ticket.voided).length;
  return {
    seats: countBy(seats, (seat) => seat.status),
    holds: countBy(holds, (hold) => hold.state),
    orders: countBy(orders, (order) => order.status),
    tickets: { live: tickets.length - voided, voided },
    attempts: countBy(attempts, (attempt) => attempt.status),
    soldMinor: sumOf(
      orders.filter((order) => order.status === 'confirmed'),
      (order) => order.amountMinor,
    ),
    gateway:
      intents === null
        ? null
        : {
            intents: countBy(intents, (intent) => intent.status),
            capturedMinor: sumOf(intents, (intent) => intent.capturedMinor),
            refundedMinor: sumOf(intents, (intent) => intent.refundedMinor),
          },
  };
};
