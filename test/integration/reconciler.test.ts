import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { newAttempt, type Attempt } from '../../src/domain/attempt.ts';
import { mismatchOf } from '../../src/domain/review.ts';
import { missing } from '../../src/domain/reconciliation.ts';
import { systemClock, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createAuditLog } from '../../src/infra/postgres/audit-log.ts';
import { createPaymentStore } from '../../src/infra/postgres/payment-store.ts';
import { createReviewStore } from '../../src/infra/postgres/review-store.ts';
import { createReconciliationStore } from '../../src/infra/postgres/reconciliation-store.ts';
import { createStripeGateway } from '../../src/infra/stripe/stripe-gateway.ts';
import { createAttemptLedger } from '../../src/payments/attempt-ledger.ts';
import { createReconciler, GRACE_MS } from '../../src/payments/reconciler.ts';
import { SECRET_KEY, testSandbox, WEBHOOK_SECRET } from '../sandbox/support.ts';
import { ask } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';
import { testPostgres } from '../support/servers.ts';
import { anAttempt } from '../payments/payment-store-rules.ts';

const GOOD = '4242424242424242';
/** No turn comes by itself within a test. */
const EVERY_MS = 3_600_000;

const world = async (t: ExecutionContext) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const { url, pay } = await testSandbox(t);
  const gateway = createStripeGateway({
    secretKey: SECRET_KEY,
    webhookSecret: WEBHOOK_SECRET,
    apiUrl: url,
    checkoutUrlTemplate: null,
    timeoutMs: 20_000,
    maxNetworkRetries: 0,
    log: silentLog,
  });
  const attempts = createPaymentStore(pool);
  const store = createReconciliationStore(pool);
  const reviews = createReviewStore(pool);
  const audit = createAuditLog(pool);
  const copy = () =>
    createReconciler({
      store,
      reviews,
      attempts,
      gateway,
      ledger: createAttemptLedger({ store: attempts, log: silentLog, nudgeOutbox: () => undefined }),
      audit,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      everyMs: EVERY_MS,
    });
  /** As if so much time had gone by for the reconciler's tables. */
  const passes = async (ms: number): Promise<void> => {
    await pool.query(
      `UPDATE payments.differences SET first_seen_at = first_seen_at - $1 * interval '1 millisecond'`,
      [ms],
    );
    await pool.query(
      `UPDATE payments.reconciliation SET begun_at = begun_at - $1 * interval '1 millisecond'`,
      [ms],
    );
  };
  const reconciler = copy();
  const look = async () => {
    await passes(Math.max(EVERY_MS, GRACE_MS));
    t.true(await reconciler.look());
    const report = await store.report();
    if (report === null) throw new Error('nothing was reported');
    return report;
  };
  const anAttempt = (eventId: string): Attempt =>
    newAttempt({
      attemptId: randomUUID(),
      orderId: randomUUID(),
      eventId,
      amountMinor: 25_000,
      currency: 'BRL',
      description: 'Noite de Teste: A-1-1',
      payByMs: Date.now() + 600_000,
    });
  /** Opened at the gateway, and as far as `stands` says paid and captured; our tables hear nothing of it. */
  const atGateway = async (attempt: Attempt, stands: 'open' | 'authorised' | 'captured'): Promise<string> => {
    const opened = await gateway.open(attempt);
    if (opened.kind !== 'ok') throw new Error(JSON.stringify(opened));
    const { intentId } = opened.value;
    if (stands !== 'open') t.is((await pay(intentId, { card: GOOD })).status, 200);
    if (stands === 'captured') t.is((await gateway.capture(intentId, attempt.attemptId)).kind, 'ok');
    return intentId;
  };
  const readIntent = async (intentId: string) => {
    const read = await gateway.read(intentId);
    if (read.kind !== 'ok') throw new Error(JSON.stringify(read));
    return read.value;
  };
  return { pool, gateway, attempts, store, audit, copy, passes, look, anAttempt, atGateway, readIntent };
};

test('against the sandbox’s ledger: what was missed is learned, strays are ended, and the money balances', async (t) => {
  const w = await world(t);
  if (w === null) return;
  const eventId = randomUUID();
  const missed = await w.attempts.begin(w.anAttempt(eventId));
  await w.atGateway(missed, 'authorised');
  const reserved = await w.atGateway(w.anAttempt(eventId), 'authorised');
  const taken = await w.atGateway(w.anAttempt(eventId), 'captured');
  const elsewhere = await w.atGateway(w.anAttempt(randomUUID()), 'captured');
  const named = { ...w.anAttempt(eventId), intentId: 'pi_never_heard_of', status: 'authorised' as const };
  await w.attempts.begin(named);

  const first = await w.look();
  t.is(first.differences.length, 5);
  t.is(first.unbalanced, 0);
  t.is((await w.readIntent(reserved)).status, 'authorised', 'it may be work under way');
  t.is((await w.attempts.find(missed.attemptId))?.status, 'new');

  await w.look();
  t.is((await w.readIntent(reserved)).status, 'cancelled');
  const refunded = await w.readIntent(taken);
  t.is(refunded.refundedMinor, refunded.capturedMinor);
  t.is((await w.readIntent(elsewhere)).refundedMinor, 0, 'another installation’s');
  t.is((await w.attempts.find(missed.attemptId))?.status, 'authorised');
  const said = await w.pool.query<{ type: string }>('SELECT type FROM payments.outbox');
  t.deepEqual(said.rows, [{ type: 'PagamentoOK' }]);
  t.deepEqual((await w.audit.newest(10)).map(({ actor, action }) => `${actor} ${action}`).toSorted(), [
    'reconciler money.apply',
    'reconciler money.cancel',
    'reconciler money.refund',
  ]);

  const last = await w.look();
  t.deepEqual(last.differences.map((one) => one.kind).toSorted(), ['missing', 'unknown_intent']);
  t.is(last.unbalanced, 0);
  t.deepEqual(
    last.lines
      .map((line) => `${line.class} ${line.payments} ${line.amountMinor} ${line.currency}`)
      .toSorted(),
    ['refunded 1 25000 BRL', 'review 1 25000 BRL'],
  );
});

