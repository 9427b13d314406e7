import type { Verdict } from '../audit/verdict.ts';
import { check } from '../rush/checking.ts';
import { seededRandom } from '../rush/seeded-random.ts';
import { createSleeps } from '../rush/sleeps.ts';
import {
  CALL_TTL_MS,
  HOLD_TTL_MS,
  PAY_WITHIN_MS,
  prepareGround,
  STRIPE_SECRET_KEY,
  type Ground,
} from './ground.ts';
import { createHistory, monotonicNowMs, type HistoryLine } from './load/history.ts';
import { startLoad, type Load } from './load/load.ts';
import type { Nemesis, NodeHandle, Stage } from './nemesis.ts';
import { planStrikes } from './schedule.ts';
import type { Scope } from './scope.ts';
import { strikeAsPlanned, type StrikeRecord } from './strikes.ts';
import { insistFor, pause } from './waiting.ts';
import { watchNodes, type Sample } from './watch.ts';

export interface ChaosPlan {
  readonly seed: number;
  readonly loadMs: number;
  readonly strikeEveryMs: number;
  readonly nodes: number;
  readonly fansPerSecond: number;
  readonly fansAtOnce: number;
  /** On a machine too slow for the rest of it, the load (not the faults) goes on for so long until enough happened. */
  readonly extraMs: number;
  readonly kinds: readonly Nemesis[];
}

export interface ChaosIo {
  /** Receives a file for each process. */
  readonly logFolder: string;
  say(text: string): void;
  /** Whether the fans have done enough for a verdict. */
  enough(counts: Load['tally']['counts']): boolean;
  /** Every line of the history as it happens. */
  onLine(line: HistoryLine): void;
}

/** What a run came to, before anybody judges it. */
export interface ChaosRecord {
  readonly seed: number;
  readonly startedAtMs: number;
  readonly loadEndedAtMs: number;
  readonly endedAtMs: number;
  readonly strikes: readonly StrikeRecord[];
  readonly samples: readonly Sample[];
  readonly counts: Load['tally']['counts'];
  readonly outcomes: Load['tally']['outcomes'];
  readonly sales: readonly {
    readonly eventId: string;
    readonly fans: number;
    readonly seats: number;
    readonly settledMs: number;
    readonly verdicts: readonly Verdict[];
  }[];
  readonly ownExits: Readonly<Record<string, number>>;
}

/** Before the first strike, so that there is something to break. */
const WARM_UP_MS = 4_000;
const HEALED_WITHIN_MS = 60_000;
const FANS_END_WITHIN_MS = 10_000;
const SETTLE_MS = 45_000;
const OPERATOR_WITHIN_MS = 5_000;

const operateAs =
  (token: string) =>
  async (node: NodeHandle, method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${node.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(OPERATOR_WITHIN_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} at ${node.name}: ${response.status} ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };

const faultsOf = (sandboxUrl: string) => {
  const send = async (method: string, rules?: readonly object[]): Promise<void> => {
    const response = await fetch(`${sandboxUrl}/sandbox/faults`, {
      method,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(OPERATOR_WITHIN_MS),
      ...(rules === undefined ? {} : { body: JSON.stringify(rules) }),
    });
    if (!response.ok)
      throw new Error(`${method} /sandbox/faults: ${response.status} ${await response.text()}`);
  };
  return { add: (rules: readonly object[]) => send('POST', rules), clear: () => send('DELETE') };
};

/** Whatever a strike left behind: everything runs, is reachable, and says that it is well. */
const healAll = async (ground: Ground, clearFaults: () => Promise<void>): Promise<void> => {
  for (const proxy of Object.values(ground.proxies)) proxy.heal();
  for (const server of [ground.postgres, ground.redis, ground.rabbit]) server.resume();
  for (const node of [ground.sandbox, ...ground.nodes]) {
    node.resume();
    if (!node.running) await node.start();
  }
  await insistFor(HEALED_WITHIN_MS, clearFaults, 200);
  await Promise.all(
    ground.nodes.map((node) =>
      insistFor(
        HEALED_WITHIN_MS,
        async () => {
          const response = await fetch(`${node.url}/readyz`, { signal: AbortSignal.timeout(3_000) });
          const text = await response.text();
          if (response.status !== 200 || text.includes('"down"')) throw new Error(`${node.name}: ${text}`);
        },
        200,
      ),
    ),
  );
};

/** The run could not begin: a server, a node or the first event did not come up. */
export class RunImpossible extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RunImpossible';
  }
}

