import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { readMessageLag } from '../../src/infra/postgres/message-lag.ts';
import { noteLostQueue } from '../../src/infra/postgres/lost-queues.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

const SCHEMAS = ['tickets', 'payments'] as const;

const fill = async (pool: Pool, schema: string, count: number): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ message_id: string }>(
    `INSERT INTO ${schema}.outbox (type, event_id, order_id, data)
     SELECT 'PagamentoFalhou', $1, $2, jsonb_build_object('attemptId', n, 'reason', 'expired')
     FROM generate_series(1, $3) AS n RETURNING message_id`,
    [randomUUID(), randomUUID(), count],
  );
  return rows.map((row) => row.message_id);
};

for (const schema of SCHEMAS) {
  test(`${schema}: rows come out oldest first, as whole envelopes, and stay leased`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const outbox = createOutbox(postgres.pool, schema);
    const ids = await fill(postgres.pool, schema, 5);
    const claimed = await outbox.claim(3, 60_000);
    t.deepEqual(
      claimed.map((one) => one.id),
      ids.slice(0, 3),
    );
    t.is(claimed[0]?.type, 'PagamentoFalhou');
    t.deepEqual(claimed[0]?.data, { attemptId: 1, reason: 'expired' } as never);
    t.true(
      Number.isInteger(claimed[0]?.occurredAtMs) &&
        Math.abs(Date.now() - (claimed[0]?.occurredAtMs ?? 0)) < 60_000,
    );
    t.deepEqual(
      (await outbox.claim(10, 60_000)).map((one) => one.id),
      ids.slice(3),
    );
    t.deepEqual(await outbox.claim(10, 60_000), []);
  });

  test(`${schema}: a row given back is next again at once, a row sent never comes back`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const outbox = createOutbox(postgres.pool, schema);
    const ids = await fill(postgres.pool, schema, 3);
    await outbox.claim(3, 60_000);
    await outbox.markSent(ids.slice(0, 1));
    await outbox.giveBack(ids);
    t.deepEqual(
      (await outbox.claim(10, 60_000)).map((one) => one.id),
      ids.slice(1),
    );
    t.is((await outbox.backlog()).unsent, 2);
    await outbox.markSent(ids);
    t.deepEqual(await outbox.backlog(), { unsent: 0, oldestAgeMs: 0 });
  });

  test(`${schema}: what was sent to a queue that was lost is said again, twice for each loss and never else`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const { pool } = postgres;
    const [outbox, copy] = [createOutbox(pool, schema), createOutbox(pool, schema)];
    const [old, ...ids] = await fill(pool, schema, 4);
    await outbox.claim(10, 60_000);
    await outbox.markSent([old ?? '', ...ids]);
    await pool.query(
      `UPDATE ${schema}.outbox SET sent_at = now() - interval '2 days' WHERE message_id = $1`,
      [old],
    );
    t.is(await outbox.recover(), 0);
    await noteLostQueue(pool, schema);
    t.is(await outbox.recover(), 0, 'its own queue: others send to it');
    await noteLostQueue(pool, schema === 'tickets' ? 'payments' : 'tickets');
    const told = await Promise.all([outbox.recover(), copy.recover()]);
    t.is(told[0] + told[1], 3, 'once, by whichever copy');
    const again: string[] = [];
    await eventually(async () => {
      again.push(...(await outbox.claim(10, 60_000)).map((one) => one.id));
      assert.equal(again.length, 3);
    });
    t.deepEqual(again, ids.toReversed(), 'the newest first, under the ids that its receiver knows');
    await outbox.markSent(ids);
    t.is(await outbox.recover(), 0, 'not before a lease can be over');
    await pool.query("UPDATE bus.lost_queues SET lost_at = lost_at - interval '61 seconds'");
    t.is(await outbox.recover(), 3);
    t.is(await outbox.recover(), 0);
  });

  test(`${schema}: a day that is said again stands in nobody’s way and looks like no delay`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const { pool } = postgres;
    const outbox = createOutbox(pool, schema);
    const old = await fill(pool, schema, 20_000);
    await pool.query(
      `UPDATE ${schema}.outbox SET sent_at = now() - interval '1 hour', occurred_at = now() - interval '1 hour'`,
    );
    await noteLostQueue(pool, schema === 'tickets' ? 'payments' : 'tickets');
    t.is(await outbox.recover(), old.length);
    const ids = await fill(pool, schema, 2);
    const claimed = await outbox.claim(old.length, 60_000);
    t.true(claimed.length < old.length / 2, 'they become due one after the other');
    t.deepEqual(
      claimed.slice(0, 2).map((one) => one.id),
      ids,
      'what was never said goes first',
    );
    t.is(claimed[0]?.saidAgainAtMs, undefined);
    const { unsentMs, aheadMs } = await readMessageLag(pool, () => Date.now());
    t.true(unsentMs < 30_000, `${unsentMs} ms`);
    t.true((await outbox.backlog()).oldestAgeMs < 30_000);
    for (const { saidAgainAtMs = 0 } of claimed.slice(2))
      t.true(Math.abs(Date.now() - aheadMs - saidAgainAtMs) < 30_000, 'it counts from when it was due again');
  });

  test(`${schema}: many claimers at once share the rows, none twice`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const outbox = createOutbox(postgres.pool, schema);
    const ids = await fill(postgres.pool, schema, 300);
    const claimed: string[] = [];
    const claimer = async (): Promise<void> => {
      let misses = 0;
      while (misses < 3) {
        const rows = await outbox.claim(20, 60_000);
        claimed.push(...rows.map((one) => one.id));
        misses = rows.length === 0 ? misses + 1 : 0;
      }
    };
    await Promise.all(Array.from({ length: 6 }, claimer));
    t.deepEqual(claimed.sort(), [...ids].sort());
  });

  test(`${schema}: a lease that ran out frees the row: a relay that died loses nothing`, async (t) => {
    const postgres = await testPostgres(t);
    if (postgres === null) return;
    const outbox = createOutbox(postgres.pool, schema);
    const ids = await fill(postgres.pool, schema, 1);
    await outbox.claim(1, 1_500);
    t.is((await outbox.claim(1, 1)).length, 0, 'leased');
    await eventually(async () =>
      assert.deepEqual(
        (await outbox.claim(1, 60_000)).map((one) => one.id),
        ids,
      ),
    );
    t.pass();
  });
}

test('what its sender knows to have been heard is not said again', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  const [order, attempt] = [randomUUID(), randomUUID()];
  const say = (schema: string, type: string) =>
    pool.query(
      `INSERT INTO ${schema}.outbox (type, event_id, order_id, data, sent_at)
       VALUES ($1, $2, $3, jsonb_build_object('attemptId', $4::text), now())`,
      [type, randomUUID(), order, attempt],
    );
  await say('payments', 'PagamentoOK');
  await say('payments', 'PagamentoFalhou');
  const status = (now: string) =>
    pool.query(
      `INSERT INTO payments.attempts (attempt_id, order_id, event_id, status, amount_minor, currency, description, pay_by)
       VALUES ($1, $2, $3, $4, 1, 'BRL', 'x', now())
       ON CONFLICT (attempt_id) DO UPDATE SET status = excluded.status`,
      [attempt, order, randomUUID(), now],
    );
  const again = async (): Promise<number> => {
    await pool.query('UPDATE payments.outbox SET sent_at = now()');
    await noteLostQueue(pool, 'tickets');
    return createOutbox(pool, 'payments').recover();
  };
  await status('authorised');
  t.is(await again(), 2, 'nobody has answered');
  await status('captured');
  t.is(await again(), 1, 'it was captured because the tickets had heard of it');
});
