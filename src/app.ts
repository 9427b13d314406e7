import { startOrClose, type Closing } from './app/closing.ts';
import { importDemoEvent } from './app/demo-event.ts';
import { startEdge } from './app/edge.ts';
import { elsewhere } from './app/elsewhere.ts';
import { createAccess } from './app/access.ts';
import { createDoor } from './app/join-door.ts';
import { createHealth } from './app/health.ts';
import { watchLines, watchOutboxes } from './app/line-metrics.ts';
import { createSaleMetrics, watchParts } from './app/metrics.ts';
import { startMoney } from './app/money.ts';
import { remotePayments, startPayments } from './app/payments.ts';
import { postgresStores, startSale, createSaleView, SYSTEM } from './app/sale.ts';
import { startSandboxGateway } from './app/sandbox.ts';
import { signingSecret } from './app/secret.ts';
import { openServers, type Part } from './app/servers.ts';
import { openTracing, tracedServers, tracedStores } from './app/tracing.ts';
import { openUpstreams } from './app/upstreams.ts';
import { createVitalSigns } from './app/vitals.ts';
import { startWaitingRoom } from './app/waiting-room.ts';
import type { Config } from './config.ts';
import type { SaleEvent } from './domain/event.ts';
import { isRefusal } from './domain/refusal.ts';
import { systemClock } from './infra/environment.ts';
import { createBearerTokens } from './infra/jose/bearer-tokens.ts';
import { createLinePasses } from './infra/line-passes.ts';
import type { Logger } from './infra/log.ts';
import { createMetrics, type MeasuredTogether } from './infra/metrics.ts';
import { createOutbox } from './infra/postgres/outbox.ts';
import type { WaitingRoom } from './waiting-room/waiting-room.ts';

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Import the demo event if this database has none. */
  readonly demo: boolean;
  /** This process cannot heal itself and must end with exit code 1. */
  readonly onFatal: (reason: string) => void;
  /** Breaks off a start that is still under way: it then rejects, or resolves to an app that has been stopped. */
  readonly breakOff?: AbortSignal;
  /** This process is one of several workers. */
  readonly together?: MeasuredTogether | null;
}

export interface RunningApp {
  /** Where fans and operators reach it; null when the gateway role is not served. */
  readonly url: string | null;
  /** Where the gateway reaches it, when it serves tickets or payments without being a gateway. */
  readonly serviceUrl: string | null;
  readonly sandboxUrl: string | null;
  readonly databaseUrl: string | null;
  readonly parts: readonly Pick<Part, 'name' | 'where'>[];
  readonly demoEvent: Pick<SaleEvent, 'eventId' | 'name'> | null;
  readonly operatorToken: string;
  /** Ordered: no new requests, those in flight finish, what was started last ends first. Safe to call twice. */
  stop(): Promise<void>;
}

const OPERATOR_TOKEN_LIFE_MS = 12 * 3_600_000;

/**
 * The composition root: configuration → servers → services → HTTP, in the roles asked for. Rejects with a `StartError` (or
 * a plain error) when something is missing; whatever had been started by then has been stopped again.
 */
export const startApp = (options: AppOptions): Promise<RunningApp> =>
  startOrClose(options, (closing) => compose(options, closing));

const compose = async (
  { config, log, demo, onFatal, together = null }: AppOptions,
  closing: Closing,
): Promise<RunningApp> => {
  const { roles } = config;
  const secret = await signingSecret(config);
  const tokens = createBearerTokens({
    secret,
    clock: systemClock,
    oidc:
      config.OIDC_ISSUER === undefined
        ? undefined
        : { issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE },
  });
  const operatorToken = await tokens.issue({ id: 'operator', role: 'operator' }, OPERATOR_TOKEN_LIFE_MS);
  const sandbox = roles.includes('sandbox') ? await startSandboxGateway(config, log, closing) : null;

  if (roles.every((role) => role === 'sandbox')) {
    return {
      url: null,
      serviceUrl: null,
      sandboxUrl: sandbox?.url ?? null,
      databaseUrl: null,
      parts: [{ name: 'Gateway', where: 'sandbox' }],
      demoEvent: null,
      operatorToken,
      stop: () => closing.run(),
    };
  }
  const vitals = createVitalSigns();
  const tracing = await openTracing(config, closing);
  const servers = tracedServers(await openServers(config, log, closing, vitals), tracing);
  const metrics = createMetrics({ together });
  const { pool, brokerUp, deciding: databaseUp } = servers;
  vitals.watch({ pool, log, metrics, closing, brokerUp, databaseUp });
  watchParts(metrics, servers.parts);
  const passes = createLinePasses(secret);
  const upstreams = openUpstreams(config, log, closing);
  const payments = roles.includes('payments')
    ? await startPayments({ config, servers, sandbox, log, closing })
    : null;
  const money =
    payments === null
      ? null
      : startMoney({ config, servers, gateway: payments.gateway, metrics, log, closing });
  const stores = tracedStores(postgresStores(servers.pool), tracing);
  const sale = roles.includes('tickets')
    ? startSale({
        config,
        servers,
        stores,
        surroundings: SYSTEM,
        log,
        metrics: createSaleMetrics(metrics),
        timeHold: (decide) => vitals.holds.time(decide, (result) => !isRefusal(result)),
        closing,
        tracing,
        onFatal,
      })
    : createSaleView(stores, systemClock);
  const { guard, door } = createDoor({ config, servers, sale, secret });
  const access = createAccess({ servers, sale, secret });
  const waitingRoom: WaitingRoom =
    roles.includes('gateway') || roles.includes('tickets')
      ? await startWaitingRoom({ config, servers, sale, passes, guard, access, vitals, log, closing })
      : elsewhere('waiting room');
  if (roles.includes('gateway') || roles.includes('tickets'))
    watchLines(metrics, sale.catalogue, waitingRoom);
  watchOutboxes(metrics, {
    ...(roles.includes('tickets') && { tickets: stores.outbox }),
    ...(roles.includes('payments') && { payments: createOutbox(servers.pool, 'payments') }),
  });
  const demoEvent = demo ? await importDemoEvent(sale.events) : null;
  const parts: readonly Part[] = [
    ...servers.parts,
    ...upstreams.parts,
    ...(payments === null
      ? []
      : [
          {
            name: 'Gateway',
            where: sandbox === null ? payments.gatewayAddress : 'sandbox',
            vital: false,
            up: () => true,
          },
        ]),
  ];

  const url = await startEdge({
    config,
    servers,
    sale,
    waitingRoom,
    joinDoor: door,
    access: access.office,
    upstreams,
    payments: vitals.timingCheckouts(payments?.service ?? remotePayments(upstreams.payments, tokens)),
    vitals,
    money: money ?? elsewhere('balance'),
    tokens,
    passes,
    secret,
    health: createHealth(parts),
    metrics,
    log,
    closing,
    tracing,
  });
  const isGateway = roles.includes('gateway');
  if (config.SANDBOX_WEBHOOK_URL === undefined) sandbox?.setWebhookUrl(`${url}/v1/payments/webhooks/stripe`);

  return {
    url: isGateway ? url : null,
    serviceUrl: isGateway ? null : url,
    sandboxUrl: sandbox?.url ?? null,
    databaseUrl: servers.databaseUrl,
    parts,
    demoEvent,
    operatorToken,
    stop: () => closing.run(),
  };
};
