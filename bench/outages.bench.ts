import { availableParallelism, loadavg } from 'node:os';
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
export const benchOutages = async (options: { readonly rounds: number }): Promise<object> => {
  const measured = new Map<What, number[]>();
  const note: Note = (what, ms) => {
    console.error(`${what}: ${Math.round(ms)} ms`);
    measured.set(what, [...(measured.get(what) ?? []), ms]);
  };
  const scope = createScope();
  try {
    const stage = await startStage(scope);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const outage of [withoutRedis, withoutPostgres, withoutNode, withoutRabbit])
        await outage(stage, note);
    }
  } finally {
    await scope.close();
  }
  const rows = (Object.entries(PROMISED) as [What, number][]).map(([what, promisedMs]) => {
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
  return { name: 'outages', rows, load };
};
