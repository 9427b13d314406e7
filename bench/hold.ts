import { constants, setPriority } from 'node:os';
import { load, type LoadResult } from './load.ts';
import { report, summarise, type Phase, type Round } from './hold/report.ts';
import { startServer, type ServerProcess } from './hold/server-process.ts';
import { openStage, type BenchEvent, type Stage } from './hold/stage.ts';

export interface HoldBenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Of the event of one round. */
  readonly seats: number;
  readonly profileFolder: string | null;
}

/** Prebuilt and sent over and over where a repeat costs the server the same as the first. */
const REPEATED_REQUESTS = 20_000;
const WARM_UP_SECONDS = 2;
const HOLD_ID = /"holdId":"([^"]+)"/;

interface Bench {
  readonly options: HoldBenchOptions;
  readonly stage: Stage;
  readonly server: ServerProcess;
}

const say = (text: string): void => console.error(text);

const measured = async (bench: Bench, work: () => Promise<LoadResult>): Promise<Phase> => {
  const { server } = bench;
  const [before, statementsBefore] = [await server.read(), await server.holdStatements()];
  const result = await work();
  const [after, statementsAfter] = [await server.read(), await server.holdStatements()];
  return {
    ...result,
    cpuShare: (after.cpuMs - before.cpuMs) / (result.seconds * 1_000),
    holdStatements: statementsAfter - statementsBefore,
    statements: after.statements - before.statements,
    redisCommands: after.redisCommands - before.redisCommands,
  };
};

const cycling = (requests: readonly Buffer[]): (() => Buffer | null) => {
  let next = 0;
  return () => requests[next++ % requests.length] ?? null;
};

const mustBe = (right: boolean, complaint: string): void => {
  if (!right) throw new Error(complaint);
};

const bare = (bench: Bench, event: BenchEvent, seconds: number): Promise<Phase> => {
  const requests = event.seats.slice(0, REPEATED_REQUESTS).map((wish, index) => event.request(index, wish));
  return measured(bench, () =>
    load({
      port: bench.server.barePort,
      connections: bench.options.connections,
      seconds,
      next: cycling(requests),
      onAnswer: (status) => mustBe(status === 201, `the bare route answered ${status}`),
    }),
  );
};

/** Each request for a seat that nobody asked for before; afterwards Postgres must know exactly what was acknowledged. */
const holds = async (bench: Bench, event: BenchEvent, seconds: number): Promise<Phase> => {
  const requests = event.seats.slice(event.warm.length).map((wish, index) => event.request(index, wish));
  const holdIds: string[] = [];
  let next = 0;
  const phase = await measured(bench, () =>
    load({
      port: bench.server.port,
      connections: bench.options.connections,
      seconds,
      next: () => requests[next++] ?? null,
      onAnswer(status, body) {
        mustBe(status === 201, `a free seat was answered ${status}: ${body}`);
        holdIds.push(HOLD_ID.exec(body)?.[1] ?? '');
      },
    }),
  );
  const truth = await bench.stage.audit(event.eventId, holdIds);
  mustBe(new Set(holdIds).size === phase.requests, 'two answers named the same hold');
  const expected = phase.requests + event.warm.length;
  mustBe(
    truth.acknowledged === phase.requests && truth.holds === expected && truth.heldSeats === expected,
    `${phase.requests} holds were acknowledged, and Postgres has ${JSON.stringify(truth)}`,
  );
  return phase;
};

const hotSeat = (event: BenchEvent) => {
  const [hot] = event.warm;
  if (hot === undefined) throw new Error('an event without seats');
  return hot;
};

/** One seat of each section is taken first: reading a section's map for the first time is not what is measured. */
const takeWarmSeats = async (bench: Bench, event: BenchEvent): Promise<void> => {
  const requests = event.warm.map((wish, index) => event.request(index, wish));
  await load({
    port: bench.server.port,
    connections: 1,
    seconds: 60,
    next: () => requests.shift() ?? null,
    onAnswer: (status, body) => mustBe(status === 201, `a free seat was answered ${status}: ${body}`),
  });
};

/** Everybody wants the one seat that is taken. */
const refusals = (bench: Bench, event: BenchEvent, seconds: number): Promise<Phase> => {
  const hot = hotSeat(event);
  const requests = Array.from({ length: REPEATED_REQUESTS }, (_, index) => event.request(index, hot));
  return measured(bench, () =>
    load({
      port: bench.server.port,
      connections: bench.options.connections,
      seconds,
      next: cycling(requests),
      onAnswer: (status, body) =>
        mustBe(
          status === 409 && body.includes('"code":"seat_taken"'),
          `the taken seat was answered ${status}: ${body}`,
        ),
    }),
  );
};

const round = async (bench: Bench, name: string, seconds: number): Promise<Round> => {
  const event = await bench.stage.createEvent(name, bench.options.seats);
  await takeWarmSeats(bench, event);
  const told = async (what: string, phase: Promise<Phase>): Promise<Phase> => {
    const done = await phase;
    say(`  ${name}: ${what} ${Math.round(done.perSecond)} requests/s`);
    return done;
  };
  return {
    bare: await told('bare', bare(bench, event, seconds)),
    holds: await told('holds', holds(bench, event, seconds)),
    refusals: await told('refusals', refusals(bench, event, seconds)),
  };
};

/**
 * The generator gives way to the server, as one on a machine of its own does: sharing the cores, it took the server's 870 times a second,
 * each time it was woken by an answer. For the bare route as for holds; only after the server's start, which would inherit it.
 */
const giveWay = (): void => setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

/** Throws if the server answered anything that is not true: a fast wrong answer is no result. */
export const benchHold = async (options: HoldBenchOptions): Promise<object> => {
  say('hold: a database, 2,000 fans and a server of their own');
  const stage = await openStage();
  try {
    const server = await startServer(stage.variables, options.profileFolder);
    try {
      giveWay();
      const bench: Bench = { options, stage, server };
      await round(bench, 'warm-up', WARM_UP_SECONDS);
      const rounds: Round[] = [];
      for (let index = 1; index <= options.rounds; index += 1)
        rounds.push(await round(bench, `round ${index}`, options.seconds));
      const result = summarise(rounds);
      console.log(report(result, options, stage.durability));
      return { name: 'hold', options, ...result };
    } finally {
      await server.stop();
    }
  } finally {
    await stage.clear();
  }
};
