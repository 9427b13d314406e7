import type { SaleMetrics } from '../app/metrics.ts';
import { createClosing } from '../app/closing.ts';
import { startSale, type Sale } from '../app/sale.ts';
import { createStock } from '../app/stock.ts';
import type { GatewayAnswer, Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { LineStore } from '../domain/ports/line.ts';
import type { SeatLocks } from '../domain/ports/seat-locks.ts';
import { refuse } from '../domain/refusal.ts';
import { slowdownOf } from '../domain/slowdown.ts';
import { createLeaseClock } from '../infra/environment.ts';
import { createFallbackLineStore } from '../infra/fallback-line-store.ts';
import { nodeHashes } from '../infra/hashes.ts';
import { createLinePasses } from '../infra/line-passes.ts';
import { startLineTerms } from '../infra/line-terms.ts';
import type { Logger } from '../infra/log.ts';
import { createReach } from '../infra/reach.ts';
import { createAttemptLedger } from '../payments/attempt-ledger.ts';
import { createPaymentService, type RunningPaymentService } from '../payments/payment-service.ts';
import { createReconciler } from '../payments/reconciler.ts';
import { createLaneChoice } from '../waiting-room/lane-choice.ts';
import { createWaitingRoom, type WaitingRoom } from '../waiting-room/waiting-room.ts';
import { chanceOf, seededIds } from './chance.ts';
import { codeHashes } from './codes.ts';
import type { Faults, ServerName } from './faults.ts';
import type { LineStandbyModel } from './model/line-standby.ts';
import type { PostgresPorts } from './model/postgres.ts';
import { remote, type Link, type OnFailure } from './network.ts';
import { CONFIG } from './settings.ts';
import type { World } from './world.ts';

/** What all nodes share: the servers, as they are. */
export interface Servers {
  readonly postgres: PostgresPorts;
  readonly locks: SeatLocks;
  /** The lines in Redis, in that term. */
  lineOf(term: number): LineStore;
  /** Postgres counts the lines while Redis is away; null: nobody does. */
  readonly standby: LineStandbyModel | null;
  readonly gateway: PaymentGateway;
  busOf(owner: string, crash: (reason: string) => void): MessageBus;
}

export interface Node {
  readonly name: string;
  readonly sale: Sale;
  readonly payments: RunningPaymentService;
  readonly room: WaitingRoom;
}

/** One secret for all nodes of all runs: what one signs the others read. */
export const passes = createLinePasses('the secret of every simulated node');

const unmeasured: SaleMetrics = {
  watchActors: () => undefined,
  watchClosedSections: () => undefined,
  countingLedger: (ledger) => ledger,
  settled: () => undefined,
  committed: () => undefined,
  expired: () => undefined,
};

/** Warnings and errors stand in the trace: they tell a reader why a node did what it did. */
const logTo = (world: World): Logger => {
  const say = (context: object, message: string): void => {
    const { err, alarm } = context as { err?: Error; alarm?: string };
    world.note(
      `log: ${message}${alarm === undefined ? '' : ` (${alarm})`}${err === undefined ? '' : ` (${err.message})`}`,
    );
  };
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: say,
    error: say,
    fatal: say,
    child: () => log,
  };
  return log as unknown as Logger;
};

/** The ports whose contract says that they never reject, and how each says that it does not know. */
const ledgerFailure: OnFailure = (failure, method, [requests]) => {
  if (method === 'holdSeats' && failure === 'away') {
    return (requests as readonly unknown[]).map(() => refuse('unavailable'));
  }
  throw new Error(`${method}: ${failure}`);
};
const lockFailure: OnFailure = (_, method, [requests]) =>
  method === 'acquire' ? (requests as readonly unknown[]).map(() => ({ kind: 'unavailable' })) : undefined;

const gatewayFailure: OnFailure = (failure): GatewayAnswer<Intent> => ({ kind: 'unknown', reason: failure });

/** A look or two within the sale; what stands for two minutes is set right after it. */
const RECONCILE_EVERY_MS = 20_000;

/** In one call: only what a call answers can be lost on its way. */
const readAll = async (gateway: PaymentGateway): Promise<readonly Intent[]> => {
  const all: Intent[] = [];
  for await (const intent of gateway.ledger()) all.push(intent);
  return all;
};

export interface NodeParts {
  readonly world: World;
  readonly faults: Faults;
  readonly servers: Servers;
  readonly seed: number;
  /** Different for each life of a node. */
  readonly name: string;
  readonly afterWrite: () => void;
  readonly afterGateway: () => void;
  /** It cannot heal itself, and its runner must start another. */
  readonly onFatal: (reason: string) => void;
  /** Its actors are there from here on, and stay until somebody stops them: nact keeps them, and they all that they know. */
  readonly onSale: (sale: Sale) => void;
}

