import { guardian } from '../actors/guardian.ts';
import { CrashLog } from '../actors/kit/set-aside.ts';
import { createActorSystem, type ActorSystem } from '../actors/kit/system.ts';
import type { SectionEffects } from '../actors/section-messages.ts';
import type { Config } from '../config.ts';
import type { HoldResult } from '../domain/hold.ts';
import type { Clock, Ids, Random } from '../domain/ports/environment.ts';
import type { EventStore } from '../domain/ports/event-store.ts';
import type { Order } from '../domain/order.ts';
import type { OrderBook, Settlement } from '../domain/ports/order-book.ts';
import type { Outbox } from '../domain/ports/outbox.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import type { TicketService } from '../domain/ports/services.ts';
import type { Tracing } from '../domain/ports/tracing.ts';
import { systemClock, systemIds, systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import { createEventStore } from '../infra/postgres/event-store.ts';
import { createOrderBook } from '../infra/postgres/order-book.ts';
import { createOutbox } from '../infra/postgres/outbox.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { createSeatLedger } from '../infra/postgres/seat-ledger.ts';
import { startOutboxRelay } from '../streams/outbox-relay.ts';
import { createClosedSections, type ClosedSections } from '../tickets/closed-sections.ts';
import { createCatalogue, type Catalogue } from '../tickets/catalogue.ts';
import { createHoldProtocol } from '../tickets/hold-protocol.ts';
import { createOrderWatchers } from '../tickets/order-watchers.ts';
import { startSaleCommit } from '../tickets/sale-commit.ts';
import { createSectionDirectory } from '../tickets/section-directory.ts';
import { startSweeper } from '../tickets/sweeper.ts';
import { createTicketService } from '../tickets/ticket-service.ts';
import type { Closing } from './closing.ts';
import { elsewhere } from './elsewhere.ts';
import type { SaleMetrics } from './metrics.ts';
import type { Servers } from './servers.ts';

/** What the actors may take to finish what they have taken on: longer than a hold statement. */
const ACTORS_DRAIN_MS = 2_500;

export interface Sale {
  readonly tickets: TicketService;
  readonly events: EventStore;
  readonly catalogue: Catalogue;
  readonly actors: ActorSystem;
  readonly closedSections: ClosedSections;
}

/** What the sale keeps in Postgres. */
export interface SaleStores {
  readonly events: EventStore;
  readonly ledger: SeatLedger;
  readonly orders: OrderBook;
  readonly outbox: Outbox;
}

/** Time, chance and names. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

export const SYSTEM: Surroundings = { clock: systemClock, random: systemRandom, ids: systemIds };

export const postgresStores = (pool: Pool): SaleStores => ({
  events: createEventStore(pool),
  ledger: createSeatLedger(pool),
  orders: createOrderBook(pool),
  outbox: createOutbox(pool, 'tickets'),
});

export interface SaleParts {
  readonly config: Config;
  readonly servers: Pick<Servers, 'locks' | 'bus'>;
  readonly stores: SaleStores;
  readonly surroundings: Surroundings;
  readonly log: Logger;
  readonly metrics: SaleMetrics;
  /** Runs a decision about a hold and notes how long it took; absent: nobody wants to know. */
  readonly timeHold?: (decide: () => Promise<HoldResult>) => Promise<HoldResult>;
  readonly closing: Closing;
  /** Absent or null: nothing is traced. */
  readonly tracing?: Tracing | null;
  /** This process cannot heal itself: it must end, so that its runner starts a new one. */
  readonly onFatal: (reason: string) => void;
}

/** Crashes are rare and always worth a line; dead letters come by the thousand, and are counted only. */
const logSupervision = (actors: ActorSystem, log: Logger): void => {
  actors.subscribe((event) => {
    switch (event.type) {
      case 'crashed':
        log.error(
          { err: event.error, actor: event.path, on: event.messageType, restartInMs: event.restartInMs },
          'an actor crashed',
        );
        break;
      case 'setAside':
        log.error(
          { actor: event.path, commandId: event.commandId },
          'a command crashed its actor again and again; it is refused from now on',
        );
        break;
      case 'hookFailed':
        log.error({ err: event.error, actor: event.path }, 'an actor could not free what it held');
        break;
      default:
    }
  });
};

