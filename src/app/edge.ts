import type { HealthService } from '../domain/ports/health.ts';
import type { Config } from '../config.ts';
import type { AccessOffice } from '../domain/ports/access-office.ts';
import type { JoinDoor } from '../domain/ports/join-door.ts';
import type { RecoveryCodes } from '../domain/ports/recovery.ts';
import type { Tracing } from '../domain/ports/tracing.ts';
import type { MoneyReport } from '../domain/ports/reconciliation-store.ts';
import type { BearerTokens, PaymentService } from '../domain/ports/services.ts';
import type { LinePasses } from '../domain/ports/waiting-room.ts';
import { readPages } from '../http/pages.ts';
import type { Service } from '../http/route.ts';
import { createHttpServer } from '../http/server.ts';
import { systemClock, systemIds } from '../infra/environment.ts';
import { createTicketCodes } from '../infra/jose/ticket-codes.ts';
import type { Logger } from '../infra/log.ts';
import { createTicketPrinter } from '../infra/pdfkit/ticket-printer.ts';
import type { Metrics } from '../infra/metrics.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { createIdempotencyStore } from '../infra/postgres/idempotency-store.ts';
import { createHoldTally } from '../operators/hold-tally.ts';
import { createOperatorService } from '../operators/operator-service.ts';
import type { WaitingRoom } from '../waiting-room/waiting-room.ts';
import type { Closing } from './closing.ts';
import { startHousekeeping } from './housekeeping.ts';
import { portError } from './listen.ts';
import type { Sale } from './sale.ts';
import type { Servers } from './servers.ts';
import { tracedTickets } from './tracing.ts';
import type { Upstreams } from './upstreams.ts';
import type { VitalSigns } from './vitals.ts';

/** What the build makes of `web/`, beside the compiled code. */
const PAGES = new URL('../../pages/', import.meta.url);

export interface EdgeParts {
  readonly config: Config;
  readonly servers: Servers;
  readonly sale: Sale;
  readonly waitingRoom: WaitingRoom;
  readonly joinDoor: JoinDoor;
  readonly access: AccessOffice;
  readonly upstreams: Upstreams;
  readonly payments: PaymentService;
  readonly vitals: VitalSigns;
  readonly money: () => Promise<MoneyReport | null>;
  readonly tokens: BearerTokens;
  readonly passes: LinePasses & RecoveryCodes;
  readonly secret: string;
  readonly health: HealthService;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly closing: Closing;
  readonly tracing: Tracing | null;
}

const SERVICES: readonly Service[] = ['gateway', 'tickets', 'payments'];

/** The HTTP server with the routes of this process' roles. Returns its URL. */
export const startEdge = async (parts: EdgeParts): Promise<string> => {
  const { config, servers, sale, waitingRoom, upstreams, tokens, passes, log, closing } = parts;
  const holds = createHoldTally(systemClock);
  const idempotency = createIdempotencyStore(servers.pool);
  const housekeeping = startHousekeeping({ idempotency, log });
  closing.add('housekeeping', () => housekeeping.stop());

  const server = createHttpServer({
    tickets: parts.tracing
      ? tracedTickets(holds.counting(sale.tickets), parts.tracing)
      : holds.counting(sale.tickets),
    payments: parts.payments,
    waitingRoom,
    joinDoor: parts.joinDoor,
    access: parts.access,
    operators: createOperatorService({
      events: sale.events,
      audit: createAuditLog(servers.pool),
      actors: sale.actors,
      closedSections: (eventId) => sale.closedSections.of(eventId),
      waitingRoom,
      holds,
      bus: servers.bus,
      payments: parts.payments,
      money: parts.money,
      clock: systemClock,
      onUnaudited: (path, error) =>
        log.error({ actor: path, err: error }, 'a kill could not be written to the audit'),
      async changed(eventId) {
        sale.catalogue.forget();
        await waitingRoom.nudge(eventId);
      },
    }),
    health: parts.health,
    tokens,
    passes,
    ticketCodes: createTicketCodes(parts.secret),
    ticketPrinter: createTicketPrinter(),
    idempotency,
    clock: systemClock,
    ids: systemIds,
    log,
    metrics: parts.metrics,
    pages: await readPages(PAGES),
    deciding: servers.deciding,
    ...(parts.tracing && { tracing: parts.tracing }),
    served: SERVICES.filter((service) => config.roles.includes(service)),
    upstreams: config.roles.includes('gateway')
      ? {
          ...(upstreams.tickets && { tickets: upstreams.tickets }),
          ...(upstreams.payments && { payments: upstreams.payments }),
        }
      : {},
    onLoopLag: (lagMs) => parts.vitals.loopLags.record(lagMs),
    options: {
      trustProxy: config.TRUST_PROXY,
      chaos: config.CHAOS,
      maxInFlight: config.MAX_IN_FLIGHT,
      publicUrl: config.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    },
  });
  try {
    const { url } = await server.listen(config.PORT, config.HOST);
    closing.add('HTTP server', () => server.stop(config.DRAIN_MS));
    return url;
  } catch (error) {
    throw portError(error, 'PORT', config.PORT, config.HOST);
  }
};