const orImpossible = async <T>(start: Promise<T>): Promise<T> => {
  try {
    return await start;
  } catch (error) {
    throw new RunImpossible(error);
  }
};

/** One run: ground, load, nemesis; then everything is healed, and each sale audited. Rejects (`RunImpossible`) before it began. */
export const runChaos = async (scope: Scope, plan: ChaosPlan, io: ChaosIo): Promise<ChaosRecord> => {
  io.say('starting private servers, the gateway and the nodes');
  const ground = await orImpossible(prepareGround(scope, { nodes: plan.nodes, logFolder: io.logFolder }));
  const history = createHistory([(line) => io.onLine(line)]);
  const watch = watchNodes(ground.nodes, monotonicNowMs);
  const sleeps = createSleeps();
  const faults = faultsOf(ground.sandbox.url);
  const load = await orImpossible(
    startLoad({
      nodes: ground.nodes,
      gateway: ground.sandbox,
      operatorToken: ground.operatorToken,
      history,
      lives: { holdTtlMs: HOLD_TTL_MS, payWithinMs: PAY_WITHIN_MS },
      seed: plan.seed,
      fansPerSecond: plan.fansPerSecond,
      fansAtOnce: plan.fansAtOnce,
    }),
  );
  const startedAtMs = monotonicNowMs();
  io.say('fans are coming');
  const stageWith = (random: Stage['random']): Stage => ({
    ...ground,
    random,
    get eventId() {
      return load.sales.at(-1)?.eventId ?? '';
    },
    holdTtlMs: HOLD_TTL_MS,
    sleep: sleeps.sleep,
    operate: operateAs(ground.operatorToken),
    gatewayFaults: faults.add,
    clearGatewayFaults: faults.clear,
    say: (text) => io.say(text),
  });
  const planned = planStrikes(
    plan.kinds,
    { fromMs: WARM_UP_MS, untilMs: plan.loadMs, everyMs: plan.strikeEveryMs },
    seededRandom(plan.seed),
  );
  const striking = strikeAsPlanned(planned, startedAtMs, {
    stage: stageWith,
    nowMs: monotonicNowMs,
    sleep: sleeps.sleep,
    stopped: sleeps.stopped,
    onStrike(kind, target) {
      history.write({ type: 'strike', atMs: history.nowMs(), kind, target });
    },
    onHeal(kind, target) {
      history.write({ type: 'heal', atMs: history.nowMs(), kind, target });
    },
    onMissed(kind, why) {
      history.write({ type: 'missed', atMs: history.nowMs(), kind, target: why });
    },
  });
  await pause(plan.loadMs);
  const lastCallMs = performance.now() + plan.extraMs;
  while (!io.enough(load.tally.counts) && performance.now() < lastCallMs) await pause(250);
  const loadEndedAtMs = monotonicNowMs();
  sleeps.stop();
  io.say('the load ends; healing everything');
  const strikes = await striking;
  await healAll(ground, faults.clear);
  await load.stopArrivals();
  io.say('everything is healed; fans finish');
  await load.finish(FANS_END_WITHIN_MS);
  io.say('auditing');
  const sales: ChaosRecord['sales'][number][] = [];
  for (const sale of load.sales) {
    const checked = await check({
      databaseUrl: ground.postgres.url,
      stripeApiUrl: ground.sandbox.url,
      stripeSecretKey: STRIPE_SECRET_KEY,
      callTtlMs: CALL_TTL_MS,
      eventId: sale.eventId,
      history: sale.memory.history(sale.eventId),
      seatsExpected: sale.seats,
      alone: true,
      settleMs: SETTLE_MS,
    });
    const { eventId, fansSent: fans, seats } = sale;
    sales.push({ eventId, fans, seats, settledMs: checked.settledMs, verdicts: checked.verdicts });
  }
  await watch.stop();
  return {
    seed: plan.seed,
    startedAtMs,
    loadEndedAtMs,
    endedAtMs: monotonicNowMs(),
    strikes,
    samples: watch.samples,
    counts: load.tally.counts,
    outcomes: load.tally.outcomes,
    sales,
    ownExits: Object.fromEntries([ground.sandbox, ...ground.nodes].map((node) => [node.name, node.ownExits])),
  };
};
