import { createClosing } from './app/closing.ts';
import { importDemoEvent } from './app/demo-event.ts';
import { startEdge } from './app/edge.ts';
import { createHealth } from './app/health.ts';
import { createSaleMetrics, watchParts } from './app/metrics.ts';
import { startMoney } from './app/money.ts';
import { startPayments } from './app/payments.ts';
import { postgresStores, startSale, SYSTEM } from './app/sale.ts';
import { startSandboxGateway } from './app/sandbox.ts';
import { signingSecret } from './app/secret.ts';
import { openServers, type Part } from './app/servers.ts';
import { StartError } from './app/start-error.ts';
import type { Config } from './config.ts';
import type { SaleEvent } from './domain/event.ts';
import { systemClock } from './infra/environment.ts';
import { createBearerTokens } from './infra/jose/bearer-tokens.ts';
import { createLinePasses } from './infra/line-passes.ts';
import type { Logger } from './infra/log.ts';
import { createMetrics } from './infra/metrics.ts';

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Import the demo event if this database has none. */
  readonly demo: boolean;
  /** This process cannot heal itself and must end with exit code 1. */
  readonly onFatal: (reason: string) => void;
  /** Breaks off a start that is still under way: it then rejects, or resolves to an app that has been stopped. */
  readonly breakOff?: AbortSignal;
}

export interface RunningApp {
  /** Where fans and operators reach it; null when the gateway role is not served. */
  readonly url: string | null;
  readonly sandboxUrl: string | null;
  readonly databaseUrl: string | null;
  readonly parts: readonly Pick<Part, 'name' | 'where'>[];
  readonly demoEvent: SaleEvent | null;
  readonly operatorToken: string;
  /** Ordered: no new requests, those in flight finish, what was started last ends first. Safe to call twice. */
  stop(): Promise<void>;
}

const OPERATOR_TOKEN_LIFE_MS = 12 * 3_600_000;

/**
 * The composition root: configuration → servers → services → HTTP, in the roles asked for. Rejects with a `StartError` (or
 * a plain error) when something is missing; whatever had been started by then has been stopped again.
 */
export const startApp = async (options: AppOptions): Promise<RunningApp> => {
  const closing = createClosing(options.log);
  const breakOff = (): void => void closing.run();
  options.breakOff?.addEventListener('abort', breakOff);
  try {
    return await compose(options, closing);
  } catch (error) {
    await closing.run();
    throw error;
  } finally {
    options.breakOff?.removeEventListener('abort', breakOff);
  }
};

const compose = async (
  { config, log, demo, onFatal }: AppOptions,
  closing: ReturnType<typeof createClosing>,
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
      sandboxUrl: sandbox?.url ?? null,
      databaseUrl: null,
      parts: [{ name: 'Gateway', where: 'sandbox' }],
      demoEvent: null,
      operatorToken,
      stop: () => closing.run(),
    };
  }
  if (roles.includes('gateway') && !(roles.includes('tickets') && roles.includes('payments'))) {
    throw new StartError('The role gateway needs the roles tickets and payments in the same process.');
  }

  const servers = await openServers(config, log, closing);
  const metrics = createMetrics();
  watchParts(metrics, servers.parts);
  const payments = await startPayments({ config, servers, sandbox, log, closing });
  const money = startMoney({ config, servers, gateway: payments.gateway, metrics, log, closing });
  const sale = startSale({
    config,
    servers,
    stores: postgresStores(servers.pool),
    surroundings: SYSTEM,
    log,
    metrics: createSaleMetrics(metrics),
    closing,
    onFatal,
  });
  const demoEvent = demo ? await importDemoEvent(sale.events) : null;
  const parts: readonly Part[] = [
    ...servers.parts,
    {
      name: 'Gateway',
      where: sandbox === null ? payments.gatewayAddress : 'sandbox',
      vital: false,
      up: () => true,
    },
  ];

  const url = roles.includes('gateway')
    ? await startEdge({
        config,
        servers,
        sale,
        payments: payments.service,
        money,
        tokens,
        passes: createLinePasses(secret),
        secret,
        health: createHealth(parts),
        metrics,
        log,
        closing,
      })
    : null;
  if (url !== null && config.SANDBOX_WEBHOOK_URL === undefined)
    sandbox?.setWebhookUrl(`${url}/v1/payments/webhooks/stripe`);

  return {
    url,
    sandboxUrl: sandbox?.url ?? null,
    databaseUrl: servers.databaseUrl,
    parts,
    demoEvent,
    operatorToken,
    stop: () => closing.run(),
  };
};
