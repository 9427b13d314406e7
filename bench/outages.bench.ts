import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerHandle } from '../src/chaos/nemesis.ts';
import { createScope } from '../src/chaos/scope.ts';
import { ask, msUntil, must, startStage, type OutageStage } from './outages/stage.ts';

/** What is promised, in milliseconds. */
const PROMISED = {
  'Redis killed: the frame says degraded, and the line moves': 2_000,
  'Redis killed: a hold is granted': 2_000,
  'Redis killed: normal after its return': 10_000,
  'Redis stopped: the frame says degraded, and the line moves': 2_000,
  'Redis stopped: a hold is granted': 2_000,
  'Redis stopped: normal after its return': 10_000,
  'RabbitMQ killed: an order paid meanwhile is confirmed after its return': 60_000,
  'RabbitMQ away for long: the last of the orders paid meanwhile is confirmed': 60_000,
  'Postgres killed: closed, with 503 and a readiness that says so': 2_000,
  'Postgres killed: a hold is granted after its return': 10_000,
  'Postgres stopped: closed, with 503 and a readiness that says so': 2_000,
  'Postgres stopped: a hold is granted after its return': 10_000,
  'node killed: the other grants a hold': 5_000,
  'node killed: a new one is ready': 5_000,
} as const;

type What = keyof typeof PROMISED;
type Note = (what: What, ms: number) => void;

/** What ends the outage; resolves once the server is there again, so that its own start is not counted. */
type Harm = readonly [
  name: 'killed' | 'stopped',
  harm: (server: ServerHandle) => Promise<() => Promise<void>>,
];

const HARMS: readonly Harm[] = [
  [
    'killed',
    async (server) => {
      await server.kill();
      return () => server.restart();
    },
  ],
  [
    'stopped',
    async (server) => {
      server.pause();
      return async () => server.resume();
    },
  ],
];

const granted = (stage: OutageStage, node: 0 | 1): Promise<number> =>
  msUntil(async () => {
    const answer = await stage.hold(stage.nodes[node]);
    must(answer.status === 201, answer);
  });

const withoutRedis = async (stage: OutageStage, note: Note): Promise<void> => {
  const degraded = async (is: boolean) => {
    for (const node of stage.nodes) {
      const frame = await stage.frame(node);
      must((frame['reason'] === 'degraded' && Number(frame['ratePerMinute']) > 0) === is, frame);
      must(is || frame['reason'] !== 'degraded', frame);
    }
  };
  for (const [name, harm] of HARMS) {
    await Promise.all([msUntil(() => degraded(false)), granted(stage, 0), granted(stage, 1)]);
    const heal = await harm(stage.redis);
    const [line, hold] = await Promise.all([msUntil(() => degraded(true)), granted(stage, 0)]);
    note(`Redis ${name}: the frame says degraded, and the line moves`, line);
    note(`Redis ${name}: a hold is granted`, hold);
    await heal();
    note(`Redis ${name}: normal after its return`, await msUntil(() => degraded(false)));
  }
};

const withoutRabbit = async (stage: OutageStage, note: Note): Promise<void> => {
  await stage.rabbit.kill();
  const orderId = await stage.pay(stage.nodes[0]);
  await stage.rabbit.restart();
  const ms = await msUntil(async () => {
    const { body } = await stage.order(stage.nodes[1], orderId);
    must(body['status'] === 'confirmed', body);
  });
  note('RabbitMQ killed: an order paid meanwhile is confirmed after its return', ms);
};

const LONG_AWAY = 'RabbitMQ away for long: the last of the orders paid meanwhile is confirmed';
/** One an outage's second, so that the longest outage finds work all along. */
const PAY_EVERY_MS = 1_000;

