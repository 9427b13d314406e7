import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { AnyEnvelope, Envelope, MessageData, MessageType } from '../../src/domain/messages.ts';
import type { Intent, PaymentGateway } from '../../src/domain/ports/payment-gateway.ts';
import { systemClock, systemIds, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createPostgresBus } from '../../src/infra/postgres/message-bus.ts';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { createPaymentStore } from '../../src/infra/postgres/payment-store.ts';
import { createReviewStore } from '../../src/infra/postgres/review-store.ts';
import { createStripeGateway } from '../../src/infra/stripe/stripe-gateway.ts';
import { createPaymentService, type RunningPaymentService } from '../../src/payments/payment-service.ts';
import { SECRET_KEY, testSandbox, WEBHOOK_SECRET } from '../sandbox/support.ts';
import type { Delivery } from '../../src/domain/ports/message-bus.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

const GOOD = '4242424242424242';
const NO_FUNDS = '4000000000009995';

/** The address to which the gateway sends its webhooks, as the HTTP layer would have it. */
const webhookServer = async (t: ExecutionContext, receive: RunningPaymentService['receiveWebhook']) => {
  const outcomes: string[] = [];
  const answer = async (body: Buffer, signature: string, response: http.ServerResponse): Promise<void> => {
    try {
      const outcome = await receive(body, signature);
      outcomes.push(typeof outcome === 'string' ? outcome : outcome.code);
      response.writeHead(typeof outcome === 'string' ? 200 : 400).end();
    } catch {
      response.writeHead(500).end();
    }
  };
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(Buffer.concat(chunks), String(request.headers['stripe-signature']), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, outcomes };
};

/** The payment service with its real neighbours: Postgres, the bus in it, the SDK, the gateway's sandbox over HTTP. */
const world = async (t: ExecutionContext) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const { sandbox, url, pay, fault } = await testSandbox(t);
  const gateway = createStripeGateway({
    secretKey: SECRET_KEY,
    webhookSecret: WEBHOOK_SECRET,
    apiUrl: url,
    checkoutUrlTemplate: null,
    timeoutMs: 3_000,
    maxNetworkRetries: 0,
    log: silentLog,
  });
  const bus = createPostgresBus({ pool, clock: systemClock, log: silentLog, pollMs: 50 });
  t.teardown(() => bus.close());
  const store = createPaymentStore(pool);
  const service = createPaymentService({
    store,
    reviews: createReviewStore(pool),
    outbox: createOutbox(pool, 'payments'),
    gateway,
    bus,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    sweepEveryMs: 100,
  });
  const webhooks = await webhookServer(t, (body, signature) => service.receiveWebhook(body, signature));
  sandbox.setWebhookUrl(webhooks.url);
  await service.start();
  t.teardown(() => service.stop());

  const heard: AnyEnvelope[] = [];
  /** Where the gateway stood when tickets heard of it. */
  const stoodAt: (string | undefined)[] = [];
  const hear = async (delivery: Delivery): Promise<void> => {
    stoodAt.push((await onlyIntent(gateway))?.status);
    heard.push(delivery.envelope);
    delivery.ack();
  };
  await bus.subscribe('tickets', 8, (delivery) => void hear(delivery));

  const ids = { eventId: systemIds.next(), orderId: systemIds.next(), attemptId: systemIds.next() };
  const say = async <T extends MessageType>(type: T, data: MessageData[T]): Promise<void> => {
    const { eventId, orderId } = ids;
    const envelope: Envelope<T> = {
      id: systemIds.next(),
      type,
      occurredAtMs: Date.now(),
      eventId,
      orderId,
      data,
    };
    assert.deepEqual(await bus.publish([envelope as AnyEnvelope]), ['confirmed']);
  };
  const place = (payWithinMs: number): Promise<void> =>
    say('PedidoCriado', {
      attemptId: ids.attemptId,
      fanId: systemIds.next(),
      amountMinor: 25_000,
      currency: 'BRL',
      payByMs: Date.now() + payWithinMs,
      description: 'Noite de Abertura: A-1-1, A-1-2',
    });
  const checkoutUrl = (): Promise<string> =>
    eventually(async () => {
      const found = (await service.findCheckout(ids.orderId))?.checkoutUrl ?? null;
      assert.ok(found !== null);
      return found;
    });
  const payAt = async (page: string, card: string): Promise<number> =>
    (await pay(page.slice(page.lastIndexOf('/') + 1), { card })).status;
  const hears = (...types: MessageType[]): Promise<void> =>
    eventually(() =>
      assert.deepEqual(
        heard.map((one) => one.type),
        types,
      ),
    );
  const saidRows = async (): Promise<readonly string[]> =>
    (await pool.query<{ type: string }>('SELECT type FROM payments.outbox ORDER BY position')).rows.map(
      (row) => row.type,
    );
  const status = async (): Promise<string | undefined> => (await store.find(ids.attemptId))?.status;
  const intent = (): Promise<Intent | undefined> => onlyIntent(gateway);
  return {
    ids,
    service,
    webhooks,
    heard,
    stoodAt,
    fault,
    say,
    place,
    checkoutUrl,
    payAt,
    hears,
    saidRows,
    intent,
    status,
  };
};

