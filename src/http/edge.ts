import type { HealthService } from '../domain/ports/health.ts';
import type { Priority } from '../domain/concurrency-limit.ts';
import type { Clock, Ids } from '../domain/ports/environment.ts';
import type { IdempotencyStore } from '../domain/ports/event-store.ts';
import type { Tracing } from '../domain/ports/tracing.ts';
import type { Upstream } from '../domain/ports/upstream.ts';
import type {
  BearerTokens,
  OperatorService,
  PaymentService,
  TicketCodes,
  TicketService,
} from '../domain/ports/services.ts';
import type { LinePasses, WaitingRoomService } from '../domain/ports/waiting-room.ts';
import type { AccessOffice } from '../domain/ports/access-office.ts';
import type { JoinDoor } from '../domain/ports/join-door.ts';
import type { TicketPrinter } from '../domain/ports/ticket-printer.ts';
import type { WaitingRequestsOptions } from '../domain/waiting-requests.ts';
import type { Pages } from './pages.ts';
import type { Service } from './route.ts';

/** What the edge wants of a logger; pino's has this shape. */
export interface EdgeLog {
  isLevelEnabled(level: string): boolean;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the edge wants of metrics. Labels are resolved once, so that counting a request costs next to nothing. */
export interface EdgeMetrics {
  /** Call once per route; the returned function records one answered request. */
  httpRoute(method: string, route: string): (status: number, seconds: number) => void;
  httpStreams(open: number): void;
  /** One request was refused at the door because there are too many. */
  httpRefused(priority: Priority): void;
  /** How many requests may be under way, how many are, and how many wait for a place or for their refusal. */
  httpLimit(limit: number, inFlight: number, waiting: number): void;
  /** The exposition text of everything measured in this process. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface EdgeOptions {
  /** Exactly one trusted proxy stands in front: its X-Forwarded-* headers are believed. */
  readonly trustProxy: boolean;
  /** Opens the route that kills actors. */
  readonly chaos: boolean;
  /** Where fans reach this server, without a trailing slash; null: links are given relative to the origin. */
  readonly publicUrl: string | null;
  readonly bodyLimitBytes: number;
  /** An event's definition may list many rows. */
  readonly definitionLimitBytes: number;
  readonly maxConnections: number;
  /** Requests under way at most; under load it adapts itself below this. */
  readonly maxInFlight: number;
  /** Who finds no place is refused at once, or waits where there are too many of them. */
  readonly refusing: WaitingRequestsOptions;
  readonly maxStreams: number;
  /** A stream with more than this unsent is cut: its reader is too slow. */
  readonly streamBufferBytes: number;
  readonly heartbeatMs: number;
  /** Between two looks at the live numbers of an event that an operator watches. */
  readonly numbersEveryMs: number;
  readonly fanTokenTtlMs: number;
  /** A keyed request that has not answered for so long counts as crashed, and a repeat runs it again. */
  readonly idempotencyLeaseMs: number;
  /** How long a cancellation waits for the order to settle before it answers 202. */
  readonly cancelWaitMs: number;
}

export const DEFAULT_OPTIONS: EdgeOptions = {
  trustProxy: false,
  chaos: false,
  publicUrl: null,
  bodyLimitBytes: 64 * 1024,
  definitionLimitBytes: 4 * 1024 * 1024,
  maxConnections: 50_000,
  maxInFlight: 1_024,
  // A refusal costs some 50 µs: 1,000 a second are a twentieth of a node's time. Two seconds are what a refusal would have
  // told most people to wait before they ask again.
  refusing: { refusalsPerSecond: 1_000, burst: 200, patienceMs: 2_000, most: 8_192 },
  maxStreams: 20_000,
  streamBufferBytes: 64 * 1024,
  heartbeatMs: 15_000,
  numbersEveryMs: 1_000,
  fanTokenTtlMs: 7 * 24 * 3_600_000,
  idempotencyLeaseMs: 30_000,
  cancelWaitMs: 2_000,
};

/** The services behind the edge. */
export interface EdgeServices {
  readonly tickets: TicketService;
  readonly payments: PaymentService;
  readonly waitingRoom: WaitingRoomService;
  readonly operators: OperatorService;
  readonly joinDoor: JoinDoor;
  readonly access: AccessOffice;
  readonly health: HealthService;
}

/** Everything the edge is made of. */
export interface Edge extends EdgeServices {
  readonly tokens: BearerTokens;
  readonly passes: LinePasses;
  readonly ticketCodes: TicketCodes;
  readonly ticketPrinter: TicketPrinter;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: EdgeLog;
  readonly metrics: EdgeMetrics;
  readonly options: EdgeOptions;
  /** What people see in a browser; absent: this node serves programs alone. */
  readonly pages?: Pages;
  /** True from the moment this process was told to stop. */
  readonly draining: () => boolean;
  /** False: a part without which nothing can be decided is away. Only reads are tried then. Absent: never known. */
  readonly deciding?: () => boolean;
  /** Follows requests through the parts. Absent: nobody does. */
  readonly tracing?: Tracing;
  /** The services whose routes this process answers itself. Absent: all of them. */
  readonly served?: readonly Service[];
  /** The others, which the gateway passes requests on to. What is neither served nor here does not exist. */
  readonly upstreams?: Readonly<Partial<Record<Service, Upstream>>>;
  /** Told, some times a second, how late timers are in this process, in milliseconds. */
  readonly onLoopLag?: (lagMs: number) => void;
}
