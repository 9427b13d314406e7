import type { Config } from '../config.ts';
import { slowdownOf } from '../domain/slowdown.ts';
import type { RecoveryCodes } from '../domain/ports/line.ts';
import type { MoneyReport } from '../domain/ports/reconciliation-store.ts';
import type { BearerTokens, HealthService, LinePasses, PaymentService } from '../domain/ports/services.ts';
import { readPages } from '../http/pages.ts';
import { createHttpServer } from '../http/server.ts';
import { systemClock, systemIds } from '../infra/environment.ts';
import { createTicketCodes } from '../infra/jose/ticket-codes.ts';
import type { Logger } from '../infra/log.ts';
import type { Metrics } from '../infra/metrics.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { createIdempotencyStore } from '../infra/postgres/idempotency-store.ts';
import { createLineJournal } from '../infra/postgres/line-journal.ts';
import { createOperatorService } from '../operators/operator-service.ts';
import { createWaitingRoom } from '../waiting-room/waiting-room.ts';
import type { Closing } from './closing.ts';
import { startHousekeeping } from './housekeeping.ts';
import { portError } from './listen.ts';
import type { Sale } from './sale.ts';
import type { Servers } from './servers.ts';
import { createStock } from './stock.ts';

/** What the build makes of `web/`, beside the compiled code. */
const PAGES = new URL('../../pages/', import.meta.url);

export interface EdgeParts {
  readonly config: Config;
  readonly servers: Servers;
  readonly sale: Sale;
  readonly payments: PaymentService;
  readonly money: () => Promise<MoneyReport | null>;
  readonly tokens: BearerTokens;
  readonly passes: LinePasses & RecoveryCodes;
  readonly secret: string;
  readonly health: HealthService;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly closing: Closing;
}

/** The waiting room and the HTTP server: what fans and operators reach. Returns its URL. */
export const startEdge = async (parts: EdgeParts): Promise<string> => {
  const { config, servers, sale, tokens, passes, log, closing } = parts;
  const stock = createStock(sale.catalogue);
  const waitingRoom = createWaitingRoom({
    store: servers.line,
    journal: createLineJournal(servers.pool),
    passes,
    events: sale.events,
    clock: systemClock,
    ids: systemIds,
    log,
    callTtlMs: config.CALL_TTL_MS,
    passTtlMs: config.PASS_TTL_MS,
    tickMs: config.ADMISSION_TICK_MS,
    stockLeft: (eventId) => stock.left(eventId),
    slowdown: (event) => slowdownOf(event, sale.closedSections.of(event.eventId)),
  });
  await waitingRoom.start();
  closing.add('waiting room', () => waitingRoom.stop());

  const idempotency = createIdempotencyStore(servers.pool);
  const housekeeping = startHousekeeping({ idempotency, log });
  closing.add('housekeeping', () => housekeeping.stop());

  const server = createHttpServer({
    tickets: sale.tickets,
    payments: parts.payments,
    waitingRoom,
    operators: createOperatorService({
      events: sale.events,
      audit: createAuditLog(servers.pool),
      actors: sale.actors,
      closedSections: (eventId) => sale.closedSections.of(eventId),
      waitingRoom,
      bus: servers.bus,
      payments: parts.payments,
      money: parts.money,
      clock: systemClock,
      async changed(eventId) {
        sale.catalogue.forget();
        await waitingRoom.nudge(eventId);
      },
    }),
    health: parts.health,
    tokens,
    passes,
    ticketCodes: createTicketCodes(parts.secret),
    idempotency,
    clock: systemClock,
    ids: systemIds,
    log,
    metrics: parts.metrics,
    pages: await readPages(PAGES),
    deciding: servers.deciding,
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
