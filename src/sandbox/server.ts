import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../infra/log.ts';
import { mountApi } from './api-routes.ts';
import { mountControl } from './control-routes.ts';
import type { SandboxClock, SandboxIds, SandboxRandom } from './environment.ts';
import { createFaults } from './faults.ts';
import { createHttpApp } from './http-app.ts';
import { createIdempotencyKeys } from './idempotency.ts';
import { openLedger, type Delivery, type Ledger } from './ledger.ts';
import { eventObject } from './objects.ts';
import { createOperations, type Operations } from './operations.ts';
import { createPauses } from './pauses.ts';
import { mountPay } from './pay-routes.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createPoster } from './post.ts';
import { createWebhookSender } from './webhook-sender.ts';

export interface SandboxOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Null: events wait until `setWebhookUrl` names a receiver. */
  readonly webhookUrl: string | null;
  /** Where the ledger is kept; null: in memory only. One sandbox at a time may use a folder. */
  readonly dataDir: string | null;
  readonly clock: SandboxClock;
  readonly ids: SandboxIds;
  readonly random: SandboxRandom;
  readonly log: Logger;
  /** The origin under which browsers reach it, if that is not `http://host:port`. */
  readonly publicUrl?: string;
}

export interface Sandbox {
  /** The origin; the payment page of an intent is `<url>/pay/<intentId>`. */
  readonly url: string;
  setWebhookUrl(url: string | null): void;
  /** Answers what is under way, then closes. What was answered is on the disk. */
  stop(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 10_000;
const STOP_GRACE_MS = 1_000;
const WEBHOOK_TIMEOUT_MS = 10_000;
const WEBHOOK_CONCURRENCY = 16;
const WEBHOOK_CAPACITY = 100_000;
const EXPIRE_EVERY_MS = 60_000;
/** Banks let a reservation go after seven days. */
const RESERVATION_MS = 7 * 86_400_000;

const listen = (server: http.Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

const close = async (server: http.Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(cut);
};

const boundServer = (handler: http.RequestListener): http.Server => {
  const server = http.createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    handler,
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 10_000;
  return server;
};

/** Lets reservations go that nobody captured. Returns how to stop it. */
const startExpiry = (
  options: SandboxOptions,
  ledger: Ledger,
  operations: Operations,
  pipeline: Pipeline,
): (() => void) => {
  let cancel = (): void => undefined;
  const sweep = async (): Promise<void> => {
    const beforeMs = options.clock.nowMs() - RESERVATION_MS;
    for (const record of Array.from(ledger.intents.values())) {
      if (record.createdMs > beforeMs) break;
      if (ledger.intents.get(record.id)?.status !== 'requires_capture') continue;
      await pipeline.commit(operations.expire(record.id));
    }
  };
  const schedule = (): void => {
    cancel = options.clock.after(EXPIRE_EVERY_MS, () => {
      sweep().catch((error: unknown) =>
        options.log.error({ err: error }, 'the expiry of reservations failed'),
      );
      schedule();
    });
  };
  schedule();
  return () => cancel();
};

/**
 * Starts a payment gateway for development and tests: Stripe's wire protocol, a hosted payment page, signed webhooks, and
 * faults on demand. It is the outside world and shares nothing with the program that is tested against it. Rejects if the
 * port is taken or the ledger in `dataDir` is damaged.
 */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { clock, ids, random, log } = options;
  const ledger = await openLedger(options.dataDir);
  const faults = createFaults(random);
  const pauses = createPauses(clock);
  const poster = createPoster({ maxSockets: WEBHOOK_CONCURRENCY, timeoutMs: WEBHOOK_TIMEOUT_MS });
  let url = options.publicUrl?.replace(/\/+$/, '') ?? '';
  const origin = (): string => url;

  const onSettled = (eventId: string, state: Delivery): void => {
    ledger
      .settleDelivery(eventId, state)
      .catch((error: unknown) => log.warn({ err: error }, 'a delivery could not be noted'));
  };
  const bodyOf = (eventId: string): string | null => {
    const event = ledger.events.get(eventId);
    return event === undefined ? null : JSON.stringify(eventObject(event, origin(), 1));
  };
  const sender = createWebhookSender({
    url: options.webhookUrl,
    secret: options.webhookSecret,
    clock,
    random,
    log,
    poster,
    faults,
    bodyOf,
    onSettled,
    concurrency: WEBHOOK_CONCURRENCY,
    capacity: WEBHOOK_CAPACITY,
  });
  const operations = createOperations({ ledger, clock, ids, origin });
  const pipeline = createPipeline({
    ledger,
    keys: createIdempotencyKeys(ledger),
    faults,
    pauses,
    clock,
    secretKey: options.secretKey,
    origin,
    announce: (event) => sender.announce(event.id, event.type),
  });
  let stopping = false;
  const app = createHttpApp({
    ids,
    log,
    mount(router) {
      router.get('/readyz', (ctx) => {
        ctx.status = stopping ? 503 : 200;
        ctx.body = { status: stopping ? 'draining' : 'ready' };
      });
      mountApi({ router, pipeline, operations, ledger, origin });
      mountPay({ router, pipeline, operations, ledger, origin });
      mountControl({ router, ledger, faults, sender, origin });
    },
  });
  const handle = app.callback();
  const server = boundServer((request, response) => void handle(request, response));
  try {
    const port = await listen(server, options.port, options.host);
    if (url === '') url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  } catch (error) {
    poster.close();
    await ledger.close();
    throw error;
  }
  const stopExpiry = startExpiry(options, ledger, operations, pipeline);
  for (const eventId of ledger.unsettled()) sender.send(eventId);

  return {
    url,
    setWebhookUrl: (next) => sender.setUrl(next),
    async stop() {
      stopping = true;
      stopExpiry();
      sender.stop();
      pauses.stop();
      poster.close();
      await close(server);
      await ledger.close();
    },
  };
};
