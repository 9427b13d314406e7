import { pick } from '../../rush/seeded-random.ts';
import type { Nemesis, NodeHandle, Stage } from '../nemesis.ts';

interface ActorDocument {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  readonly restarts: number;
}

/** One more than a section may crash in 30 s before it is closed. */
const CRASH_LOOP_KILLS = 6;
const RESTARTED_WITHIN_MS = 10_000;

const actorsOf = async (stage: Stage, node: NodeHandle): Promise<readonly ActorDocument[]> => {
  const answer = await stage.operate(node, 'GET', '/v1/operator/actors');
  return (answer as { readonly actors: readonly ActorDocument[] }).actors;
};

const sectionsOf = async (stage: Stage, node: NodeHandle): Promise<readonly ActorDocument[]> =>
  (await actorsOf(stage, node)).filter((actor) => actor.kind === 'seat-section' && actor.state === 'running');

const someSection = async (stage: Stage) => {
  const node = pick(
    stage.random,
    stage.nodes.filter((one) => one.running),
  );
  return { node, actor: pick(stage.random, await sectionsOf(stage, node)) };
};

const killActor = (stage: Stage, node: NodeHandle, path: string): Promise<unknown> =>
  stage.operate(node, 'DELETE', `/v1/operator/actors/${path.replace(/^\/+/, '')}`);

/** Until its next incarnation runs, the requests that look for it included: the figure errs on the long side. */
const ranAgain = async (
  stage: Stage,
  node: NodeHandle,
  before: ActorDocument,
  killedMs: number,
): Promise<number> => {
  for (;;) {
    const now = (await actorsOf(stage, node)).find((actor) => actor.path === before.path);
    const tookMs = performance.now() - killedMs;
    if (now?.state === 'running' && now.restarts > before.restarts) return tookMs;
    if (tookMs > RESTARTED_WITHIN_MS)
      throw new Error(`${before.path} is ${now?.state ?? 'gone'} after its kill`);
    await stage.sleep(5);
  }
};

const actorKill: Nemesis = {
  kind: 'actor-kill',
  describes: 'the actor of a seat section is killed in the midst of its work',
  part: 'actors',
  lastsMs: [0, 0],
  healsInMs: 1_500,
  async strike(stage) {
    const { node, actor } = await someSection(stage);
    const killedMs = performance.now();
    await killActor(stage, node, actor.path);
    const backAfterMs = await ranAgain(stage, node, actor, killedMs);
    return { target: `${node.name} ${actor.path}`, backAfterMs, heal: () => Promise.resolve() };
  },
};

/** Closed, it is for the supervisor to reopen (after a minute): nobody heals it from outside. */
const actorCrashLoop: Nemesis = {
  kind: 'actor-crash-loop',
  describes: 'the actor of a seat section is killed again and again until its supervisor closes the section',
  part: 'actors',
  lastsMs: [0, 0],
  // Closed for a minute; other sections may be struck before that.
  healsInMs: 3_000,
  async strike(stage) {
    const {
      node,
      actor: { path },
    } = await someSection(stage);
    let kills = 0;
    const untilMs = performance.now() + RESTARTED_WITHIN_MS;
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
