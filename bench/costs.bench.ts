import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Scope } from '../src/chaos/scope.ts';
import { startPostgres } from '../src/chaos/servers/postgres.ts';
import { startRedis } from '../src/chaos/servers/redis.ts';
import { withConnection } from '../src/infra/postgres/one-connection.ts';
import { askRedis } from '../src/infra/redis/one-command.ts';
import { startServer, type ServerProcess } from './hold/server-process.ts';
import { openStage, type Stage } from './hold/stage.ts';
import { load } from './load.ts';

export interface CostsBenchOptions {
  readonly seconds: number;
  readonly connections: number;
  readonly seats: number;
  /** Rows of events that are over, put beside the one that is sold for a second look at a hold. */
  readonly endedSeats: number;
  /** Lines that are open at once, when many are. */
  readonly events: number;
}

/** What a piece of work has cost so far, everywhere. */
interface Meter {
  readonly nodeCpuMicros: number;
  readonly redisCpuMicros: number;
  readonly redisCommands: number;
  readonly redisBytes: number;
  /** Of its backends that serve the node. */
  readonly postgresCpuMicros: number;
  readonly statements: number;
  readonly rows: number;
  readonly walBytes: number;
}

type Costs = Readonly<Record<keyof Meter, number>> & { readonly count: number; readonly perSecond: number };

/** Linux counts a process' time in hundredths of a second. */
const TICK_MICROS = 10_000;
/** Backends tell what they have written a second after they came to rest. */
const STATISTICS_MS = 2_500;
const JOINED_EVENTS = 3;
const FRAME = 'GET /v1/events/$/line HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

const say = (text: string): void => console.error(text);
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const cpuMicrosOf = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return ((user ?? 0) + (system ?? 0)) * TICK_MICROS;
  } catch {
    return 0;
  }
};

interface Bench {
  readonly stage: Stage;
  readonly server: ServerProcess;
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

/** CPU time by backend: a node ends some and opens others, and what an ended one has used is not told any more. */
type Reading = Omit<Meter, 'postgresCpuMicros'> & { readonly backends: ReadonlyMap<number, number> };

const read = async ({ server, postgresUrl, redisUrl }: Bench): Promise<Reading> => {
  await rest(STATISTICS_MS);
  const { cpuMs, statements, redisCommands } = await server.read();
  const info = String(await askRedis(redisUrl, 5_000, 'INFO', 'everything'));
  const redis = (name: string): number => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? 0);
  const postgres = await withConnection(postgresUrl, 30_000, async (ask) => {
    const [wal] = await ask<{ bytes: string }>("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes");
    const [written] = await ask<{ rows: string }>(
      'SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) AS rows FROM pg_stat_user_tables',
    );
    const pids = await ask<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'catraca'",
    );
    const backends = new Map(pids.map(({ pid }) => [pid, cpuMicrosOf(pid)]));
    return { walBytes: Number(wal?.bytes), rows: Number(written?.rows), backends };
  });
  return {
    nodeCpuMicros: cpuMs * 1_000,
    redisCpuMicros: (redis('used_cpu_user') + redis('used_cpu_sys')) * 1_000_000,
    redisCommands,
    redisBytes: redis('total_net_input_bytes') + redis('total_net_output_bytes'),
    statements,
    ...postgres,
  };
};

const NAMES: readonly (keyof Meter)[] = [
  'nodeCpuMicros',
  'redisCpuMicros',
  'redisCommands',
  'redisBytes',
  'postgresCpuMicros',
  'statements',
  'rows',
  'walBytes',
];

const spent = (before: Reading, after: Reading): Meter => ({
  nodeCpuMicros: after.nodeCpuMicros - before.nodeCpuMicros,
  redisCpuMicros: after.redisCpuMicros - before.redisCpuMicros,
  redisCommands: after.redisCommands - before.redisCommands,
  redisBytes: after.redisBytes - before.redisBytes,
  postgresCpuMicros: [...after.backends].reduce(
    (sum, [pid, micros]) => sum + micros - (before.backends.get(pid) ?? 0),
    0,
  ),
  statements: after.statements - before.statements,
  rows: after.rows - before.rows,
  walBytes: after.walBytes - before.walBytes,
});

