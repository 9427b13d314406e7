import { audit } from '../audit/audit.ts';
import type { Verdict } from '../audit/verdict.ts';
import { seatsOf, type EventDefinition } from '../domain/event.ts';
import { compare } from '../domain/reconciliation.ts';
import { isRefusal } from '../domain/refusal.ts';
import { chanceOf, seededIds } from './chance.ts';
import { issueCodes } from './codes.ts';
import { countsOf, type Counts } from './counts.ts';
import { startDisasters } from './disasters.ts';
import { live } from './fan-life.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createGatewaySite, type GatewaySite } from './gateway-site.ts';
import { MemoryOfFans } from './memory-of-fans.ts';
import { createBroker, type Broker } from './model/broker.ts';
import { createLineStandbyModel, type LineStandbyModel } from './model/line-standby.ts';
import { createPostgresModel, type PostgresModel } from './model/postgres.ts';
import { createRedisModel, type RedisModel } from './model/redis.ts';
import { readUnsettled } from './model/records.ts';
import { startMoneyTroubles } from './money-troubles.ts';
import { decideReviews } from './operator.ts';
import type { Servers } from './node.ts';
import { BrokenPromise, createSaleWatch } from './sale-watch.ts';
import { CONFIG, showOf, START_MS } from './settings.ts';
import { createTrace } from './trace.ts';
import { withVirtualGlobals } from './virtual-globals.ts';
import { createWorld, OUTSIDE, type World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** How many things happen before everything is healed. */
  readonly steps: number;
  /** Breaks the servers on purpose, to see that it is found. */
  readonly sabotage?: ((servers: Servers, parts: Pick<Stage, 'postgres' | 'site'>) => Servers) | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface SimulationResult {
  readonly seed: number;
  readonly ok: boolean;
  /** What was broken, a line each. */
  readonly broken: readonly string[];
  /** The last things that happened, for people. */
  readonly tail: readonly string[];
  readonly digest: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly counts: Counts;
  /** The promises that were looked at, with how much there was to look at. */
  readonly verdicts: readonly Verdict[];
}

/** Everything of one run. */
export interface Stage {
  readonly options: SimulationOptions;
  readonly world: World;
  readonly faults: Faults;
  readonly postgres: PostgresModel;
  readonly redis: RedisModel;
  readonly standby: LineStandbyModel;
  readonly broker: Broker;
  readonly site: GatewaySite;
  readonly fleet: Fleet;
  readonly memory: MemoryOfFans;
  readonly eventId: string;
  readonly show: EventDefinition;
}

const KEPT_LINES = 60;
/** Of the seeds, in which Postgres counts the line while Redis is away; whose looks and leases are a third of what happens there. */
const STANDBY_SHARE = 0.4;
const ids = (seed: number, name: string) => seededIds(chanceOf(seed, `${name} ids`), name);

const setStage = (options: SimulationOptions, world: World): Stage => {
  const { seed } = options;
  const clock = { nowMs: () => world.nowMs };
  const chance = chanceOf(seed, 'stage');
  const eventId = ids(seed, 'event').next();
  const memory = new MemoryOfFans(eventId);
  const faults = createFaults(chanceOf(seed, 'faults'), world);
  const postgres = createPostgresModel(clock, ids(seed, 'postgres'));
  const redis = createRedisModel({
    clock: world.clockOf(OUTSIDE),
    callTtlMs: CONFIG.CALL_TTL_MS,
  });
  const standby = createLineStandbyModel({
    clock,
    journal: postgres.ports.journal,
    callTtlMs: CONFIG.CALL_TTL_MS,
  });
  const broker = createBroker(world, faults, chanceOf(seed, 'broker'));
  const site = createGatewaySite(world, faults, chanceOf(seed, 'gateway'));
  const watch = createSaleWatch({ tables: postgres.tables, intents: site.gateway.intents, clock: world });
  // Thrown here it would come out of somebody's promise: it is the run that must end.
  const watched = (look: () => void) => (): void => {
    try {
      look();
    } catch (error) {
      world.fail(error);
    }
  };
  const whole: Servers = {
    postgres: postgres.ports,
    locks: redis.locks,
    lineOf: (term) => redis.lineOf(term),
    standby: chanceOf(seed, 'standby').happens(STANDBY_SHARE) ? standby : null,
    gateway: site.gateway,
    busOf: (owner, crash) => broker.busOf(owner, crash),
  };
  const fleet = createFleet({
    world,
    faults,
    seed,
    chance: chanceOf(seed, 'fleet'),
    broker,
    servers: options.sabotage?.(whole, { postgres, site }) ?? whole,
    size: chance.whole(1, 3),
    afterWrite: watched(() => watch.afterWrite()),
    afterGateway: watched(() => {
      watch.afterGateway();
      site.tell();
    }),
  });
  site.sendTo(async (body, signature) => {
    const asked = await fleet.ask(OUTSIDE, 'webhook', (node) =>
      node.payments.receiveWebhook(body, signature),
    );
    return asked.kind === 'answer' && !isRefusal(asked.value);
  });
  return {
    options,
    world,
    faults,
    postgres,
    redis,
    standby,
    broker,
    site,
    fleet,
    memory,
    eventId,
    show: showOf(chance, chanceOf(seed, 'lanes')),
  };
};

/** Runs the fans until enough has happened, then heals everything; resolves when the last fan has gone home. */
const sell = async (stage: Stage): Promise<number> => {
  const { options, world, faults, fleet, site } = stage;
  const { seed, steps } = options;
  const chance = chanceOf(seed, 'crowd');
  const fans = chance.whole(6, 16);
  let closing = false;
  let home = 0;
  const crowd = Array.from({ length: fans }, (_, index) => `fan-${index + 1}`).map((name) => ({
    name,
    fanId: ids(seed, name).next(),
  }));
  const codes = await issueCodes({
    ...stage,
    book: stage.postgres.ports.access,
    fans: crowd.map(({ fanId }) => fanId),
    chance: chanceOf(seed, 'codes'),
  });
  for (const { name, fanId } of crowd) {
    const person = {
      ...stage,
      codes,
      name,
      fanId,
      chance: chanceOf(seed, name),
      isClosing: () => closing,
    };
    world.plan(name, 0, 'comes', () => void live(person).then(() => (home += 1)));
  }
  fleet.start();
  startDisasters({ ...stage, chance: chanceOf(seed, 'disasters') });
  startMoneyTroubles({ ...stage, chance: chanceOf(seed, 'money troubles'), isClosing: () => closing });
  await world.run(() => home === fans || world.steps >= steps);
  world.note('everything is healed');
  faults.heal();
  site.heal();
  closing = true;
  await world.run(() => home === fans);
  return fans;
};

/** Between two looks at whether all is settled. */
const LOOK_EVERY_MS = 1_000;
/** The longest way there is: time to pay, a look of the reconciler that died with its lease, and its patience after that. */
const SETTLE_MS = CONFIG.PAY_WITHIN_MS + 900_000;

/** The gateway and our books say the same of every payment: what no webhook has told the reconciler finds. */
const ledgersAgree = ({ postgres, site }: Stage): boolean => {
  const attempts = new Map(postgres.attempts().map((attempt) => [attempt.attemptId, attempt]));
  return [...site.gateway.intents.values()].every(
    (intent) => compare(intent, attempts.get(intent.attemptId ?? '') ?? null, true) === null,
  );
};

const isSettled = (stage: Stage): boolean => {
  const { postgres, broker, site, eventId } = stage;
  const records = postgres.records(eventId);
  const work = readUnsettled(records);
  const held = records.holds.some((hold) => hold.state === 'active');
  const confirmed = new Set(
    records.orders.filter((order) => order.status === 'confirmed').map((order) => order.orderId),
  );
  // In review, or returned elsewhere while its tickets stand: a person has yet to say.
  const undecided = records.attempts.some(
    ({ status, orderId }) => status === 'review' || (status === 'refunded' && confirmed.has(orderId)),
  );
  if (held || undecided || !ledgersAgree(stage)) return false;
  return work.orders + work.attempts + work.unsent + broker.waiting() + site.pending() === 0;
};

/** Lets the clock run until nothing is under way, or until it should long have been. */
const settle = async (stage: Stage): Promise<void> => {
  const { world, broker, options } = stage;
  const chance = chanceOf(options.seed, 'last decisions');
  const untilMs = world.nowMs + SETTLE_MS;
  let settled = false;
  const look = (): void => {
    // What an operator does after an outage: messages that were given up are tried again.
    broker.redriveAll();
    void decideReviews(stage, chance);
    settled = isSettled(stage);
    if (!settled) world.plan(OUTSIDE, LOOK_EVERY_MS, 'timer', look);
  };
  look();
  await world.run(() => settled || world.nowMs > untilMs);
};

/** Every actor system is stopped for good: nact keeps those that were not. */
const bury = async ({ world, fleet }: Stage): Promise<void> => {
  const sales = fleet.everySale();
  let buried = 0;
  world.endAll();
  for (const { actors } of sales) {
    world.plan(OUTSIDE, 0, 'timer', () => void actors.stop().then(() => (buried += 1)));
  }
  await world.run(() => buried === sales.length);
};

const verdictsOf = ({ postgres, site, memory, eventId, show }: Stage): readonly Verdict[] =>
  audit({
    records: postgres.records(eventId),
    intents: [...site.gateway.intents.values()],
    history: memory.history(),
    seatsExpected: show.sections.flatMap(seatsOf).length,
    alone: true,
    callTtlMs: CONFIG.CALL_TTL_MS,
  });

const sorted = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

/** One whole sale from one seed. Rejects only if the simulation itself is broken; a broken promise is its result. */
export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const trace = createTrace({ keep: KEPT_LINES, onLine: options.onLine });
  const world = createWorld(chanceOf(options.seed, 'world'), trace, START_MS);
  const stage = setStage(options, world);
  const broken: string[] = [];
  let fans = 0;
  let verdicts: readonly Verdict[] = [];
  const onRejection = (error: unknown): void => world.fail(error);
  process.on('unhandledRejection', onRejection);
  await withVirtualGlobals(world, chanceOf(options.seed, 'globals').random, async () => {
    try {
      await stage.postgres.ports.events.create(stage.eventId, stage.show);
      fans = await sell(stage);
      await settle(stage);
      verdicts = verdictsOf(stage);
    } catch (error) {
      // Anything else was thrown where nobody catches it: a process of the real thing would have ended.
      broken.push(
        error instanceof BrokenPromise
          ? error.message
          : `thrown: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  });
  process.off('unhandledRejection', onRejection);
  for (const { state, promise, what, notes } of verdicts) {
    if (state === 'broken') broken.push(`${promise}: ${what}: ${notes.join('; ')}`);
  }
  const steps = world.steps;
  const virtualMs = world.nowMs - START_MS;
  const tail = trace.tail();
  const digest = trace.digest();
  await withVirtualGlobals(world, chanceOf(options.seed, 'grave').random, () => bury(stage));
  return {
    seed: options.seed,
    ok: broken.length === 0,
    broken,
    tail,
    digest,
    steps,
    virtualMs,
    faults: Object.fromEntries(sorted(stage.faults.counts())),
    refusals: Object.fromEntries(sorted(stage.memory.refusals)),
    counts: countsOf(
      stage,
      stage.postgres.records(stage.eventId),
      stage.postgres.tables.orders.values(),
      fans,
    ),
    verdicts,
  };
};
