import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { Pool } from 'pg';
import { freePort } from '../../src/infra/postgres/embedded/postmaster.ts';
import { rushCommand } from '../../src/rush/command.ts';
import type { RushResult } from '../../src/rush/report.ts';
import { ask } from '../support/api.ts';
import { QUICK, realServers, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startNginx } from '../support/nginx.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

const SECRET = 'the tests of nodes behind the edge sign with it';
const [FANS, SEATS] = [300, 100];

/** Three nodes behind nginx sell a house; with a third of it sold one is killed, and a new one takes its place. */
const sellsOut = async (t: ExecutionContext, balance: string): Promise<void> => {
  t.timeout(240_000);
  const servers = await realServers(t);
  if (servers === null) return;
  const sandboxPort = await freePort();
  const common = {
    ...QUICK,
    ...servers.settings,
    CATRACA_SECRET: SECRET,
    TRUST_PROXY: '1',
    STRIPE_API_URL: `http://127.0.0.1:${sandboxPort}`,
  };
  const start = async (): Promise<TestProcess> =>
    startProcess(t, START_COMMANDS.node, { ...common, CATRACA_DATA_DIR: await temporaryFolder(t) });
  const three = await Promise.all([start(), start(), start()]);
  await Promise.all(three.map((one) => one.ready()));
  const urls = three.map((one) => one.told('Fans'));
  const nginx = await startNginx(t, urls, { EDGE_BALANCE: balance });
  if (nginx === null) return;
  const sandbox = startProcess(t, START_COMMANDS.sandbox, {
    ...QUICK,
    CATRACA_SECRET: SECRET,
    CATRACA_DATA_DIR: await temporaryFolder(t),
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_WEBHOOK_URL: `${nginx.url}/v1/payments/webhooks/stripe`,
  });
  await sandbox.ready();

  let text = '';
  const running = rushCommand(
    [
      '--fans',
      String(FANS),
      '--seats',
      String(SEATS),
      '--duration',
      '8',
      '--seed',
      '5',
      '--deadline',
      '150',
      '--json',
    ],
    {
      defaults: {
        url: nginx.operatorUrl,
        databaseUrl: servers.settings['DATABASE_URL'] ?? null,
        stripeApiUrl: common.STRIPE_API_URL,
        stripeSecretKey: 'sk_test_catraca_sandbox',
        callTtlMs: 30_000,
      },
      terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
      operatorToken: () => Promise.resolve(three[0].told('Operator')),
    },
  );
  const database = new Pool({ connectionString: servers.settings['DATABASE_URL'] ?? '', max: 1 });
  t.teardown(() => database.end());
  const sold = async (): Promise<number> => {
    const { rows } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tickets.tickets');
    return rows[0]?.n ?? 0;
  };
  await eventually(async () => assert.ok((await sold()) >= SEATS / 10), 60_000);
  three[1].signal('SIGKILL');
  await three[1].ended();
  const soldAtKill = await sold();
  const fourth = await start();
  await fourth.ready();
  await nginx.useNodes([urls[0] ?? '', urls[2] ?? '', fourth.told('Fans')]);

  const code = await running;
  t.is(code, 0, text);
  const result = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as RushResult;
  t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
  t.is(result.counts.tickets, SEATS);
  t.true(soldAtKill < SEATS, 'the node died in the middle of the sale');
  t.log(`${soldAtKill} of ${SEATS} seats were sold when the node died`);
  // The new one has taken its share.
  const { text: metrics } = await ask(fourth.told('Fans'), 'GET', '/metrics');
  const served = [
    ...metrics.matchAll(/^http_request_duration_seconds_count\{[^}]*route="\/v1\/[^}]*\} (\d+)/gm),
  ];
  t.true(served.reduce((sum, match) => sum + Number(match[1]), 0) > 0);
};

test.serial('three nodes behind nginx, one killed and one added in mid-sale, sell exactly the seats', (t) =>
  sellsOut(t, 'least_conn;'),
);

test.serial('with affinity by event they sell exactly the seats as well', (t) =>
  sellsOut(t, 'hash $affinity consistent;'),
);
