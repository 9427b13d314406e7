import { pick } from '../../rush/seeded-random.ts';
import type { Nemesis, NodeHandle, Stage } from '../nemesis.ts';

interface ActorDocument {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
}

/** One more than a section may crash in 30 s before it is closed. */
const CRASH_LOOP_KILLS = 6;
const RESTARTED_WITHIN_MS = 2_000;

const sectionsOf = async (stage: Stage, node: NodeHandle): Promise<readonly ActorDocument[]> => {
  const { actors } = (await stage.operate(node, 'GET', '/v1/operator/actors')) as {
    readonly actors: readonly ActorDocument[];
  };
  return actors.filter((actor) => actor.kind === 'seat-section' && actor.state === 'running');
};

const someSection = async (stage: Stage) => {
  const node = pick(
    stage.random,
    stage.nodes.filter((one) => one.running),
  );
  return { node, path: pick(stage.random, await sectionsOf(stage, node)).path };
};

const killActor = (stage: Stage, node: NodeHandle, path: string): Promise<unknown> =>
  stage.operate(node, 'DELETE', `/v1/operator/actors/${path.replace(/^\/+/, '')}`);

const actorKill: Nemesis = {
  kind: 'actor-kill',
  describes: 'the actor of a seat section is killed in the midst of its work',
  part: 'actors',
  lastsMs: [0, 0],
  async strike(stage) {
    const { node, path } = await someSection(stage);
    await killActor(stage, node, path);
    return { target: `${node.name} ${path}`, heal: () => Promise.resolve() };
  },
};

/** Closed, it is for the supervisor to reopen (after a minute): nobody heals it from outside. */
const actorCrashLoop: Nemesis = {
  kind: 'actor-crash-loop',
  describes: 'the actor of a seat section is killed again and again until its supervisor closes the section',
  part: 'actors',
  lastsMs: [0, 0],
  async strike(stage) {
    const { node, path } = await someSection(stage);
    let kills = 0;
    const untilMs = performance.now() + RESTARTED_WITHIN_MS * CRASH_LOOP_KILLS;
    while (kills < CRASH_LOOP_KILLS && performance.now() < untilMs) {
      const running = (await sectionsOf(stage, node)).some((actor) => actor.path === path);
      if (!running) {
        await stage.sleep(10);
        continue;
      }
      await killActor(stage, node, path);
      kills += 1;
    }
    if (kills < CRASH_LOOP_KILLS) throw new Error(`${path} could be killed ${kills} times only`);
    return { target: `${node.name} ${path}`, heal: () => Promise.resolve() };
  },
};

export const ACTOR_NEMESES: readonly Nemesis[] = [actorKill, actorCrashLoop];
