import { pick } from '../../rush/seeded-random.ts';
import type { Nemesis, NodeHandle, Stage } from '../nemesis.ts';

interface ActorDocument {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  readonly restarts: number;
}

/** Within the 30 s in which a section may crash five times; the sixth closes it. */
const CLOSED_WITHIN_MS = 25_000;
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
    let fault = '';
    const untilMs = performance.now() + CLOSED_WITHIN_MS;
    while (performance.now() < untilMs) {
      try {
        const actor = (await actorsOf(stage, node)).find((one) => one.path === path);
        if (actor?.state === 'closed')
          return { target: `${node.name} ${path}, ${kills} kills`, heal: () => Promise.resolve() };
        if (actor?.state === 'running') {
          kills += 1;
          await killActor(stage, node, path);
        }
      } catch (error) {
        // Whether it was killed is not known: what the tree shows next tells.
        fault = `: ${String(error)}`;
      }
      await stage.sleep(10);
    }
    throw new Error(`${path} is not closed after ${kills} kills${fault}`);
  },
};

export const ACTOR_NEMESES: readonly Nemesis[] = [actorKill, actorCrashLoop];
