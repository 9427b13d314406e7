import assert from 'node:assert/strict';
import test from 'ava';
import { systemIds } from '../../src/infra/environment.ts';
import { createPostgresProbe } from '../../src/infra/postgres/probe.ts';
import { primaryOf } from '../../src/infra/postgres/primary.ts';
import { withConnection } from '../../src/infra/postgres/one-connection.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { privatePostgresPair } from '../support/postgres-standby.ts';
import { runRush } from '../support/rush.ts';
import { testRabbit, testRedis } from '../support/servers.ts';

const [FANS, SEATS] = [150, 60];

const count = async (url: string, text: string): Promise<number> => {
  const [row] = await withConnection(url, 10_000, (ask) => ask<{ n: number }>(text));
  return row?.n ?? -1;
};

test.serial(
  'the primary killed in mid-sale and its standby promoted: nothing acknowledged is lost, and the sale goes on by itself',
  async (t) => {
    t.timeout(280_000);
    const pair = await privatePostgresPair(t);
    const redis = pair === null ? null : await testRedis(t);
    const rabbit = redis === null ? null : await testRabbit(t);
    if (pair === null || redis === null || rabbit === null) return;
    t.is(await primaryOf(pair.url), pair.primary.url);
    const app = await startTestApp(t, 'embedded', {
      DATABASE_URL: pair.url,
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
      RABBITMQ_URL: rabbit.url,
      CATRACA_SECRET: systemIds.next() + systemIds.next(),
      HOLD_TTL_MS: '20000',
      PAY_WITHIN_MS: '20000',
    });
    if (app === null) return;
    const running = runRush(
      {
        url: app.url,
        databaseUrl: pair.url,
        stripeApiUrl: app.sandboxUrl,
        operatorToken: app.operatorToken,
      },
      { fans: FANS, seats: SEATS, duration: 10, seed: 13, deadline: 200 },
    );
    const tickets = 'SELECT count(*)::int AS n FROM tickets.tickets';
    const acknowledged = await eventually(async () => {
      const sold = await count(pair.primary.url, tickets);
      assert.ok(sold >= SEATS / 10);
      return sold;
    }, 90_000);
    await pair.primary.kill();
    const fromMs = performance.now();
    t.true(acknowledged < SEATS, 'it died in the middle of the sale');
    await pair.promote();
    t.true((await count(pair.standby.url, tickets)) >= acknowledged);
    await eventually(async () => {
      const { status } = await fetch(`${app.url}/readyz`);
      assert.equal(status, 200);
    }, 60_000);
    t.log(`ready ${Math.round(performance.now() - fromMs)} ms after the death, promotion included`);
    const { code, result, text } = await running;
    t.is(code, 0, text);
    t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
    t.is(result.counts.tickets, SEATS);
    t.deepEqual(app.fatal, []);
  },
);

test.serial(
  'a standby is never asked to decide, and one missed answer is no reason to look for another',
  async (t) => {
    t.timeout(200_000);
    const pair = await privatePostgresPair(t);
    if (pair === null) return;
    const probe = createPostgresProbe(pair.url, 2_000);
    t.teardown(() => probe.close());
    await probe.ask();
    t.is(probe.url(), pair.primary.url);
    await withConnection(pair.primary.url, 5_000, (ask) =>
      ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'catraca-probe'"),
    );
    await t.throwsAsync(probe.ask());
    t.is(probe.url(), pair.primary.url);
    await probe.ask();

    await pair.primary.kill();
    await t.throwsAsync(probe.ask());
    await t.throwsAsync(probe.ask(), { message: /ECONNREFUSED/ });
    t.is(probe.url(), pair.standby.url);
    await t.throwsAsync(probe.ask(), { message: 'who answers is a standby' });
    await t.throwsAsync(primaryOf(pair.url), { message: 'who answers is a standby' });
    await pair.promote();
    await eventually(() => probe.ask());
    t.is(probe.url(), pair.standby.url);
    t.is(await primaryOf(pair.url), pair.standby.url);
  },
);
