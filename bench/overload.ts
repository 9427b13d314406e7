import { load } from './load.ts';
import { openStage, type Stage } from './hold/stage.ts';
import { startServer, type ServerProcess } from './hold/server-process.ts';
import { Fifo } from './overload/fifo.ts';
import { openLoop, type OpenLoopResult } from './overload/open-loop.ts';

export interface OverloadBenchOptions {
  readonly seconds: number;
  /** Keep-alive connections of the open loop. More than a node starts with as its limit: fewer, and they would be the limit. */
  readonly connections: number;
}

/**
 * Everybody joins the line at once: what a node does at its capacity and at ten times that. A join is a token, a stored
 * answer, a number from Redis and a row in Postgres; each fan joins each event once, and one who was refused comes again later.
 */
const EVENTS = 70;
const WARM_UP_SECONDS = 3;
const CAPACITY_CONNECTIONS = 64;
const TIMES = 10;
const RECOVERED_WITHIN_SECONDS = 30;

interface Bench {
  readonly options: OverloadBenchOptions;
  readonly server: ServerProcess;
  readonly queue: Fifo<Buffer>;
}

const say = (text: string): void => console.error(text);

const everybody = async (stage: Stage): Promise<Fifo<Buffer>> => {
  const queue: Buffer[] = [];
  for (let event = 1; event <= EVENTS; event += 1) queue.push(...(await stage.openLine(`overload ${event}`)));
  return new Fifo(queue);
};

const capacityOf = async ({ server, queue }: Bench, seconds: number): Promise<number> => {
  let joined = 0;
  const result = await load({
    port: server.port,
    connections: CAPACITY_CONNECTIONS,
    seconds,
    next: () => queue.shift() ?? null,
    onAnswer(status, body) {
      if (status !== 201 && status !== 200) throw new Error(`a join was answered ${status}: ${body}`);
      joined += 1;
    },
  });
  return joined / result.seconds;
};

const offered = async (bench: Bench, perSecond: number, seconds: number): Promise<OpenLoopResult> => {
  const { queue, server } = bench;
  const result = await openLoop({
    port: server.port,
    perSecond,
    seconds,
    connections: bench.options.connections,
    next: () => queue.shift() ?? null,
    onAnswer(request, status) {
      // Refused, or not sent: the fan comes again.
      if (status !== 200 && status !== 201) queue.push(request);
    },
  });
  const { good, refused } = result;
  say(
    `  ${Math.round(perSecond)}/s offered: ${Math.round(good.perSecond)} good/s (p99 ${Math.round(good.p99Ms)} ms), ${Math.round(refused.perSecond)} refused/s (p99 ${refused.p99Ms.toFixed(1)} ms), ${result.unsent} not sent`,
  );
  return result;
};

/** Seconds until a second of half the load passes without a refusal, everybody served quickly. */
const recovery = async (bench: Bench, capacity: number, usualP99Ms: number): Promise<number | null> => {
  const startedMs = performance.now();
  for (let second = 0; second < RECOVERED_WITHIN_SECONDS; second += 1) {
    const fromMs = performance.now() - startedMs;
    const { good, refused } = await offered(bench, capacity / 2, 1);
    if (refused.count === 0 && good.count > 0 && good.p99Ms < Math.max(100, 3 * usualP99Ms))
      return fromMs / 1_000;
  }
  return null;
};

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** Prints the figures and returns them. */
export const benchOverload = async (options: OverloadBenchOptions): Promise<object> => {
  say(`overload: a database, ${EVENTS} events and a server of their own`);
  const stage = await openStage();
  try {
    const server = await startServer(stage.variables, null);
    try {
      const bench: Bench = { options, server, queue: await everybody(stage) };
      await capacityOf(bench, WARM_UP_SECONDS);
      const peak = await capacityOf(bench, options.seconds);
      say(`  capacity: ${Math.round(peak)} joins/s`);
      const half = await offered(bench, peak / 2, options.seconds);
      const once = await offered(bench, peak, options.seconds);
      const before = await server.read();
      const tenfold = await offered(bench, peak * TIMES, options.seconds);
      const after = await server.read();
      const recoveredSeconds = await recovery(bench, peak, half.good.p99Ms);
      if (bench.queue.length === 0) throw new Error('everybody has joined: there was nobody left to come');
      const ratio = tenfold.good.perSecond / peak;
      const rssMb = { before: megabytes(before.rssBytes), after: megabytes(after.rssBytes) };
      console.log(`
goodput at ${TIMES} times the capacity ÷ capacity   ${ratio.toFixed(2)}   (target 0.9)
refusals                                  p50 ${tenfold.refused.p50Ms.toFixed(1)} ms, p99 ${tenfold.refused.p99Ms.toFixed(1)} ms
served meanwhile                          p50 ${Math.round(tenfold.good.p50Ms)} ms, p99 ${Math.round(tenfold.good.p99Ms)} ms
memory                                    ${rssMb.before} MB before, ${rssMb.after} MB after
back to normal                            ${recoveredSeconds === null ? `not within ${RECOVERED_WITHIN_SECONDS} s` : `${recoveredSeconds.toFixed(1)} s after the end`} (target 30 s)
offered ${Math.round(tenfold.offeredPerSecond)}/s, sent ${Math.round(tenfold.sentPerSecond)}/s over ${options.connections} connections; generator, server, Postgres and Redis share the machine.`);
      return { name: 'overload', options, peak, half, once, tenfold, ratio, rssMb, recoveredSeconds };
    } finally {
      await server.stop();
    }
  } finally {
    await stage.clear();
  }
};
