import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Pool } from 'pg';
import { ask } from '../support/api.ts';
import { clientOf, QUICK, realServers, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { descendants, isAlive, startProcess, type TestProcess } from '../support/process.ts';
import { runRush } from '../support/rush.ts';
import { testRedis } from '../support/servers.ts';

const [FANS, SEATS] = [150, 60];

/** The processes below, by what they are: the number of a worker, or `sandbox`. */
const kept = (keeper: TestProcess): ReadonlyMap<string, number> =>
  new Map(
    descendants(keeper.pid).flatMap((pid): [string, number][] => {
      let words: readonly string[] = [];
      try {
        words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      } catch {
        // It ended in this very moment.
      }
      const worker = words.find((word) => word.startsWith('--worker='))?.slice('--worker='.length);
      if (worker === undefined) return [];
      return [[words.includes('--role=sandbox') ? 'sandbox' : worker, pid]];
    }),
  );

const metricsOf = async (url: string): Promise<string> => (await ask(url, 'GET', '/metrics')).text;
const valueOf = (text: string, sample: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length) ?? Number.NaN,
  );

/** Requests of fans that this worker has answered. */
const requestsOf = (metrics: string, worker: string): number =>
  [...metrics.matchAll(/^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm)]
    .filter(([, labels]) => labels?.includes(`worker="${worker}"`) && labels.includes('route="/v1/'))
    .reduce((sum, [, , count]) => sum + Number(count), 0);

const startTwo = async (
  t: ExecutionContext,
  settings: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<TestProcess> => {
  const keeper = startProcess(t, ['serve', '--workers', '2', ...more], {
    ...QUICK,
    CATRACA_DATA_DIR: await temporaryFolder(t),
    ...settings,
  });
  await keeper.ready();
  return keeper;
};

test.serial(
  'two workers behind one port, one killed in mid-sale: it is replaced, and every promise is kept',
  async (t) => {
    t.timeout(180_000);
    const servers = await realServers(t);
    if (servers === null) return;
    // Who held a seat through a worker that died may not know of it: its seats must come back before the house is told sold.
    const keeper = await startTwo(t, { ...servers.settings, HOLD_TTL_MS: '10000', PAY_WITHIN_MS: '10000' });
    const url = keeper.told('Fans');
    const before = kept(keeper);
    t.deepEqual([...before.keys()].toSorted(), ['1', '2', 'sandbox']);

    const database = new Pool({ connectionString: servers.settings['DATABASE_URL'] ?? '', max: 1 });
    t.teardown(() => database.end());
    const running = runRush(
      {
        url,
        databaseUrl: servers.settings['DATABASE_URL'] ?? null,
        stripeApiUrl: keeper.told('Sandbox').split(' ')[0] ?? '',
        operatorToken: keeper.told('Operator'),
      },
      { fans: FANS, seats: SEATS, duration: 5, seed: 7, deadline: 120 },
    );
    await eventually(async () => {
      const { rows } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tickets.tickets');
      assert.ok((rows[0]?.n ?? 0) >= SEATS / 10);
    }, 60_000);
    // A busy worker may not tell its numbers in time for one scrape.
    await eventually(async () => {
      const atKill = await metricsOf(url);
      for (const worker of ['1', '2'])
        assert.ok(requestsOf(atKill, worker) > 0, `worker ${worker} takes its share`);
    }, 20_000);
    process.kill(before.get('2') ?? 0, 'SIGKILL');
    await eventually(() => {
      const now = kept(keeper);
      assert.ok(now.has('2') && now.get('2') !== before.get('2'));
      assert.equal(now.get('1'), before.get('1'), 'its neighbour goes on');
    }, 30_000);
    const { code, result, text } = await running;
    t.is(code, 0, text);
    t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: SEATS, total: SEATS });
    t.is(result.counts.tickets, SEATS);

    // One scrape of the one port tells of both.
    const metrics = await eventually(async () => {
      const now = await metricsOf(url);
      assert.equal(valueOf(now, 'catraca_workers{state="serving"}'), 2);
      return now;
    }, 30_000);
    t.is(valueOf(metrics, 'catraca_worker_restarts_total{worker="2"}'), 1);
    t.is(metrics.match(/^# TYPE http_request_duration_seconds /gm)?.length, 1, 'each metric is told once');
    t.regex(metrics, /le="\+Inf",.*worker="1"/);
  },
);

test.serial(
  'Ctrl-C drains all workers and leaves nothing, whether one process gets it or the whole group',
  async (t) => {
    const redis = await testRedis(t);
    if (redis === null) return;
    const settings = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    const keeper = await startTwo(t, settings, ['--demo']);
    t.is(keeper.told('PostgreSQL'), 'embedded');
    t.regex(keeper.told('Demo event'), /http:.*\/e\//);
    const client = clientOf(keeper.told('Fans'), '', keeper.told('Operator'));
    const eventId = await client.createEvent();
    const stream = await fetch(`${client.url}/v1/events/${eventId}/line/stream`);
    const below = descendants(keeper.pid);
    t.true(below.length >= 4);
    // As a terminal does it: everybody hears it at once.
    for (const pid of kept(keeper).values()) process.kill(pid, 'SIGINT');
    keeper.signal('SIGINT');
    const { code, ms } = await keeper.ended();
    t.is(code, 0, keeper.stderr());
    t.true(ms < 5_000, `${Math.round(ms)} ms`);
    await stream.text().catch(() => '');
    await eventually(() => assert.deepEqual(below.filter(isAlive), []), 1_000);
  },
);

test.serial('workers do not outlive who keeps them', async (t) => {
  const servers = await realServers(t);
  if (servers === null) return;
  const keeper = await startTwo(t, servers.settings);
  const below = descendants(keeper.pid);
  keeper.signal('SIGKILL');
  await keeper.ended();
  await eventually(() => assert.deepEqual(below.filter(isAlive), []), 10_000);
  t.true(below.length >= 3);
});

test.serial('a start that cannot be is said once for all workers, in one sentence', async (t) => {
  const servers = await realServers(t);
  if (servers === null) return;
  const standing = await startTwo(t, servers.settings);
  const port = new URL(standing.told('Fans')).port;
  const second = startProcess(t, ['serve', '--workers', '2'], {
    ...QUICK,
    ...servers.settings,
    PORT: port,
    CATRACA_DATA_DIR: await temporaryFolder(t),
  });
  t.is((await second.ended()).code, 1);
  t.is(
    second.stderr(),
    `Port ${port} on 127.0.0.1 is taken: stop what uses it, or set PORT to another port.\n`,
  );
});