/** What one of the things done by `work` costs; what an idle node does in that time is not taken out. */
const costOf = async (bench: Bench, what: string, work: () => Promise<number>): Promise<Costs> => {
  const before = await read(bench);
  const fromMs = performance.now();
  const count = await work();
  const seconds = (performance.now() - fromMs) / 1_000;
  const all = spent(before, await read(bench));
  say(`  ${what}: ${count} in ${seconds.toFixed(1)} s`);
  const each = Object.fromEntries(NAMES.map((name) => [name, all[name] / Math.max(1, count)]));
  return { ...(each as Record<keyof Meter, number>), count, perSecond: count / seconds };
};

const driven = async (
  bench: Bench,
  options: CostsBenchOptions,
  seconds: number,
  next: () => Buffer | null,
): Promise<number> => {
  const { requests } = await load({
    port: bench.server.port,
    connections: options.connections,
    seconds,
    next,
    onAnswer(status, body) {
      if (status >= 300) throw new Error(`answered ${status}: ${body}`);
    },
  });
  return requests;
};

/** Where a fan stands and how long it may take: the request of a page that waits. */
const standingOf = (join: Buffer, place: string): Buffer =>
  Buffer.from(
    join
      .toString('latin1')
      .replace(/^POST (\S+) HTTP\/1.1/, `GET $1/me HTTP/1.1\r\nCatraca-Place: ${place}`)
      .replace(/\r\n(?:Idempotency-Key|Content-Length): [^\r]*/g, ''),
  );

