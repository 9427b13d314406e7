import { pick } from '../../rush/seeded-random.ts';
import type { Nemesis, NodeHandle, Stage } from '../nemesis.ts';

/** A node that starts while everybody else is busy. */
const START_MS = 15_000;

/** Never the last one that runs: a house without any node sells nothing, which proves nothing. */
const someNode = (stage: Stage): NodeHandle => {
  const running = stage.nodes.filter((node) => node.running);
  if (running.length < Math.min(2, stage.nodes.length)) throw new Error('too few nodes are running');
  return pick(stage.random, running);
};

const nodeKill: Nemesis = {
  kind: 'node-kill',
  describes: 'kill -9 of a node; an outer runner starts it again',
  part: 'nodes',
  lastsMs: [500, 4_000],
  healsInMs: START_MS,
  async strike(stage) {
    const node = someNode(stage);
    await node.kill();
    return { target: node.name, heal: () => node.start() };
  },
};

const nodeTerminate: Nemesis = {
  kind: 'node-terminate',
  describes: 'SIGTERM to a node, as in a rolling deploy; it drains, ends, and is started again',
  part: 'nodes',
  lastsMs: [500, 3_000],
  healsInMs: START_MS,
  async strike(stage) {
    const node = someNode(stage);
    await node.terminate();
    return { target: node.name, heal: () => node.start() };
  },
};

const paused = (kind: string, describes: string, lastsMs: (stage: Stage) => number): Nemesis => ({
  kind,
  describes,
  part: 'nodes',
  lastsMs: [0, 0],
  healsInMs: 2_000,
  async strike(stage) {
    const node = someNode(stage);
    node.pause();
    await stage.sleep(lastsMs(stage));
    node.resume();
    return { target: node.name, heal: () => Promise.resolve() };
  },
});

const nodePause = paused(
  'node-pause',
  'SIGSTOP of a node for one to three seconds: a long collection, a machine that swaps',
  (stage) => 1_000 + stage.random.next() * 2_000,
);

const nodePausePastTtl = paused(
  'node-pause-past-ttl',
  'SIGSTOP of a node for longer than a hold lives: it wakes up believing what is no longer so',
  (stage) => stage.holdTtlMs + 2_000,
);

const nodeClockSkew: Nemesis = {
  kind: 'clock-skew',
  describes: 'a node whose wall clock is wrong by up to two minutes, either way',
  part: 'nodes',
  lastsMs: [3_000, 8_000],
  healsInMs: 2 * START_MS,
  async strike(stage) {
    const node = someNode(stage);
    const skewMs = Math.round((stage.random.next() < 0.5 ? -1 : 1) * (30_000 + stage.random.next() * 90_000));
    await node.terminate();
    await node.start({ clockSkewMs: skewMs });
    return {
      target: `${node.name} ${skewMs} ms`,
      async heal() {
        await node.terminate();
        await node.start();
      },
    };
  },
};

export const NODE_NEMESES: readonly Nemesis[] = [
  nodeKill,
  nodeTerminate,
  nodePause,
  nodePausePastTtl,
  nodeClockSkew,
];