/** The lines as this node reaches them: in Redis, and where there is a standby in Postgres while Redis is away. */
const openLine = async (
  parts: Pick<NodeParts, 'world' | 'servers' | 'name'>,
  link: (server: ServerName) => Link,
  log: Logger,
): Promise<LineStore> => {
  const { world, servers, name } = parts;
  const { standby } = servers;
  const primaryOf = (term: number): LineStore => remote(servers.lineOf(term), link('redis'), ['healthy']);
  if (standby === null) return primaryOf(0);
  const clock = createLeaseClock(world.clockOf(name), () => world.nowMs);
  const server = remote({ ping: () => Promise.resolve() }, link('redis'));
  const reach = createReach({ name: 'Redis', probe: () => server.ping(), clock, log });
  const keeper = remote(standby.keeper, link('postgres'));
  const terms = await startLineTerms({ keeper, reach, nodeId: name, clock, log });
  return createFallbackLineStore({
    terms,
    primaryOf,
    standbyOf: (term) => remote(standby.storeOf(term), link('postgres'), ['healthy']),
  });
};

/**
 * One process with every role but the HTTP edge: the product's own composition, over remote ports. Must be called in a turn
 * of the node. Resolves when it takes requests.
 */
export const startNode = async (parts: NodeParts): Promise<Node> => {
  const { world, faults, servers, name } = parts;
  const link = (server: ServerName, onFailure?: OnFailure, afterEffect?: () => void) => ({
    world,
    faults,
    server,
    owner: name,
    ...(onFailure === undefined ? {} : { onFailure }),
    afterEffect,
    crash: parts.onFatal,
  });
  const { postgres } = servers;
  const db = link('postgres', undefined, parts.afterWrite);
  const events = remote(postgres.events, db);
  const surroundings = {
    clock: world.clockOf(name),
    random: chanceOf(parts.seed, `${name} random`).random,
    ids: seededIds(chanceOf(parts.seed, `${name} ids`), name),
  };
  const log = logTo(world);
  const bus = servers.busOf(name, parts.onFatal);
  const sale = startSale({
    config: CONFIG,
    servers: { locks: remote(servers.locks, link('redis', lockFailure), ['healthy']), bus },
    stores: {
      events,
      ledger: remote(postgres.ledger, link('postgres', ledgerFailure, parts.afterWrite)),
      orders: remote(postgres.orders, db),
      outbox: remote(postgres.ticketOutbox, db),
    },
    surroundings,
    log,
    metrics: unmeasured,
    closing: createClosing(log),
    onFatal: parts.onFatal,
  });
  parts.onSale(sale);
  const money = {
    store: remote(postgres.payments, db),
    reviews: remote(postgres.reviews, db),
    gateway: remote(servers.gateway, link('gateway', gatewayFailure, parts.afterGateway), [
      'verifyWebhook',
      'checkoutUrl',
      'ledger',
    ]),
    ...surroundings,
    log,
  };
  const payments = createPaymentService({
    ...money,
    outbox: remote(postgres.paymentOutbox, db),
    bus,
    sweepEveryMs: CONFIG.SWEEP_EVERY_MS,
  });
  const wholeLedger = remote({ read: () => readAll(servers.gateway) }, link('gateway'));
  const reconciler = createReconciler({
    ...money,
    store: remote(postgres.reconciliation, db),
    attempts: money.store,
    gateway: {
      read: (...args) => money.gateway.read(...args),
      cancel: (...args) => money.gateway.cancel(...args),
      refund: (...args) => money.gateway.refund(...args),
      async *ledger() {
        yield* await wholeLedger.read();
      },
    },
    ledger: createAttemptLedger({ ...money, nudgeOutbox: () => undefined }),
    audit: { append: () => Promise.resolve() },
    everyMs: RECONCILE_EVERY_MS,
  });
  const stock = createStock(sale.catalogue);
  const access = remote(postgres.access, db);
  const line = await openLine(parts, (server) => link(server), log);
  const room = createWaitingRoom({
    store: line,
    journal: remote(postgres.journal, db),
    draws: remote(postgres.draws, db),
    handOvers: remote(postgres.handOvers, db),
    choice: createLaneChoice({ book: access, codes: codeHashes, clock: surroundings.clock }),
    noteBypass: (...bypass) => access.noteBypass(...bypass),
    hashes: nodeHashes,
    passes,
    events,
    clock: surroundings.clock,
    ids: surroundings.ids,
    log,
    callTtlMs: CONFIG.CALL_TTL_MS,
    passTtlMs: CONFIG.PASS_TTL_MS,
    tickMs: CONFIG.ADMISSION_TICK_MS,
    stockLeft: (eventId) => stock.left(eventId),
    seatCounts: (eventId) => stock.counts(eventId),
    slowdown: (event) => slowdownOf(event, sale.closedSections.of(event.eventId)),
    // Setting room aside for a large sale would take ten times as long as the whole run.
    rememberedPlaces: 100,
  });
  await Promise.all([payments.start(), room.start()]);
  reconciler.start();
  return { name, sale, payments, room };
};
