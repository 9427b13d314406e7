import test from 'ava';
import type { NodeHandle, Stage } from '../../src/chaos/nemesis.ts';
import { ACTOR_NEMESES } from '../../src/chaos/nemeses/actors.ts';

const PATH = 'guardian/e-1/A';

/** A node with one section that is closed by its `closesAfter`th kill; each kill is answered as `answer` says. */
const stageWith = (closesAfter: number, answer: (kill: number) => void) => {
  let kills = 0;
  const stage = {
    random: { next: () => 0 },
    nodes: [{ name: 'node-1', running: true } as NodeHandle],
    sleep: () => Promise.resolve(),
    async operate(_node: NodeHandle, method: string) {
      if (method === 'DELETE') {
        kills += 1;
        answer(kills);
        return null;
      }
      const state = kills >= closesAfter ? 'closed' : 'running';
      return { actors: [{ path: PATH, kind: 'seat-section', state, restarts: kills }] };
    },
  };
  return { stage: stage as unknown as Stage, kills: () => kills };
};

test('a crash loop goes on through kills of unknown outcome until the tree shows the section closed', async (t) => {
  const { stage, kills } = stageWith(6, (kill) => {
    if (kill % 2 === 0) throw new Error('500 internal');
  });
  const nemesis = ACTOR_NEMESES.find(({ kind }) => kind === 'actor-crash-loop');
  const struck = await nemesis?.strike(stage);
  t.is(struck?.target, `node-1 ${PATH}, 6 kills`);
  t.is(kills(), 6);
});