/** The ticket service: actors over the hold protocol, the commit of sales, the sweeper, the outbox' relay. */
export const startSale = (parts: SaleParts): Sale => {
  const { config, log, metrics, closing, onFatal, timeHold = (decide) => decide() } = parts;
  const { locks, bus } = parts.servers;
  const { events, ledger, orders, outbox } = parts.stores;
  const { clock, random, ids } = parts.surroundings;
  const catalogue = createCatalogue(events, clock);
  const watchers = createOrderWatchers(random);
  closing.add('order watchers', () => watchers.stop());

  const relay = startOutboxRelay({
    outbox,
    bus,
    clock,
    random,
    pollMs: config.SWEEP_EVERY_MS,
    onRecovered: (messages) =>
      log.warn({ messages }, 'a queue of the broker was lost: the ticket service says again what it said'),
    onFailure: (error) =>
      log.warn({ err: error }, 'the ticket outbox could not be relayed; it will be tried again'),
  });
  closing.add('ticket outbox relay', () => relay.stop());

  const actors = createActorSystem({
    clock,
    random,
    drainTimeoutMs: ACTORS_DRAIN_MS,
  });
  closing.add('actors', () => actors.stop());
  metrics.watchActors(actors);
  logSupervision(actors, log);

  const protocol = createHoldProtocol({ locks, ledger: metrics.countingLedger(ledger), clock });
  const effects: SectionEffects = {
    decide(request, owner) {
      const decide = () => timeHold(() => protocol.decide(request, owner));
      const attributes = { 'catraca.actor': owner };
      return parts.tracing
        ? parts.tracing.step('decide', { ids: [request.holdId], attributes }, decide)
        : decide();
    },
    readSection: (eventId, sectionId) => ledger.readSection(eventId, sectionId),
    readChanges: (eventId, sectionId, since) => ledger.readChanges(eventId, sectionId, since),
    clock,
    random,
    crashes: new CrashLog(),
    // Unique among processes: it stands in the locks' values.
    owner: ids.next().slice(-12),
  };
  const closedSections = createClosedSections();
  metrics.watchClosedSections(closedSections);
  const root = actors.spawn(
    guardian({
      holdTtlMs: config.HOLD_TTL_MS,
      effects,
      onSection(change) {
        closedSections.changed(change);
        if (change.state === 'closed') log.error(change, 'a section is closed after repeated faults');
        else log.warn(change, 'a section is open again');
      },
      onFatal: (ending) => onFatal(`${ending.path} has spent its restarts`),
    }),
  );
  const sections = createSectionDirectory(root);

  const ended = (order: Order): void => {
    void locks.release(
      order.holdIds.map((holdId) => ({ eventId: order.eventId, seatIds: order.seatIds, holdId })),
    );
    for (const sectionId of new Set(order.sectionIds))
      sections.peek(order.eventId, sectionId)?.tell({ type: 'changed' });
    watchers.changed(order.orderId);
    relay.nudge();
  };
  const settled = ({ outcome, order }: Settlement): void => {
    if (order === null) return;
    metrics.settled(outcome);
    ended(order);
    log.info({ orderId: order.orderId, eventId: order.eventId, outcome }, 'order settled');
  };

  const commit = startSaleCommit({
    bus,
    orders,
    onSettled: settled,
    onReport(report) {
      metrics.committed(report);
      if (report.failures.length > 0)
        log.warn({ failures: report.failures.slice(0, 3) }, 'sales could not be committed');
    },
    onBroken: (error) => onFatal(`the commit pipeline broke: ${String(error)}`),
  });
  closing.add('sale commit', () => commit.stop());

  const sweeper = startSweeper({
    ledger,
    orders,
    everyMs: config.SWEEP_EVERY_MS,
    random,
    onExpired(holds) {
      void locks.release(holds);
      for (const hold of holds) sections.peek(hold.eventId, hold.sectionId)?.tell({ type: 'changed' });
      metrics.expired(holds.length);
    },
    onReminded: (count) => log.warn({ orders: count }, 'overdue orders: the payment service was asked again'),
    onError: (error) => log.warn({ err: error }, 'a sweep failed; the next one follows'),
  });
  closing.add('sweeper', () => sweeper.stop());

  const tickets = createTicketService({
    catalogue,
    sections,
    ledger,
    orders,
    locks,
    watchers,
    ids,
    holdTtlMs: config.HOLD_TTL_MS,
    payWithinMs: config.PAY_WITHIN_MS,
    onGivenBack(order) {
      ended(order);
      log.info({ orderId: order.orderId, eventId: order.eventId }, 'order given back');
    },
    nudgeOutbox: () => relay.nudge(),
  });
  return { tickets, events, catalogue, actors, closedSections };
};

/** What a process without the ticket service sees of the sale: events and stock, as Postgres has them. */
export const createSaleView = (stores: SaleStores, clock: Clock): Sale => ({
  tickets: elsewhere('ticket service'),
  actors: elsewhere('actor system'),
  events: stores.events,
  catalogue: createCatalogue(stores.events, clock),
  closedSections: createClosedSections(),
});
