import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
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
    const again = await outbox.claim(10, 60_000);
    t.deepEqual(
      again.map((one) => one.id),
      ids,
      'under the ids that its receiver knows',
    );
    await outbox.markSent(ids);
    t.is(await outbox.recover(), 0, 'not before a lease can be over');
    await pool.query("UPDATE bus.lost_queues SET lost_at = lost_at - interval '61 seconds'");
    t.is(await outbox.recover(), 3);
    t.is(await outbox.recover(), 0);
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
