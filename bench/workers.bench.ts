import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/infra/free-port.ts';
import { openStage, type BenchEvent, type Stage } from './hold/stage.ts';
import { load, type LoadResult } from './load.ts';

export interface WorkersBenchOptions {
  readonly workers: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seats: number;
}

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const STARTS_WITHIN_MS = 120_000;
const WARM_UP_SECONDS = 2;
const REPEATED_REQUESTS = 20_000;

interface Phase {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all workers together, per request. */
  readonly cpuMicros: number;
}

interface Round {
  readonly holds: Phase;
  readonly refusals: Phase;
}

interface Serving {
  readonly port: number;
  /** Of the workers, not of who keeps them: what handing over a connection costs is in the rate. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

const say = (text: string): void => console.error(text);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;

const metricsOf = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

const sumOf = (metrics: string, name: string): number =>
  [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );

/** `catraca serve` as it is started on a real machine, in so many processes. */
const serve = async (stage: Stage, workers: number): Promise<Serving> => {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=64', MAIN, 'serve', '--role=gateway,tickets,payments', `--workers=${workers}`],
    {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...stage.variables, PORT: String(port) },
      stdio: 'ignore',
    },
  );
  const ended = once(child, 'exit');
  const isUp = async (): Promise<boolean> => {
    const text = await metricsOf(port).catch(() => '');
    return workers === 1 ? text !== '' : text.includes(`catraca_workers{state="serving"} ${workers}\n`);
  };
  const untilMs = performance.now() + STARTS_WITHIN_MS;
  while (!(await isUp())) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error('the server did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    cpuSeconds: async () => sumOf(await metricsOf(port), 'process_cpu_seconds_total'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

const measured = async (server: Serving, work: () => Promise<LoadResult>): Promise<Phase> => {
  const before = await server.cpuSeconds();
  const { perSecond, p50Ms, p99Ms, requests } = await work();
  const cpuMicros = ((await server.cpuSeconds()) - before) * (1_000_000 / Math.max(1, requests));
  return { perSecond, p50Ms, p99Ms, cpuMicros };
};

/** Throws at the first answer that is not the one expected: a fast wrong answer is no result. */
const ask = (
  server: Serving,
  options: WorkersBenchOptions,
  seconds: number,
  next: () => Buffer | null,
  expected: number,
): Promise<LoadResult> =>
  load({
    port: server.port,
    connections: options.connections,
    seconds,
    next,
    onAnswer(status, body) {
      if (status !== expected) throw new Error(`answered ${status}: ${body}`);
    },
  });

const round = async (
  stage: Stage,
  options: WorkersBenchOptions,
  workers: number,
  name: string,
): Promise<Round> => {
  const event: BenchEvent = await stage.createEvent(name, options.seats);
  const server = await serve(stage, workers);
  try {
    let next = 0;
    const requests = event.seats.map((wish, index) => event.request(index, wish));
    const free = (): Buffer | null => requests[next++] ?? null;
    await ask(server, options, WARM_UP_SECONDS, free, 201);
    const holds = await measured(server, () => ask(server, options, options.seconds, free, 201));
    const asked = Math.min(next, requests.length);
    const { holds: held } = await stage.audit(event.eventId, []);
    if (held !== asked) throw new Error(`${asked} holds were acknowledged, and Postgres has ${held}`);
    const [hot] = event.warm;
    if (hot === undefined) throw new Error('an event without seats');
    const repeated = Array.from({ length: REPEATED_REQUESTS }, (_, index) => event.request(index, hot));
    let at = 0;
    const taken = (): Buffer | null => repeated[at++ % repeated.length] ?? null;
    const refusals = await measured(server, () => ask(server, options, options.seconds, taken, 409));
    say(
      `  ${name}: ${workers} worker(s), ${Math.round(holds.perSecond)} holds/s, ${Math.round(refusals.perSecond)} refusals/s`,
    );
    return { holds, refusals };
  } finally {
    await server.stop();
  }
};

const summary = (rounds: readonly Round[], kind: keyof Round): Phase => {
  const of = (member: keyof Phase): number => median(rounds.map((one) => one[kind][member]));
  return { perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), cpuMicros: of('cpuMicros') };
};

/** One process against several behind one port, in turns: the ratios of one run compare, the figures do not. */
export const benchWorkers = async (options: WorkersBenchOptions): Promise<object> => {
  say(`workers: one process against ${options.workers}, ${options.rounds} round(s) in turns`);
  const stage = await openStage();
  try {
    const [one, many]: [Round[], Round[]] = [[], []];
    for (let index = 1; index <= options.rounds; index += 1) {
      one.push(await round(stage, options, 1, `round ${index}`));
      many.push(await round(stage, options, options.workers, `round ${index}`));
    }
    const ratioOf = (kind: keyof Round): number =>
      median(
        many.map((round, index) => round[kind].perSecond / (one[index]?.[kind].perSecond ?? Number.NaN)),
      );
    const result = {
      cores: availableParallelism(),
      ratios: { holds: ratioOf('holds'), refusals: ratioOf('refusals') },
      one: { holds: summary(one, 'holds'), refusals: summary(one, 'refusals') },
      many: { holds: summary(many, 'holds'), refusals: summary(many, 'refusals') },
    };
    const line = (what: string, workers: number, { perSecond, p50Ms, p99Ms, cpuMicros }: Phase): string =>
      `  ${what.padEnd(10)}${String(workers).padStart(2)} worker(s)  ${String(Math.round(perSecond)).padStart(7)}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ${Math.round(cpuMicros)} µs of CPU each`;
    console.log(
      [
        '',
        line('holds', 1, result.one.holds),
        line('holds', options.workers, result.many.holds),
        line('refusals', 1, result.one.refusals),
        line('refusals', options.workers, result.many.refusals),
        '',
        `${options.workers} workers do ${result.ratios.holds.toFixed(2)} × the holds and ${result.ratios.refusals.toFixed(2)} × the refusals of one, on ${result.cores} cores that the`,
        'generator, Postgres and Redis share. Where those have machines of their own, more is left for workers.',
      ].join('\n'),
    );
    return { name: 'workers', options, ...result };
  } finally {
    await stage.clear();
  }
};
