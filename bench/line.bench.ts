import { setTimeout as pause } from 'node:timers/promises';
import { createRedis, connectRedis } from '../src/infra/redis/client.ts';
import { createRedisLineStore } from '../src/infra/redis/line-store.ts';
import { silentLog } from '../src/infra/log.ts';
import { createLineJournal } from '../src/infra/postgres/line-journal.ts';
import { createPool } from '../src/infra/postgres/pool.ts';
import { startServer, type ServerProcess } from './hold/server-process.ts';
import { openStage } from './hold/stage.ts';
import { microsEach, redisUse, turnCost, type Beside } from './line/bystanders.ts';
import { openLineStage, type LineStage } from './line/stage.ts';
import { load, type LoadResult } from './load.ts';

export interface LineBenchOptions {
  /** People in the line. */
  readonly entrants: number;
  /** Of each phase of load. */
  readonly seconds: number;
  readonly connections: number;
}

const SAMPLE = 5_000;
const TIMES = 2_000;
/** More than anybody sends in a phase. */
const MOST_JOINS_A_SECOND = 12_000;

const say = (text: string): void => console.error(`line: ${text}`);
const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** To the bare route of the same method, measured just before. */
  readonly ratio: number;
}

interface Bench {
  readonly options: LineBenchOptions;
  readonly server: ServerProcess;
  readonly stage: LineStage;
}

const drive = (
  { options, server }: Bench,
  where: 'bare' | 'ours',
  next: () => Buffer | null,
  allowed: readonly number[],
): Promise<LoadResult> =>
  load({
    port: where === 'bare' ? server.barePort : server.port,
    connections: options.connections,
    seconds: options.seconds,
    next,
    onAnswer(status, body) {
      if (!allowed.includes(status)) throw new Error(`${where}: answered ${status}: ${body.slice(0, 200)}`);
    },
  });

const cycling = (requests: readonly Buffer[]): (() => Buffer | null) => {
  let index = 0;
  return () => requests[index++ % requests.length] ?? null;
};

const compare = async (
  bench: Bench,
  what: string,
  requests: readonly Buffer[],
  once: boolean,
): Promise<Rate & { readonly requests: number }> => {
  const bare = await drive(bench, 'bare', cycling(requests.slice(0, 20_000)), [200, 201]);
  let index = 0;
  const ours = await drive(
    bench,
    'ours',
    once ? () => requests[index++] ?? null : cycling(requests),
    once ? [201] : [200],
  );
  const ratio = round(ours.perSecond / bare.perSecond, 2);
  say(
    `${what}: ${round(ours.perSecond)}/s beside a bare route of ${round(bare.perSecond)}/s, ratio ${ratio}`,
  );
  const { perSecond, p50Ms, p99Ms } = ours;
  return {
    perSecond: round(perSecond),
    p50Ms: round(p50Ms, 1),
    p99Ms: round(p99Ms, 1),
    ratio,
    requests: ours.requests,
  };
};

const besideSaid = (
  what: string,
  { bareMicros, oursMicros }: Beside,
): Beside & { readonly ratio: number } => {
  const ratio = round(oursMicros / bareMicros, 1);
  say(`${what}: ${round(oursMicros)} µs beside ${round(bareMicros)} µs, ratio ${ratio}`);
  return { bareMicros: round(bareMicros, 1), oursMicros: round(oursMicros, 1), ratio };
};

const get = async (
  bench: Bench,
  path: string,
): Promise<{ readonly body: Record<string, unknown>; readonly bytes: number }> => {
  const text = await (await fetch(`http://127.0.0.1:${bench.server.port}${path}`)).text();
  return { body: JSON.parse(text) as Record<string, unknown>, bytes: text.length };
};

/** From the operator's word to a frame that says that everybody has a turn. */
const openTheLine = async (bench: Bench): Promise<number> => {
  const { stage, server } = bench;
  const startedMs = performance.now();
  const answer = await fetch(`http://127.0.0.1:${server.port}/v1/operator/events/${stage.eventId}/phase`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ phase: 'open' }),
  });
  if (answer.status !== 200) throw new Error(`the line could not be opened: ${await answer.text()}`);
  while ((await get(bench, `${stage.path}/line`)).body['drawn'] !== true) await pause(5);
  return performance.now() - startedMs;
};