/** Orders are paid all the while; resolves when every one of them is confirmed. */
const longWithoutRabbit = async (stage: OutageStage, note: Note, minutes: number): Promise<object> => {
  await stage.rabbit.kill();
  const untilMs = performance.now() + minutes * 60_000;
  const paid: string[] = [];
  for (let at = 0; performance.now() < untilMs; at += 1) {
    const fromMs = performance.now();
    paid.push(await stage.pay(stage.nodes[at % 2 === 0 ? 0 : 1]));
    if (at % 60 === 0) console.error(`RabbitMQ is away: ${paid.length} orders paid`);
    await sleep(Math.max(0, PAY_EVERY_MS - (performance.now() - fromMs)));
  }
  const statuses = () =>
    Promise.all(
      paid.map(async (orderId) => String((await stage.order(stage.nodes[1], orderId)).body['status'])),
    );
  const confirmedBefore = (await statuses()).filter((status) => status === 'confirmed').length;
  await stage.rabbit.restart();
  const ms = await msUntil(async () => {
    const open = (await statuses()).filter((status) => status !== 'confirmed');
    must(open.length === 0, open);
  });
  note(LONG_AWAY, ms);
  console.error(`${paid.length} orders paid, ${confirmedBefore} of them confirmed before its return`);
  return { minutes, paid: paid.length, confirmedBefore };
};

const withoutPostgres = async (stage: OutageStage, note: Note): Promise<void> => {
  for (const [name, harm] of HARMS) {
    await Promise.all([granted(stage, 0), granted(stage, 1)]);
    const heal = await harm(stage.postgres);
    const closed = await Promise.all(
      stage.nodes.map((node) =>
        msUntil(async () => {
          const [held, ready] = [await stage.hold(node), await ask(node.url, 'GET', '/readyz')];
          must(held.status === 503 && held.body['code'] === 'unavailable', held);
          must(ready.status === 503, ready);
        }),
      ),
    );
    note(`Postgres ${name}: closed, with 503 and a readiness that says so`, Math.max(...closed));
    await heal();
    note(`Postgres ${name}: a hold is granted after its return`, await granted(stage, 1));
  }
};

const withoutNode = async (stage: OutageStage, note: Note): Promise<void> => {
  const [victim] = stage.nodes;
  await victim.kill();
  note('node killed: the other grants a hold', await granted(stage, 1));
  const fromMs = performance.now();
  await victim.start();
  await granted(stage, 0);
  note('node killed: a new one is ready', performance.now() - fromMs);
};

const whole = (ms: number): string => Math.round(ms).toLocaleString('en').padStart(9);

/** Prints each promised time beside what was measured, and returns the table. */
export const benchOutages = async (options: {
  readonly rounds: number;
  /** Of the one long outage of RabbitMQ after all rounds; 0: none. */
  readonly awayMinutes: number;
}): Promise<object> => {
  const measured = new Map<What, number[]>();
  const note: Note = (what, ms) => {
    console.error(`${what}: ${Math.round(ms)} ms`);
    measured.set(what, [...(measured.get(what) ?? []), ms]);
  };
  let long: object | null = null;
  const scope = createScope();
  try {
    const stage = await startStage(scope);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const outage of [withoutRedis, withoutPostgres, withoutNode, withoutRabbit])
        await outage(stage, note);
    }
    if (options.awayMinutes > 0) long = await longWithoutRabbit(stage, note, options.awayMinutes);
  } finally {
    await scope.close();
  }
  const known = (Object.entries(PROMISED) as [What, number][]).filter(([what]) => measured.has(what));
  const rows = known.map(([what, promisedMs]) => {
    const all = (measured.get(what) ?? []).toSorted((a, b) => a - b);
    return {
      what,
      promisedMs,
      p50Ms: all[Math.floor((all.length - 1) / 2)] ?? 0,
      maxMs: all.at(-1) ?? 0,
      rounds: all.length,
    };
  });
  const [load] = loadavg();
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log(`${'milliseconds'.padEnd(width)} |  promised |       p50 |       max`);
  for (const { what, promisedMs, p50Ms, maxMs } of rows) {
    const kept = maxMs <= promisedMs ? '' : '  late';
    console.log(`${what.padEnd(width)} | ${whole(promisedMs)} | ${whole(p50Ms)} | ${whole(maxMs)}${kept}`);
  }
  console.log(
    `${availableParallelism()} cores, load ${load?.toFixed(1)}: above the cores everything waits its turn, outages too`,
  );
  return { name: 'outages', rows, long, load };
};
