import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Pool } from 'pg';
import { freePort } from '../../src/infra/free-port.ts';
import { ask } from '../support/api.ts';
import { clientOf, QUICK, realServers, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay, signIn, type Frame } from '../support/fan.ts';
import { descendants, isAlive, startProcess, type TestProcess } from '../support/process.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

/** Ctrl-C promises 5 s. */
const STOPS_WITHIN_MS = 5_000;
const SECRET = 'the tests of processes sign with this one';

const clientFor = (node: TestProcess, sandbox = node) =>
  clientOf(node.told('Fans'), sandbox.told('Sandbox').split(' ')[0] ?? '', node.told('Operator'));

const postmasterOf = (dataDir: string): string => {
  const file = ['postgres', 'pg', 'pgdata', 'postgres/data']
    .map((folder) => join(dataDir, folder, 'postmaster.pid'))
    .find((path) => existsSync(path));
  if (file === undefined) throw new Error('no postmaster.pid was found');
  return file;
};

test.serial(
  'Ctrl-C ends it within five seconds and leaves nothing behind, and the next start finds its data',
  async (t) => {
    const dataDir = await temporaryFolder(t);
    const settings = { ...QUICK, LOG_LEVEL: 'info', DRAIN_MS: '4000', CATRACA_DATA_DIR: dataDir };
    const first = startProcess(t, ['serve', '--demo'], settings);
    await first.ready();
    for (const part of ['PostgreSQL', 'Redis', 'RabbitMQ']) t.is(first.told(part), 'embedded');
    t.regex(first.told('Demo event'), /http:.*\/e\//);
    t.notRegex(first.stdout(), /Catraca is on/, 'the banner is for people: on stderr');
    const one = clientFor(first);
    const eventId = await one.createEvent();
    const fan = await one.fan();
    const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
    await pay(order);
    const { tickets } = await fan.until(order.orderId, 'confirmed');

    const children = descendants(first.pid);
    const pidFile = postmasterOf(dataDir);
    const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    t.true(children.includes(postmaster) || isAlive(postmaster));
    // A browser's idle connection and a stream must not keep it up.
    const stream = await fetch(`${one.url}/v1/events/${eventId}/line/stream`);
    first.signal('SIGINT');
    const { code, ms } = await first.ended();
    t.is(code, 0, first.stderr());
    t.true(ms < STOPS_WITHIN_MS, `${Math.round(ms)} ms`);
    await stream.text().catch(() => '');
    await eventually(() => assert.deepEqual([postmaster, ...children].filter(isAlive), []), 1_000);
    t.false(existsSync(pidFile));

    const second = startProcess(t, ['serve'], settings);
    await second.ready();
    const two = clientFor(second);
    t.is((await ask(two.url, 'GET', `/v1/events/${eventId}`)).status, 200);
    const found = await fan.read(order.orderId, two.url);
    t.is(found.status, 'confirmed');
    t.deepEqual(
      found.tickets.map((ticket) => ticket.code),
      tickets.map((ticket) => ticket.code),
    );
    // Confirmed is told before the money is captured: the first process may have left that to this one.
    await eventually(async () => assert.equal((await two.intentOf(order.orderId)).status, 'succeeded'));
    second.signal('SIGINT');
    t.is((await second.ended()).code, 0);
  },
);

test.serial('a signal during the start ends it in order as well', async (t) => {
  const dataDir = await temporaryFolder(t);
  const started = startProcess(t, ['serve'], { ...QUICK, CATRACA_DATA_DIR: dataDir });
  const postmaster = await eventually(
    () => Number(readFileSync(postmasterOf(dataDir), 'utf8').split('\n')[0]),
    60_000,
  );
  const children = descendants(started.pid);
  started.signal('SIGINT');
  const { ms } = await started.ended();
  t.true(ms < STOPS_WITHIN_MS + 500, `${Math.round(ms)} ms`);
  await eventually(() => assert.deepEqual([postmaster, ...children].filter(isAlive), []), 2_000);
});

/** It must say `sentence` in one line, nothing else, and be gone with all that it had started. */
const refusesToStart = async (
  t: ExecutionContext,
  settings: Readonly<Record<string, string>>,
  sentence: RegExp,
): Promise<string> => {
  const dataDir = await temporaryFolder(t);
  const started = startProcess(t, ['serve'], { ...QUICK, CATRACA_DATA_DIR: dataDir, ...settings });
  const seen = new Set<number>();
  const watch = setInterval(() => descendants(started.pid).forEach((pid) => seen.add(pid)), 20);
  const { code } = await started.ended();
  clearInterval(watch);
  t.is(code, 1, started.stderr());
  t.regex(started.stderr(), sentence);
  t.notRegex(started.stderr(), /^\s+at |node:internal|Error:/m, 'no stack trace');
  await eventually(() => assert.deepEqual([...seen].filter(isAlive), []), 2_000);
  return started.stderr();
};

test.serial('a port that is taken is said in one sentence', async (t) => {
  const blocker = createServer();
  await new Promise<void>((resolve) => {
    blocker.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => blocker.close());
  const port = String((blocker.address() as AddressInfo).port);
  for (const variable of ['PORT', 'SANDBOX_PORT']) {
    const text = await refusesToStart(
      t,
      { [variable]: port },
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken: .* set ${variable} to another port\\.\\n$`),
    );
    t.is(text.trim().split('\n').length, 1, text);
  }
});

test.serial('all wrong variables are named at once', async (t) => {
  const text = await refusesToStart(
    t,
    { PORT: 'http', HOLD_TTL_MS: '1', REDIS_URL: 'localhost:6379', CATRACA_SECRET: 'short' },
    /^The environment is not right:\n/,
  );
  const named = [...text.matchAll(/^ {2}([A-Z_]+): \S/gm)].map((match) => match[1] ?? '');
  t.deepEqual(named.toSorted(), ['CATRACA_SECRET', 'HOLD_TTL_MS', 'PORT', 'REDIS_URL']);
});

test.serial('production does not start on embedded parts, and says all that is missing', async (t) => {
  const text = await refusesToStart(t, { NODE_ENV: 'production' }, /^The environment is not right:\n/);
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'RABBITMQ_URL', 'CATRACA_SECRET'])
    t.regex(text, new RegExp(`^ {2}${name}: `, 'm'));
});

test.serial(
  'a server that cannot be reached is named in one sentence, never with its password',
  async (t) => {
    const port = await freePort();
    const unreachable = {
      DATABASE_URL: [`postgres://catraca:s3cret@127.0.0.1:${port}/sale`, 'PostgreSQL'],
      REDIS_URL: [`redis://:s3cret@127.0.0.1:${port}`, 'Redis'],
      RABBITMQ_URL: [`amqp://catraca:s3cret@127.0.0.1:${port}`, 'RabbitMQ'],
    } as const;
    await Promise.all(
      Object.entries(unreachable).map(async ([variable, [url, name]]) => {
        const text = await refusesToStart(
          t,
          { [variable]: url },
          new RegExp(`^${name} at \\w+://127\\.0\\.0\\.1:${port}\\S* .*ECONNREFUSED`),
        );
        t.is(text.trim().split('\n').length, 1, text);
        t.notRegex(text, /s3cret/);
      }),
    );
  },
);

test.serial('SIGTERM drains: what is in flight finishes, what comes later is turned away', async (t) => {
  const servers = await realServers(t);
  if (servers === null) return;
  const settings = {
    ...QUICK,
    ...servers.settings,
    DRAIN_MS: '4000',
    CATRACA_SECRET: SECRET,
    CATRACA_DATA_DIR: await temporaryFolder(t),
  };
  const node = startProcess(t, ['serve'], settings);
  await node.ready();
  const client = clientFor(node);
  const eventId = await client.createEvent();
  const fan = await client.fan();
  await fan.comeIn(eventId);
  const hold = await fan.hold(eventId, ['A-1-1']);

  // The order waits for its hold's row, so it is in flight when the signal comes.
  const database = new Pool({ connectionString: servers.settings['DATABASE_URL'] ?? '', max: 2 });
  t.teardown(() => database.end());
  const blocker = await database.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT 1 FROM tickets.holds WHERE hold_id = $1 FOR UPDATE', [hold.holdId]);
  const placing = fan.ask<{ orderId: string }>('POST', '/v1/orders', { body: { holdIds: [hold.holdId] } });
  await eventually(async () => {
    const { rowCount } = await database.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert.equal(rowCount, 1);
  });
  node.signal('SIGTERM');
  await eventually(() =>
    assert.rejects(fetch(`${client.url}/livez`, { headers: { connection: 'close' } }), 'no new connections'),
  );
  await blocker.query('ROLLBACK');
  blocker.release();
  const placed = await placing;
  t.is(placed.status, 201, placed.text);
  t.is(placed.headers.get('connection'), 'close');
  const { code, ms } = await node.ended();
  t.is(code, 0);
  t.true(ms < STOPS_WITHIN_MS);
  const { rows } = await database.query<{ status: string }>(
    'SELECT status FROM tickets.orders WHERE order_id = $1',
    [placed.body.orderId],
  );
  t.is(rows[0]?.status, 'awaiting_payment');
});

test.serial(
  'two nodes and a sandbox of its own sell every seat once, and a fan may use either node',
  async (t) => {
    const servers = await realServers(t);
    if (servers === null) return;
    const [sandboxPort, portA, portB] = [await freePort(), await freePort(), await freePort()];
    const common = {
      ...QUICK,
      ...servers.settings,
      CATRACA_SECRET: SECRET,
      STRIPE_API_URL: `http://127.0.0.1:${sandboxPort}`,
    };
    const migration = startProcess(t, START_COMMANDS.migrate, common);
    t.is((await migration.ended()).code, 0, migration.stderr());
    const sandbox = startProcess(t, START_COMMANDS.sandbox, {
      ...QUICK,
      CATRACA_SECRET: SECRET,
      CATRACA_DATA_DIR: await temporaryFolder(t),
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${portB}/v1/payments/webhooks/stripe`,
    });
    const node = async (port: number) =>
      startProcess(t, START_COMMANDS.node, {
        ...common,
        PORT: String(port),
        CATRACA_DATA_DIR: await temporaryFolder(t),
      });
    const [first, second] = [await node(portA), await node(portB)];
    await Promise.all([first.ready(), second.ready(), sandbox.ready()]);
    const client = clientFor(first, sandbox);
    const [a, b] = [client.url, second.told('Fans')];
    const eventId = await client.createEvent();

    // One journey over both nodes.
    const fan = await signIn(a);
    await fan.join(eventId, a);
    await fan.comeIn(eventId, b);
    const hold = await fan.hold(eventId, ['B-1-1'], a);
    const order = await fan.order([hold.holdId], b);
    t.is((await pay(order)).status, 200);
    t.is((await fan.until(order.orderId, 'confirmed', a)).tickets.length, 1);
    const webhooks = async () => {
      const { body } = await ask<{ events: { type: string; delivery: string }[] }>(
        client.sandboxUrl,
        'GET',
        '/sandbox/ledger',
      );
      return body.events;
    };
    await eventually(async () => {
      const events = await webhooks();
      assert.ok(events.length >= 3);
      assert.deepEqual(
        events.filter((event) => event.delivery !== 'delivered'),
        [],
      );
    });

    // More fans than seats, all at once, each node asked for the same seats.
    const fans = await Promise.all(Array.from({ length: 8 }, () => signIn(a)));
    await Promise.all(fans.map((one, index) => one.comeIn(eventId, index % 2 === 0 ? a : b)));
    const seats = Array.from({ length: 10 }, (_, index) => `A-1-${index + 1}`);
    const won: string[] = [];
    await Promise.all(
      fans.map(async (one, index) => {
        for (const seatId of seats) {
          const url = (index + seats.indexOf(seatId)) % 2 === 0 ? a : b;
          const reply = await one.tryHold(eventId, { sectionId: 'A', seatIds: [seatId] }, {}, url);
          if (reply.status === 201) {
            won.push(seatId);
            const ordered = await one.order([reply.body.holdId], url === a ? b : a);
            await pay(ordered);
            await one.until(ordered.orderId, 'confirmed', url);
          } else assert.ok(['seat_taken', 'fan_limit'].includes(reply.body.code ?? ''), reply.text);
        }
      }),
    );
    t.deepEqual([...won].sort(), [...seats].sort(), 'every seat was won once');
    const database = new Pool({ connectionString: servers.settings['DATABASE_URL'] ?? '', max: 1 });
    t.teardown(() => database.end());
    const { rows } = await database.query<{ tickets: number; seats: number }>(
      'SELECT count(*)::int AS tickets, count(DISTINCT seat_id)::int AS seats FROM tickets.tickets WHERE voided_at IS NULL',
    );
    t.deepEqual(rows[0], { tickets: 11, seats: 11 });

    // A knob turned on one node is in force on the other.
    t.is((await client.operator('PATCH', `/events/${eventId}/admission`, { paused: true })).status, 200);
    await eventually(async () => {
      const { body } = await ask<Frame>(b, 'GET', `/v1/events/${eventId}/line`);
      assert.equal(body.reason, 'paused');
    }, 1_000);

    for (const one of [first, second, sandbox]) one.signal('SIGTERM');
    for (const one of [first, second, sandbox]) t.is((await one.ended()).code, 0, one.stderr());
  },
);

test.serial('a supervisor over its budget of restarts ends the process with exit code 1', async (t) => {
  const dataDir = await temporaryFolder(t);
  const node = startProcess(t, ['serve'], { ...QUICK, CATRACA_DATA_DIR: dataDir, CHAOS: '1' });
  await node.ready();
  const client = clientFor(node);
  const eventId = await client.createEvent();
  const path = `guardian/${eventId}`;
  await ask(client.url, 'GET', `/v1/events/${eventId}/sections/A/seats`);
  const ended = node.ended();
  const supervisor = async () => {
    const { body } = await client.operator<{ actors: { path: string; state: string; restarts: number }[] }>(
      'GET',
      '/actors',
    );
    return body.actors.find((one) => one.path === path);
  };
  // Six within 30 s are one too many. On a machine so busy that they take longer, some more are needed.
  for (let kills = 0; kills < 60; kills += 1) {
    const running = eventually(async () => assert.equal((await supervisor())?.state, 'running'));
    const isUp = await Promise.race([running.then(() => true), ended.then(() => false)]).catch(() => false);
    if (!isUp) break;
    await client.operator('DELETE', `/actors/${path}`).catch(() => null);
  }
  const { code, signal } = await ended;
  t.deepEqual({ code, signal }, { code: 1, signal: null }, node.stderr());
});