const tickCosts = async (
  options: LineBenchOptions,
  variables: Readonly<Record<string, string>>,
  eventId: string,
) => {
  const redis = createRedis({
    url: variables['REDIS_URL'] ?? '',
    log: silentLog,
    name: 'line-bench',
    commandTimeoutMs: 10_000,
  });
  await connectRedis(redis, 5_000);
  const pool = createPool({
    url: variables['DATABASE_URL'] ?? '',
    max: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'line-bench',
    log: silentLog,
  });
  try {
    const prefix = `${variables['REDIS_PREFIX']}beside:`;
    const store = createRedisLineStore({ redis, prefix, callTtlMs: 30_000 });
    const journal = createLineJournal(pool);
    const startedMs = performance.now();
    const snapshot = await journal.loadSnapshot(eventId);
    const snapshotMs = performance.now() - startedMs;
    await store.restore(eventId, { ...snapshot, serving: 0, joined: options.entrants });
    const knobs = { ratePerMinute: 600_000, insideMax: options.entrants, paused: false, version: 1 };
    const step = () => store.step(eventId, { knobs, open: true, roomLeft: null });
    const set = () => redis.set(`${prefix}bare`, 'x');
    await microsEach(200, set);
    await microsEach(200, step);
    const redisStep = { bareMicros: await microsEach(TIMES, set), oursMicros: await microsEach(TIMES, step) };
    let serving = 0;
    const tick = async (): Promise<void> => {
      const result = await step();
      if ('lost' in result) throw new Error('the line was lost');
      serving += 1;
      await journal.saveCounters(eventId, { ...result, serving: snapshot.serving + serving });
    };
    const bare = async (): Promise<void> => {
      await set();
      await pool.query('SELECT 1');
    };
    await microsEach(100, bare);
    const wholeTick = { bareMicros: await microsEach(500, bare), oursMicros: await microsEach(500, tick) };
    const memory = await redisUse(redis, variables['REDIS_PREFIX'] ?? '');
    return {
      memory,
      snapshotMs: round(snapshotMs, 1),
      step: besideSaid('one step in Redis, beside one SET', redisStep),
      tick: besideSaid('one tick (step, then journal), beside SET and SELECT 1', wholeTick),
    };
  } finally {
    redis.disconnect();
    await pool.end();
  }
};

/**
 * A line of so many people on one machine: what joining, waiting, the draw and each tick cost. Most people enter by the
 * statement that joins share, and a sample over HTTP; bench/README.md says what was and what was not measured.
 */
export const benchLine = async (options: LineBenchOptions): Promise<object> => {
  say(`a database, a server of its own and ${options.entrants} people`);
  const base = await openStage();
  const { variables } = base;
  const pool = createPool({
    url: variables['DATABASE_URL'] ?? '',
    max: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'line-bench',
    log: silentLog,
  });
  try {
    const server = await startServer(variables, null);
    try {
      const stage = await openLineStage(pool, variables['CATRACA_SECRET'] ?? '', SAMPLE);
      const bench: Bench = { options, server, stage };
      while ((await get(bench, `${stage.path}/line`)).body['reason'] !== 'pending') await pause(50);
      const rssEmpty = (await server.read()).rssBytes;
      const joinsOf = () => stage.joins(Math.min(options.entrants, options.seconds * MOST_JOINS_A_SECOND));
      const before = await compare(bench, 'joins over HTTP before the opening', await joinsOf(), true);

      const rest = Math.max(SAMPLE, options.entrants - before.requests);
      const startedMs = performance.now();
      const entrants = await stage.enter(rest, (entered) => {
        if (entered % 100_000 === 0) say(`${before.requests + entered} people in the line`);
      });
      const enterSeconds = (performance.now() - startedMs) / 1_000;
      say(`${round(rest / enterSeconds)} entries/s by the shared statement, without HTTP`);
      await pool.query('VACUUM (ANALYZE) line.places');
      const size = await pool.query<{ bytes: number }>(
        "SELECT pg_total_relation_size('line.places')::float8 AS bytes",
      );

      const drawMs = await openTheLine(bench);
      say(`drawn and told ${round(drawMs)} ms after the word to open`);
      const frame = await get(bench, `${stage.path}/line`);
      const joined = Number(frame.body['joined']);
      if (joined < options.entrants) throw new Error(`only ${joined} people are in the line`);
      const frames = await compare(bench, 'frames', [stage.frame], false);
      const standings = await compare(bench, 'where a fan stands', await stage.standings(entrants), false);
      const after = await compare(bench, 'joins over HTTP behind them', await joinsOf(), true);
      const rssFull = (await server.read()).rssBytes;
      const turn = besideSaid('one turn, beside one HMAC', turnCost(joined, TIMES * 5));
      const { memory, snapshotMs, step, tick } = await tickCosts(options, variables, stage.eventId);
      const result = {
        entrants: joined,
        joins: { before, after, entriesPerSecond: round(rest / enterSeconds) },
        memory: {
          redisKeys: memory.keys,
          redisBytes: memory.bytes,
          redisBytesAFan: round(memory.bytes / joined, 4),
          postgresBytesAFan: round((size.rows[0]?.bytes ?? 0) / (before.requests + rest), 1),
          nodeRssMiB: { empty: round(rssEmpty / 2 ** 20), full: round(rssFull / 2 ** 20) },
        },
        draw: { fromWordToFrameMs: round(drawMs), turn, restoreReadMs: snapshotMs },
        tick: { step, withJournal: tick },
        frame: { ...frames, bytes: frame.bytes },
        standings,
      };
      console.log(JSON.stringify(result, null, 2));
      return { name: 'line', options, ...result };
    } finally {
      await server.stop();
    }
  } finally {
    await pool.end();
    await base.clear();
  }
};
