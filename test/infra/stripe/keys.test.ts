import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { OpenIntent, PaymentGateway } from '../../../src/domain/ports/payment-gateway.ts';
import { systemIds } from '../../../src/infra/environment.ts';
import { silentLog } from '../../../src/infra/log.ts';
import { createStripeGateway } from '../../../src/infra/stripe/stripe-gateway.ts';

/** A gateway that gives no word, and notes the idempotency key of each call. */
const silentGateway = async (t: ExecutionContext) => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const key = request.headers['idempotency-key'];
    keys.push(Array.isArray(key) ? key.join() : key);
    request.resume();
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end('{"error":{"type":"api_error","message":"no word"}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const gateway = createStripeGateway({
    secretKey: 'sk_test',
    webhookSecret: 'whsec_test',
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    checkoutUrlTemplate: null,
    timeoutMs: 15_000,
    maxNetworkRetries: 0,
    log: silentLog,
  });
  return { gateway, keys };
};

const order: OpenIntent = {
  attemptId: systemIds.next(),
  orderId: systemIds.next(),
  eventId: systemIds.next(),
  amountMinor: 25_000,
  currency: 'BRL',
  description: 'A-1-20',
};

type Ask = (gateway: PaymentGateway) => Promise<{ readonly kind: string }>;

const CALLS: Readonly<Record<string, { readonly ask: Ask; readonly key: string }>> = {
  open: { ask: (gateway) => gateway.open(order), key: order.attemptId },
  capture: {
    ask: (gateway) => gateway.capture('pi_1', order.attemptId),
    key: `${order.attemptId}:capture`,
  },
  cancel: { ask: (gateway) => gateway.cancel('pi_1', order.attemptId), key: `${order.attemptId}:cancel` },
  refund: { ask: (gateway) => gateway.refund('pi_1', order.attemptId), key: `${order.attemptId}:refund` },
};

for (const [name, { ask, key }] of Object.entries(CALLS)) {
  test(`a "${name}" of which there was no word is asked again under the key of its attempt`, async (t) => {
    const { gateway, keys } = await silentGateway(t);
    for (let times = 0; times < 3; times += 1) t.is((await ask(gateway)).kind, 'unknown');
    t.deepEqual(keys, [key, key, key]);
  });
}
