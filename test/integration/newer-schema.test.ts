import test from 'ava';
import { ask } from '../support/api.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { pay } from '../support/fan.ts';

/**
 * What the next version's migration may do while nodes of this version serve, by the rule of `migrations-additive.test.ts`: a
 * new column in every table, some with a default, an index on it, and its own line in the list of migrations.
 */
const migrateAhead = async ({ database }: TestApp): Promise<number> => {
  const { rows } = await database.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
        AND table_name <> 'schema_migrations'`,
  );
  for (const { name } of rows) {
    await database.query(
      `ALTER TABLE ${name} ADD COLUMN of_the_next_version text, ADD COLUMN counted_by_it integer NOT NULL DEFAULT 0`,
    );
    await database.query(`CREATE INDEX ON ${name} (counted_by_it)`);
  }
  await database.query("INSERT INTO schema_migrations (name, run_on) VALUES ('9999_next_version', now())");
  return rows.length;
};

const buys = async (app: TestApp, eventId: string, seatId: string): Promise<string> => {
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, [seatId]);
  await pay(order);
  await fan.until(order.orderId, 'confirmed');
  const back = await ask(app.url, 'POST', `/v1/orders/${order.orderId}/refund`, {
    token: fan.token,
    key: `refund-${order.orderId}`,
    body: {},
  });
  return `${back.status} ${(await fan.read(order.orderId)).status}`;
};

for (const variant of ['embedded', 'real'] as const) {
  test(`${variant}: a node sells on while the next version migrates, and starts on what that leaves`, async (t) => {
    const app = await startTestApp(t, variant);
    if (app === null) return;
    const eventId = await app.createEvent({
      opensAt: '2020-01-01T00:00:00Z',
      refundsUntil: '2100-01-01T00:00:00Z',
    });
    // Twice, so that every statement of the way is prepared.
    t.is(await buys(app, eventId, 'A-1-1'), '200 refunded');
    t.is(await buys(app, eventId, 'A-1-2'), '200 refunded');
    t.true((await migrateAhead(app)) > 20);
    t.is(await buys(app, eventId, 'A-1-3'), '200 refunded');
    t.is(await buys(app, eventId, 'B-1-1'), '200 refunded');
    const again = await app.restart();
    t.is(await buys(again, eventId, 'A-1-1'), '200 refunded');
    t.deepEqual([...app.fatal, ...again.fatal], []);
  });
}
