import type { Config } from '../config.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { OrderBook } from '../domain/ports/order-book.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import type { SeatLocks } from '../domain/ports/seat-locks.ts';
import type { TicketService } from '../domain/ports/services.ts';
import type { Tracing } from '../domain/ports/tracing.ts';
import { startTracing } from '../infra/otel/tracing.ts';
import type { Closing } from './closing.ts';
import type { SaleStores } from './sale.ts';
import type { Servers } from './servers.ts';

/** Tracing as the configuration wishes it; null, and not a line of its SDK loaded, where no collector is named. */
export const openTracing = async (config: Config, closing: Closing): Promise<Tracing | null> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined) return null;
  const tracing = await startTracing({
    endpoint,
    serviceName: config.OTEL_SERVICE_NAME,
    share: config.TRACE_SHARE,
  });
  closing.add('tracing', () => tracing.stop());
  return tracing;
};

const tracedLocks = (locks: SeatLocks, tracing: Tracing): SeatLocks => ({
  ...locks,
  acquire: (requests) =>
    tracing.step(
      'lock seats',
      {
        ids: requests.map(({ holdId }) => holdId),
        kind: 'CLIENT',
        attributes: { 'db.system.name': 'redis', 'catraca.batch': requests.length },
      },
      () => locks.acquire(requests),
    ),
});

const tracedLedger = (ledger: SeatLedger, tracing: Tracing): SeatLedger => ({
  ...ledger,
  holdSeats: (requests) =>
    tracing.step(
      'hold statement',
      {
        ids: requests.map(({ holdId }) => holdId),
        kind: 'CLIENT',
        attributes: { 'db.system.name': 'postgresql', 'catraca.batch': requests.length },
      },
      () => ledger.holdSeats(requests),
    ),
});

/** The commit of a sale belongs to its order; of a batch each order has a step of its own. */
const tracedOrders = (orders: OrderBook, tracing: Tracing): OrderBook => ({
  ...orders,
  settle(messages) {
    const attributes = { 'db.system.name': 'postgresql', 'catraca.batch': messages.length };
    return messages.reduceRight<() => ReturnType<OrderBook['settle']>>(
      (run, { orderId }) =>
        () =>
          tracing.step('commit sale', { order: orderId, kind: 'CLIENT', attributes }, run),
      () => orders.settle(messages),
    )();
  },
});

export const tracedStores = (stores: SaleStores, tracing: Tracing | null): SaleStores =>
  tracing === null
    ? stores
    : {
        ...stores,
        ledger: tracedLedger(stores.ledger, tracing),
        orders: tracedOrders(stores.orders, tracing),
      };

export const tracedTickets = (tickets: TicketService, tracing: Tracing): TicketService => ({
  ...tickets,
  hold: (command) =>
    tracing.step(
      'ask the section',
      { attributes: { 'catraca.event_id': command.eventId, 'catraca.section_id': command.sectionId } },
      () => tracing.noted(command.holdId, () => tickets.hold(command)),
    ),
  placeOrder: (command) =>
    tracing.step('place order', { attributes: { 'catraca.order_id': command.orderId } }, () =>
      tracing.step('place order', { order: command.orderId }, () => tickets.placeOrder(command)),
    ),
});

const tracedBus = (bus: MessageBus, tracing: Tracing): MessageBus => ({
  ...bus,
  publish(envelopes) {
    const attributes = { 'messaging.batch.message_count': envelopes.length };
    return envelopes.reduceRight<() => ReturnType<MessageBus['publish']>>(
      (run, { type, orderId }) =>
        () =>
          tracing.step(`publish ${type}`, { order: orderId, kind: 'PRODUCER', attributes }, run),
      () => bus.publish(envelopes),
    )();
  },
  subscribe: (queue, prefetch, onDelivery) =>
    bus.subscribe(queue, prefetch, (delivery) => {
      const { type, orderId } = delivery.envelope;
      void tracing.step(
        `receive ${type}`,
        { order: orderId, kind: 'CONSUMER', attributes: { 'catraca.attempt': delivery.attempt } },
        async () => onDelivery(delivery),
      );
    }),
});

/** The servers with a step for each lock and message. */
export const tracedServers = <S extends Pick<Servers, 'locks' | 'bus'>>(
  servers: S,
  tracing: Tracing | null,
): S =>
  tracing === null
    ? servers
    : { ...servers, locks: tracedLocks(servers.locks, tracing), bus: tracedBus(servers.bus, tracing) };
