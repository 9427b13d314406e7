import type { Config } from '../config.ts';
import type { PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { BearerTokens, PaymentService } from '../domain/ports/services.ts';
import { systemClock, systemIds, systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import { createOutbox } from '../infra/postgres/outbox.ts';
import { createPaymentStore } from '../infra/postgres/payment-store.ts';
import { createReviewStore } from '../infra/postgres/review-store.ts';
import { createStripeGateway } from '../infra/stripe/stripe-gateway.ts';
import { createRemotePayments } from '../infra/upstream/remote-payments.ts';
import type { OpenUpstream } from '../infra/upstream/upstream.ts';
import { createPaymentService } from '../payments/payment-service.ts';
import type { Sandbox } from '../sandbox/server.ts';
import type { Closing } from './closing.ts';
import type { Servers } from './servers.ts';
import { elsewhere } from './elsewhere.ts';
import { addressOf, StartError } from './start-error.ts';

/** One call to the gateway: below what a fan waits for a checkout. */
const GATEWAY_TIMEOUT_MS = 3_500;
const STRIPE = 'https://api.stripe.com';

export interface Payments {
  readonly service: PaymentService;
  readonly gateway: PaymentGateway;
  readonly gatewayAddress: string;
}

const openGateway = (config: Config, sandboxUrl: string | null, log: Logger): PaymentGateway => {
  const apiUrl = config.STRIPE_API_URL ?? sandboxUrl ?? STRIPE;
  const real = new URL(apiUrl).origin === STRIPE;
  try {
    return createStripeGateway({
      secretKey: config.STRIPE_SECRET_KEY,
      webhookSecret: config.STRIPE_WEBHOOK_SECRET,
      apiUrl: real ? null : apiUrl,
      checkoutUrlTemplate: config.CHECKOUT_URL ?? null,
      timeoutMs: GATEWAY_TIMEOUT_MS,
      log,
    });
  } catch (error) {
    throw new StartError(`The payment gateway is not configured: ${(error as Error).message}.`, error);
  }
};

/** The payment service on its own tables. */
export const startPayments = async (parts: {
  readonly config: Config;
  readonly servers: Servers;
  readonly sandbox: Sandbox | null;
  readonly log: Logger;
  readonly closing: Closing;
}): Promise<Payments> => {
  const { config, servers, sandbox, log, closing } = parts;
  const gateway = openGateway(config, sandbox?.url ?? null, log);
  const service = createPaymentService({
    store: createPaymentStore(servers.pool),
    reviews: createReviewStore(servers.pool),
    outbox: createOutbox(servers.pool, 'payments'),
    gateway,
    bus: servers.bus,
    clock: systemClock,
    random: systemRandom,
    log,
    sweepEveryMs: config.SWEEP_EVERY_MS,
  });
  await service.start();
  closing.add('payment service', () => service.stop());
  return { service, gateway, gatewayAddress: addressOf(config.STRIPE_API_URL ?? sandbox?.url ?? STRIPE) };
};

/** The payment service in another process: what the routes of the ticket service ask of it, and nothing else. */
export const remotePayments = (
  upstream: OpenUpstream | null,
  tokens: Pick<BearerTokens, 'issue'>,
): PaymentService => {
  const missing: PaymentService = elsewhere('payment service');
  if (upstream === null) return missing;
  return {
    ...createRemotePayments({ upstream, tokens, clock: systemClock, ids: systemIds }),
    receiveWebhook: (...args) => missing.receiveWebhook(...args),
    reviews: (...args) => missing.reviews(...args),
    resolveReview: (...args) => missing.resolveReview(...args),
  };
};