/** So many open streams of one line for so long; resolves with how many seconds of a stream that were. */
const streamed = async (bench: Bench, eventId: string, count: number, seconds: number): Promise<number> => {
  const sockets: Socket[] = [];
  let openedMs = 0;
  const { rssBytes: before } = await bench.server.read();
  for (let open = 0; open < count; open += 1) {
    const socket = connect({ port: bench.server.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.on('error', () => undefined).resume();
    socket.write(
      `GET /v1/events/${eventId}/line/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`,
    );
    sockets.push(socket);
    openedMs += performance.now();
  }
  await rest(seconds * 1_000);
  const { rssBytes } = await bench.server.read();
  say(`  ${count} streams: ${Math.round((rssBytes - before) / count)} bytes each`);
  for (const socket of sockets) socket.destroy();
  // Those that were opened first have been told more.
  return Math.round((count * performance.now() - openedMs) / 1_000);
};

const STREAMS = 3_000;
const WAITING = 300;
const SEATS_AN_EVENT = 20_000;

/** As they lie there when such events were sold out, one after the other, before this one. */
const addEnded = (url: string, seats: number): Promise<void> =>
  withConnection(url, 600_000, async (ask) => {
    // Without the rows that they refer to: nobody looks at those.
    await ask('SET session_replication_role = replica');
    await ask(
      `INSERT INTO tickets.seats (event_id, section_id, ordinal, seat_id, row_name, number, status, hold_id, fence)
       SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n / ${SEATS_AN_EVENT}), 12, '0'))::uuid, 'S' || n % 20 + 1, n, 'S' || n % 20 + 1 || '-' || n,
              'R1', n % 50, 'sold', gen_random_uuid(), 1
         FROM generate_series(0, $1 - 1) AS n`,
      [seats],
    );
    await ask('VACUUM (ANALYZE) tickets.seats');
    await ask('CHECKPOINT');
  });

const eventOf = (join: Buffer | undefined): string =>
  /\/events\/([^/]+)\//.exec(join?.toString('latin1') ?? '')?.[1] ?? '';

const tableOf = (costs: Readonly<Record<string, Costs>>): string => {
  const widths = [22, 9, 11, 11, 9, 11, 11, 11, 8, 10];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('');
  const figure = (value: number): string =>
    value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
  return [
    line([
      'each',
      'a second',
      'node µs',
      'Redis µs',
      'commands',
      'bytes',
      'Postgres µs',
      'statements',
      'rows',
      'WAL bytes',
    ]),
    ...Object.entries(costs).map(([what, one]) =>
      line([
        what,
        ...[one.perSecond, one.nodeCpuMicros, one.redisCpuMicros, one.redisCommands, one.redisBytes].map(
          figure,
        ),
        ...[one.postgresCpuMicros, one.statements, one.rows, one.walBytes].map(figure),
      ]),
    ),
  ].join('\n');
};

/** What a join, a frame, a tick of a line and a hold cost the node, Redis and Postgres; the servers are of this run alone. */
export const benchCosts = async (options: CostsBenchOptions): Promise<object> => {
  const endings: (() => unknown)[] = [];
  const scope: Scope = { defer: (end) => void endings.push(end) };
  try {
    say('costs: a PostgreSQL and a Redis of their own, one node');
    const [postgres, redis] = [await startPostgres(scope), await startRedis(scope)];
    const stage = await openStage({ postgresUrl: postgres.url, redisUrl: redis.url });
    endings.push(() => stage.clear());
    const server = await startServer(stage.variables, null);
    endings.push(() => server.stop());
    const bench: Bench = {
      stage,
      server,
      postgresUrl: stage.variables['DATABASE_URL'] ?? '',
      redisUrl: redis.url,
    };
    const idle = async (): Promise<number> => {
      await rest(options.seconds * 1_000);
      return options.seconds;
    };
    const costs: Record<string, Costs> = {};
    const first = await stage.openLine('first');
    await driven(bench, options, 30, () => first.shift() ?? null);
    costs['second, 1 line open'] = await costOf(bench, 'idle with one line', idle);

    const joins: Buffer[] = [];
    for (let event = 1; event <= JOINED_EVENTS; event += 1)
      joins.push(...(await stage.openLine(`joined ${event}`)));
    const joined = eventOf(joins[0]);
    // One after the other, so that each answer is known to be whose it is.
    const some = (await stage.openLine('waiting')).slice(0, WAITING);
    const standings: Buffer[] = [];
    let sent = 0;
    await load({
      port: server.port,
      connections: 1,
      seconds: 120,
      next: () => some[sent++] ?? null,
      onAnswer(_status, body) {
        standings.push(
          standingOf(some[standings.length] as Buffer, (JSON.parse(body) as { place: string }).place),
        );
      },
    });
    costs['join'] = await costOf(bench, 'joins', () =>
      driven(bench, options, 120, () => joins.shift() ?? null),
    );

    const frame = Buffer.from(FRAME.replace('$', joined));
    costs['frame'] = await costOf(bench, 'frames', () =>
      driven(bench, options, options.seconds, () => frame),
    );

    let asked = 0;
    costs['standing'] = await costOf(bench, 'standings', () =>
      driven(bench, options, options.seconds, () => standings[asked++ % standings.length] ?? null),
    );
    costs['second of a stream'] = await costOf(bench, 'seconds of a stream', () =>
      streamed(bench, joined, STREAMS, options.seconds),
    );

    const holding = async (what: string): Promise<Costs> => {
      const event = await stage.createEvent(what, options.seats);
      const holds = event.seats.map((wish, index) => event.request(index, wish));
      const warm = holds.splice(0, event.warm.length);
      await driven(bench, options, 60, () => warm.shift() ?? null);
      return costOf(bench, what, () => driven(bench, options, options.seconds, () => holds.shift() ?? null));
    };
    costs['hold'] = await holding('hold');
    if (options.endedSeats > 0) {
      say(`  ${options.endedSeats} seats of events that are over`);
      await addEnded(bench.postgresUrl, options.endedSeats);
      costs[`hold, ${options.endedSeats / 1_000_000} M rows`] = await holding('hold beside them');
    }

    for (let count = 0; count < options.events; count += 1) {
      const some = await stage.openLine(`line ${count}`);
      const [one] = some;
      if (one !== undefined)
        await driven(bench, { ...options, connections: 1 }, 30, () => some.splice(0)[0] ?? null);
    }
    costs[`second, ${options.events + JOINED_EVENTS + 3} lines`] = await costOf(
      bench,
      `idle with ${options.events} lines more`,
      idle,
    );
    console.log(
      `\n${tableOf(costs)}\n\nThe first column is what was asked, by ${options.connections} connections from the same machine, not what could be served.`,
    );
    return { name: 'costs', options, costs };
  } finally {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
  }
};
