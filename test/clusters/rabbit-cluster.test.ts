import assert from 'node:assert/strict';
import test from 'ava';
import { startRabbit, type RabbitNode } from '../../src/chaos/servers/rabbit.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { orAbsent } from '../support/private-servers.ts';
import { runRush } from '../support/rush.ts';
import { testPostgres, testRedis, type Stage } from '../support/servers.ts';

const [FANS, SEATS] = [150, 60];

/** Three nodes that know each other. Null where the programs are missing. */
const privateRabbitCluster = (t: Stage): Promise<readonly RabbitNode[] | null> =>
  orAbsent(t, async (scope) => {
    const first = await startRabbit(scope);
    const nodes = [first];
    while (nodes.length < 3) {
      const node = await startRabbit(scope, first.family);
      await node.control('stop_app');
      await node.control('join_cluster', first.nodeName);
      await node.control('start_app');
      nodes.push(node);
    }
    return nodes;
  });

test.serial(
  'a node of a RabbitMQ cluster killed in mid-sale: its queues go on at the others, and no message is lost',
  async (t) => {
    t.timeout(580_000);
    const nodes = await privateRabbitCluster(t);
    const postgres = nodes === null ? null : await testPostgres(t);
    const redis = postgres === null ? null : await testRedis(t);
    if (nodes === null || postgres === null || redis === null) return;
    const [first, second] = nodes as readonly [RabbitNode, RabbitNode, RabbitNode];
    const hosts = nodes.map(({ url }) => new URL(url).host).join(',');
    const app = await startTestApp(t, 'embedded', {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
      RABBITMQ_URL: `amqp://guest:guest@${hosts}`,
      CATRACA_SECRET: systemIds.next() + systemIds.next(),
      HOLD_TTL_MS: '20000',
      PAY_WITHIN_MS: '20000',
    });
    if (app === null) return;
    const members = await second.control('list_queues', '--quiet', '--no-table-headers', 'name', 'members');
    for (const queue of ['catraca.tickets', 'catraca.payments'])
      t.is(new RegExp(`^${queue}\\t(.*)$`, 'm').exec(members)?.[1]?.match(/@localhost/g)?.length, 3, members);

    const running = runRush(
      {
        url: app.url,
        databaseUrl: postgres.url,
        stripeApiUrl: app.sandboxUrl,
        operatorToken: app.operatorToken,
      },
      { fans: FANS, seats: SEATS, duration: 10, seed: 17, deadline: 200 },
    );
    const sold = async (): Promise<number> => {
      const { rows } = await app.database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM tickets.tickets',
      );
      return rows[0]?.n ?? 0;
    };
    await eventually(async () => assert.ok((await sold()) >= SEATS / 10), 90_000);
    await first.kill();
    t.true((await sold()) < SEATS, 'it died in the middle of the sale');
    const { code, result, text } = await running;
    t.is(code, 0, text);
    t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
    t.is(result.counts.tickets, SEATS);
    // It works with the two that are left, not by way of Postgres alone.
    await eventually(() =>
      assert.equal(app.app.parts.find(({ name }) => name === 'RabbitMQ')?.where, `amqp://${hosts}`),
    );
    await eventually(async () => {
      const { parts } = (await (await fetch(`${app.url}/readyz`)).json()) as {
        parts: { name: string; state: string }[];
      };
      assert.equal(parts.find(({ name }) => name === 'RabbitMQ')?.state, 'up');
    }, 60_000);
    await eventually(async () => {
      const left = await second.control('list_queues', '--quiet', '--no-table-headers', 'name', 'messages');
      assert.match(left, /^catraca\.tickets\t0$/m);
      assert.match(left, /^catraca\.payments\t0$/m);
      assert.match(left, /^catraca\.tickets\.parked\t0$/m);
    }, 60_000);
  },
);