test('a running node publishes the balance of a sale, to operators and to Prometheus', async (t) => {
  const app = await startTestApp(t, 'embedded', { RECONCILE_EVERY_MS: '100' });
  if (app === null) return;
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1', 'A-1-2']);
  await pay(order);
  await fan.until(order.orderId, 'confirmed');
  await eventually(async () => {
    const { body } = await app.operator<{ unbalanced: number; classes: object[] }>('GET', '/money');
    const sold = { class: 'sold', currency: 'BRL', payments: 1, amountMinor: 50_000 };
    assert.deepEqual([body.unbalanced, body.classes], [0, [sold]]);
  });
  await eventually(async () => {
    const { text } = await ask(app.url, 'GET', '/metrics');
    assert.match(text, /^catraca_money_unbalanced 0$/m);
    assert.match(text, /^catraca_money_minor\{class="sold",currency="BRL"\} 50000$/m);
    assert.match(text, /^catraca_money_looked_at_seconds [1-9][\d.]+$/m);
  });
  t.pass();
});

test('of many copies on one database one looks in each turn', async (t) => {
  const w = await world(t);
  if (w === null) return;
  const copies = Array.from({ length: 6 }, w.copy);
  const looked = await Promise.all(copies.map((one) => one.look()));
  t.is(looked.filter(Boolean).length, 1);
  t.deepEqual(
    await Promise.all(copies.map((one) => one.look())),
    copies.map(() => false),
  );
  await w.passes(EVERY_MS);
  t.is((await Promise.all(copies.map((one) => one.look()))).filter(Boolean).length, 1);
});

test('a turn whose copy died is free again when its lease is over', async (t) => {
  const w = await world(t);
  if (w === null) return;
  t.true(await w.store.claim(0, 3_600_000));
  t.false(await w.store.claim(0, 3_600_000));
  await w.pool.query(`UPDATE payments.reconciliation SET leased_until = now()`);
  t.true(await w.store.claim(0, 3_600_000));
});

test('a difference keeps the time at which it was first seen until it is another', async (t) => {
  const w = await world(t);
  if (w === null) return;
  const found = missing({ ...w.anAttempt(randomUUID()), intentId: 'pi_1', status: 'open' });
  const ageAfter = async (...differences: Parameters<typeof w.store.record>[0]) => {
    const [standing] = await w.store.record(differences);
    return Math.round((standing?.standingMs ?? -1_000_000) / 1_000_000);
  };
  t.is(await ageAfter(found), 0);
  await w.passes(5_000_000);
  t.is(await ageAfter(found), 5);
  const [{ standingMs, ...standing } = { standingMs: 0 }] = await w.store.standing();
  t.true(standingMs >= 5_000_000);
  t.deepEqual(standing as typeof found, found);
  t.is(await ageAfter({ ...found, ours: 'authorised' }), 0);
  await w.passes(5_000_000);
  t.is(await ageAfter(), -1, 'none is left');
  t.is(await ageAfter(found), 0);
});

test('the ledger from a time on has what was opened since, and nothing older', async (t) => {
  const w = await world(t);
  if (w === null) return;
  const intentId = await w.atGateway(w.anAttempt(randomUUID()), 'open');
  const since = async (ms: number) => {
    const found: string[] = [];
    for await (const intent of w.gateway.ledger(undefined, ms)) found.push(intent.intentId);
    return found;
  };
  t.deepEqual(await since(Date.now() - 600_000), [intentId]);
  t.deepEqual(await since(Date.now() + 600_000), []);
});

test('a difference of the ledgers is one review in Postgres, closed with it, and a person’s word on it stands', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const reviews = createReviewStore(postgres.pool);
  const found = missing({ ...anAttempt(), intentId: 'pi_1', status: 'open' });
  const matters = [mismatchOf(found)];
  t.deepEqual(await reviews.settleMismatches(matters, ['pi_1']), { opened: 1, closed: 0 });
  t.deepEqual(await reviews.settleMismatches(matters, ['pi_1']), { opened: 0, closed: 0 });
  t.deepEqual(await reviews.settleMismatches([], ['pi_1']), { opened: 0, closed: 0 }, 'it is young again');
  const [review] = await reviews.list('open', 10);
  t.like(review, { kind: 'ledger_mismatch', paymentRef: 'pi_1', orderId: found.orderId, attemptId: null });
  t.deepEqual(await reviews.settleMismatches([], []), { opened: 0, closed: 1 });
  t.deepEqual(await reviews.settleMismatches(matters, ['pi_1']), { opened: 1, closed: 0 });
  t.deepEqual(
    (await reviews.list('open', 10)).map(({ reviewId }) => reviewId),
    [review?.reviewId],
  );
  const decision = { action: 'dismiss', note: 'settled by phone', by: 'ana' } as const;
  t.like(await reviews.resolve(review?.reviewId ?? '', decision), { kind: 'resolved' });
  t.deepEqual(await reviews.settleMismatches(matters, ['pi_1']), { opened: 0, closed: 0 });
});
