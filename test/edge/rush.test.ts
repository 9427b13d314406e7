import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { Pool } from 'pg';
import { freePort } from '../../src/infra/free-port.ts';
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

interface Fleet {
  /** The nodes that nginx knows, in the order of their start. */
  readonly nodes: TestProcess[];
  readonly start: () => Promise<TestProcess>;
  /** Tells nginx which nodes there are now. */
  readonly announce: () => Promise<void>;
  readonly sold: () => Promise<number>;
}

/**
 * Three nodes behind nginx sell a house out to three times as many fans; `meanwhile` happens in mid-sale. Null where the
 * servers are not to be had.
 */
const sellOut = async (
  t: ExecutionContext,
  balance: string,
  meanwhile: (fleet: Fleet) => Promise<void>,
): Promise<RushResult | null> => {
  t.timeout(240_000);
  const servers = await realServers(t);
  if (servers === null) return null;
  const sandboxPort = await freePort();
  const common = {
    ...QUICK,
    ...servers.settings,
    CATRACA_SECRET: SECRET,
    TRUST_PROXY: '1',
    // Who held a seat through a node that died may not know of it: its seats must come back before the house is told sold.
    HOLD_TTL_MS: '20000',
    PAY_WITHIN_MS: '20000',
    STRIPE_API_URL: `http://127.0.0.1:${sandboxPort}`,
  };
  const start = async (): Promise<TestProcess> => {
    const node = startProcess(t, START_COMMANDS.node, {
      ...common,
      CATRACA_DATA_DIR: await temporaryFolder(t),
    });
    await node.ready();
    return node;
  };
  const nodes = await Promise.all([start(), start(), start()]);
  const operatorToken = nodes[0].told('Operator');
  const urls = () => nodes.map((one) => one.told('Fans'));
  const nginx = await startNginx(t, urls(), { EDGE_BALANCE: balance });
  if (nginx === null) return null;
  const sandbox = startProcess(t, START_COMMANDS.sandbox, {
    ...QUICK,
    CATRACA_SECRET: SECRET,
    CATRACA_DATA_DIR: await temporaryFolder(t),
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_WEBHOOK_URL: `${nginx.url}/v1/payments/webhooks/stripe`,
  });
  await sandbox.ready();
  const database = new Pool({ connectionString: servers.settings['DATABASE_URL'] ?? '', max: 1 });
  t.teardown(() => database.end());
  const sold = async (): Promise<number> => {
    const { rows } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tickets.tickets');
    return rows[0]?.n ?? 0;
  };

  let text = '';
  const options = { fans: FANS, seats: SEATS, duration: 8, seed: 5, deadline: 150 };
  const running = rushCommand(
    [...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]), '--json'],
    {
      defaults: {
        url: nginx.operatorUrl,
        databaseUrl: servers.settings['DATABASE_URL'] ?? null,
        stripeApiUrl: common.STRIPE_API_URL,
        stripeSecretKey: 'sk_test_catraca_sandbox',
        callTtlMs: 30_000,
      },
      terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
      operatorToken: () => Promise.resolve(operatorToken),
    },
  );
  await eventually(async () => assert.ok((await sold()) >= SEATS / 10), 60_000);
  await meanwhile({ nodes, start, announce: () => nginx.useNodes(urls()), sold });
  t.is(await running, 0, text);
  const result = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as RushResult;
  t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
  t.is(result.counts.tickets, SEATS);
  return result;
};

/** Requests of fans that this node has answered. */
const servedBy = async (node: TestProcess): Promise<number> => {
  const { text } = await ask(node.told('Fans'), 'GET', '/metrics');
  const counts = text.matchAll(/^http_request_duration_seconds_count\{[^}]*route="\/v1\/[^}]*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
};

const oneDiesOneComes = async (t: ExecutionContext, balance: string): Promise<void> => {
  let fourth: TestProcess | null = null;
  const result = await sellOut(t, balance, async ({ nodes, start, announce, sold }) => {
    const [killed] = nodes.splice(1, 1);
    killed?.signal('SIGKILL');
    await killed?.ended();
    const soldAtKill = await sold();
    t.true(soldAtKill < SEATS, 'it died in the middle of the sale');
    t.log(`${soldAtKill} of ${SEATS} seats were sold when the node died`);
    fourth = await start();
    nodes.push(fourth);
    await announce();
  });
  if (result !== null && fourth !== null) t.true((await servedBy(fourth)) > 0, 'the new one takes its share');
};

test.serial('three nodes behind nginx, one killed and one added in mid-sale, sell exactly the seats', (t) =>
  oneDiesOneComes(t, 'least_conn;'),
);

test.serial('with affinity by event they sell exactly the seats as well', (t) =>
  oneDiesOneComes(t, 'hash $affinity consistent;'),
);

test.serial('every node replaced in mid-sale, one at a time, costs no payment and no hold', async (t) => {
  const result = await sellOut(t, 'least_conn;', async ({ nodes, start, announce, sold }) => {
    t.true((await sold()) < SEATS / 2);
    for (let count = 0; count < 3; count += 1) {
      nodes.push(await start());
      const old = nodes.shift();
      await announce();
      old?.signal('SIGTERM');
      t.is((await old?.ended())?.code, 0, 'it ends in order');
    }
  });
  if (result === null) return;
  t.log(JSON.stringify({ unknown: result.unknown, refusals: result.refusals, outcomes: result.outcomes }));
  t.is(result.outcomes.unfinished + result.outcomes.refused, 0);
  for (const code of ['internal', 'hold_expired', 'hold_not_active', 'order_not_cancellable'])
    t.is(result.refusals[code], undefined, code);
});
