import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { createPaymentStore } from '../../src/infra/postgres/payment-store.ts';
import { anAttempt, confirmedOf, PAYMENT_STORE_RULES, seen } from '../payments/payment-store-rules.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

for (const [title, rule] of PAYMENT_STORE_RULES) {
  test(`in Postgres: ${title}`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    await rule(t, {
      store: createPaymentStore(postgres.pool),
      outbox: createOutbox(postgres.pool, 'payments'),
    });
  });
}

test('in Postgres: ten deliveries of one event at the same moment count once and say one PagamentoOK', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createPaymentStore(postgres.pool);
  const attempt = anAttempt();
  await store.begin(attempt);
  const news = seen(attempt, { status: 'authorised' });
  const same = await Promise.all(
    Array.from({ length: 10 }, () => store.apply(attempt.attemptId, news, 'evt')),
  );
  t.is(same.filter((one) => one?.duplicate === false).length, 1);
  const others = await Promise.all(
    Array.from({ length: 10 }, (_, index) => store.apply(attempt.attemptId, news, `evt_${index}`)),
  );
  t.true(others.every((one) => one?.changed === false));
  t.is((await createOutbox(postgres.pool, 'payments').backlog()).unsent, 1);
});

test('in Postgres: capture and return at the same moment leave one of them in force', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createPaymentStore(postgres.pool);
  for (let round = 0; round < 5; round += 1) {
    const attempt = anAttempt();
    await store.begin(attempt);
    await store.apply(attempt.attemptId, seen(attempt, { status: 'authorised' }));
    await Promise.all([
      store.receive(confirmedOf(attempt), { type: 'captureWanted' }),
      store.apply(attempt.attemptId, { type: 'returnWanted', reason: 'seats_lost' }),
    ]);
    const status = (await store.find(attempt.attemptId))?.status;
    t.true(status === 'capturing' || status === 'voiding', status);
  }
});

test('in Postgres: what cannot be written leaves no trace: no change, no message, no counted event', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const store = createPaymentStore(pool);
  const attempt = anAttempt();
  await store.begin(attempt);
  await pool.query(`ALTER TABLE payments.outbox ADD CONSTRAINT broken CHECK (type <> 'PagamentoOK')`);
  const news = seen(attempt, { status: 'authorised' });
  await t.throwsAsync(store.apply(attempt.attemptId, news, 'evt'));
  t.deepEqual(await store.find(attempt.attemptId), attempt);
  await pool.query('ALTER TABLE payments.outbox DROP CONSTRAINT broken');
  const applied = await store.apply(attempt.attemptId, news, 'evt');
  t.is(applied?.attempt.status, 'authorised');
  t.true(applied?.said);
});

const dueNow = "UPDATE payments.attempts SET next_check_at = now() - interval '1 second'";

test('in Postgres: many claimers at once never get the same attempt while it is leased', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createPaymentStore(postgres.pool);
  const attempts = Array.from({ length: 60 }, () => anAttempt());
  await Promise.all(attempts.map((attempt) => store.begin(attempt)));
  t.deepEqual(await store.claimDue(100, 60_000), [], 'whoever began it has a head start');
  await postgres.pool.query(dueNow);
  const claims: string[] = [];
  const claimer = async (): Promise<void> => {
    for (;;) {
      const due = await store.claimDue(7, 60_000);
      if (due.length === 0) return;
      claims.push(...due.map((one) => one.attempt.attemptId));
    }
  };
  await Promise.all(Array.from({ length: 6 }, claimer));
  t.deepEqual(claims.sort(), attempts.map((one) => one.attemptId).sort());
});

test('in Postgres: a leased attempt is not due; released, it is due by its schedule; a lease that ran out frees it', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const store = createPaymentStore(pool);
  const attempt = anAttempt({ payByMs: 1 });
  await store.begin(attempt);
  await pool.query(dueNow);
  t.deepEqual(await store.claimDue(10, 60_000), [{ attempt, overdue: true }]);
  await pool.query(dueNow);
  t.deepEqual(await store.claimDue(10, 60_000), []);
  await store.release(attempt.attemptId);
  t.is((await store.claimDue(10, 1)).length, 1);
  await pool.query(dueNow);
  await eventually(async () => assert.equal((await store.claimDue(10, 1)).length, 1));
  t.deepEqual(await store.claimDue(10, 1), [], 'the schedule moved on with the claim');
});

test("in Postgres: an open attempt is overdue when its time to pay is over by Postgres' clock", async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const store = createPaymentStore(pool);
  const [early, late] = [anAttempt(), anAttempt()];
  for (const attempt of [early, late]) {
    await store.begin(attempt);
    await store.apply(attempt.attemptId, seen(attempt));
  }
  await pool.query(`UPDATE payments.attempts SET pay_by = now() WHERE attempt_id = $1`, [late.attemptId]);
  await pool.query(
    `UPDATE payments.attempts SET pay_by = now() + interval '1 minute' WHERE attempt_id = $1`,
    [early.attemptId],
  );
  await pool.query(dueNow);
  const due = await store.claimDue(10, 1_000);
  t.deepEqual(Object.fromEntries(due.map((one) => [one.attempt.attemptId, one.overdue])), {
    [early.attemptId]: false,
    [late.attemptId]: true,
  });
});

test('in Postgres: one intent belongs to one attempt', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const store = createPaymentStore(postgres.pool);
  const [one, two] = [anAttempt(), anAttempt()];
  await store.begin(one);
  await store.begin(two);
  const intentId = `pi_${randomUUID()}`;
  await store.apply(one.attemptId, seen(one, { intentId }));
  await t.throwsAsync(store.apply(two.attemptId, seen(two, { intentId })));
  t.is((await store.find(two.attemptId))?.status, 'new');
});