const onlyIntent = async (gateway: PaymentGateway): Promise<Intent | undefined> => {
  const found: Intent[] = [];
  for await (const one of gateway.ledger()) found.push(one);
  assert.ok(found.length <= 1, 'one intent for one attempt');
  return found[0];
};

test.serial('a sale: order in, declined once, paid, PagamentoOK out, sold, captured', async (t) => {
  const sale = await world(t);
  if (sale === null) return;
  await sale.place(600_000);
  const page = await sale.checkoutUrl();
  t.regex(page, /^http:\/\/127\.0\.0\.1:\d+\/pay\/pi_/);
  t.is(await sale.payAt(page, NO_FUNDS), 402);
  t.is(await sale.payAt(page, GOOD), 200);
  await sale.hears('PagamentoOK');
  t.deepEqual(sale.heard[0]?.data, { attemptId: sale.ids.attemptId, amountMinor: 25_000, currency: 'BRL' });
  t.like(await sale.service.findCheckout(sale.ids.orderId), { authorised: true, returned: false });
  t.is((await sale.intent())?.status, 'authorised', 'reserved, not taken, until the seats are sold');
  await sale.say('PedidoConfirmado', { seatIds: ['A-1-1', 'A-1-2'] });
  await eventually(async () => assert.equal((await sale.intent())?.status, 'captured'));
  t.like(await sale.intent(), { capturedMinor: 25_000, refundedMinor: 0, orderId: sale.ids.orderId });
  // The gateway's own news of the capture comes as well, and changes nothing.
  await eventually(() => assert.ok(sale.webhooks.outcomes.length >= 3));
  t.true(sale.webhooks.outcomes.every((one) => one === 'accepted' || one === 'duplicate'));
  t.deepEqual(await sale.saidRows(), ['PagamentoOK']);
});

test.serial('a rejection: what was reserved is let go, nothing is taken', async (t) => {
  const sale = await world(t);
  if (sale === null) return;
  await sale.place(600_000);
  await sale.payAt(await sale.checkoutUrl(), GOOD);
  await sale.hears('PagamentoOK');
  await sale.say('PedidoRejeitado', { reason: 'seats_lost' });
  await eventually(async () =>
    assert.equal((await sale.service.findCheckout(sale.ids.orderId))?.returned, true),
  );
  t.like(await sale.intent(), { status: 'cancelled', capturedMinor: 0 });
  t.deepEqual(await sale.saidRows(), ['PagamentoOK']);
});

test.serial('nobody pays: the intent is cancelled before PagamentoFalhou is said', async (t) => {
  const sale = await world(t);
  if (sale === null) return;
  await sale.place(700);
  const page = await sale.checkoutUrl();
  await sale.hears('PagamentoFalhou');
  t.deepEqual(sale.stoodAt, ['cancelled']);
  t.deepEqual(sale.heard[0]?.data, { attemptId: sale.ids.attemptId, reason: 'expired' });
  t.not(await sale.payAt(page, GOOD), 200, 'the page takes no money any more');
  t.is((await sale.intent())?.status, 'cancelled');
  t.deepEqual(await sale.saidRows(), ['PagamentoFalhou']);
});

test.serial(
  'no webhook ever comes: a payment is found by looking when the time to pay is over',
  async (t) => {
    const sale = await world(t);
    if (sale === null) return;
    await sale.fault({ kind: 'lose', operation: 'webhook' });
    await sale.place(1_500);
    t.is(await sale.payAt(await sale.checkoutUrl(), GOOD), 200);
    await sale.hears('PagamentoOK');
    t.deepEqual(sale.stoodAt, ['authorised']);
    t.deepEqual(sale.webhooks.outcomes, []);
  },
);

test.serial(
  'webhooks twice and out of order, and a capture whose answer is lost: one word, taken once',
  async (t) => {
    const sale = await world(t);
    if (sale === null) return;
    await sale.fault(
      { kind: 'error_after', operation: 'capture', next: 1 },
      { kind: 'reorder', operation: 'webhook', next: 1 },
      { kind: 'duplicate', operation: 'webhook' },
    );
    await sale.place(600_000);
    const page = await sale.checkoutUrl();
    await sale.payAt(page, NO_FUNDS);
    await sale.payAt(page, GOOD);
    await sale.hears('PagamentoOK');
    await sale.say('PedidoConfirmado', { seatIds: ['A-1-1', 'A-1-2'] });
    await eventually(async () => assert.equal((await sale.intent())?.status, 'captured'));
    t.like(await sale.intent(), { capturedMinor: 25_000, refundedMinor: 0 });
    await eventually(() => assert.ok(sale.webhooks.outcomes.includes('duplicate')));
    await eventually(async () => assert.equal(await sale.status(), 'captured'));
    t.deepEqual(await sale.saidRows(), ['PagamentoOK']);
  },
);
