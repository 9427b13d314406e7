import test from 'ava';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { ProofSetting } from '../../src/domain/join-proof.ts';
import { createJoinGuard } from '../../src/waiting-room/join-guard.ts';

const event = (joinProof: ProofSetting): SaleEvent => ({
  eventId: 'e',
  name: 'n',
  venue: 'v',
  currency: 'BRL',
  opensAtMs: 0,
  phaseSetting: 'open',
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  admission: { ratePerMinute: 60, insideMax: 10, paused: false, version: 1 },
  joinProof,
  sections: [],
});

/** A guard at whose door time passes when the test says so; a proof is solved when it is `solved by <fan>`. */
const create = (perAddressPerMinute = 0, exempt: readonly string[] = []) => {
  let nowMs = 1_000_000;
  const made: number[] = [];
  const guard = createJoinGuard({
    proofs: {
      make: async (_event, fanId, hashes) => {
        made.push(hashes);
        return { for: fanId };
      },
      isSolved: async (_event, fanId, proof) => proof === `solved by ${fanId}`,
    },
    isExempt: async (_event, fanId) => exempt.includes(fanId),
    clock: { nowMs: () => nowMs },
    perAddressPerMinute,
  });
  const join = (setting: ProofSetting, fanId: string, address: string | null, proof: string | null = null) =>
    guard.check(event(setting), { fanId, address, proof });
  return {
    guard,
    made,
    join,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

test('without proof of work everybody comes in, and nothing is asked', async (t) => {
  const { guard, join, made } = create();
  for (let fan = 0; fan < 1_000; fan += 1) t.is(await join('off', `f${fan}`, '10.0.0.1'), null);
  const set = await guard.puzzle(event('off'), { fanId: 'f', address: '10.0.0.1' });
  t.is(set.puzzle, null);
  t.deepEqual(made, []);
});

test('who brings no proof is told what to do and why; a wrong one is told apart; a right one comes in', async (t) => {
  const { join } = create();
  const missing = await join('always', 'ana', '10.0.0.1');
  t.is(missing?.code, 'proof_required');
  t.regex(missing?.detail ?? '', /line\/puzzle.*Catraca-Proof.*line\/appeals/);
  t.is((await join('always', 'ana', '10.0.0.1', 'solved by rui'))?.code, 'proof_invalid');
  t.is(await join('always', 'ana', '10.0.0.1', 'solved by ana'), null);
});

test('`auto` asks when the crowd comes, asks more of a crowded address, and stops asking when it is quiet again', async (t) => {
  const { guard, join, made, pass } = create();
  for (let fan = 0; fan < 400; fan += 1) {
    const fanId = `f${fan}`;
    t.is(await join('auto', fanId, `10.0.0.${fan % 200}`, `solved by ${fanId}`), null);
    pass(5);
  }
  t.is((await join('auto', 'late', '10.9.9.9'))?.code, 'proof_required');
  const asked = async (address: string) =>
    (await guard.puzzle(event('auto'), { fanId: 'x', address })).demand;
  const alone = await asked('10.9.9.9');
  t.deepEqual(alone.reasons, ['many_joins']);
  for (let fan = 0; fan < 40; fan += 1) await join('auto', `g${fan}`, '10.7.7.7', `solved by g${fan}`);
  const crowded = await asked('10.7.7.7');
  t.deepEqual(crowded.reasons, ['many_joins', 'many_from_address']);
  t.true(crowded.hashes > alone.hashes);
  t.true((made[1] ?? 0) > (made[0] ?? 0));
  pass(61_000);
  t.is(await join('auto', 'later', '10.7.7.7'), null);
});

test('an address has its limit a minute; it names the time to wait, and other addresses do not notice', async (t) => {
  const { join, pass } = create(3);
  for (const fan of ['a', 'b', 'c']) {
    t.is(await join('off', fan, '10.0.0.1'), null);
    pass(3_000);
  }
  pass(1_000);
  const refused = await join('off', 'd', '10.0.0.1');
  t.is(refused?.code, 'rate_limited');
  t.is(refused?.retryAfterMs, 50_000);
  t.is(await join('off', 'd', '10.0.0.2'), null);
  t.is(await join('off', 'e', null), null);
  pass(50_001);
  t.is(await join('off', 'd', '10.0.0.1'), null);
});

test('who was refused does not count against the address, and who was let in by an operator needs neither', async (t) => {
  const { join } = create(1, ['vip']);
  t.is((await join('always', 'a', '10.0.0.1'))?.code, 'proof_required');
  t.is(await join('always', 'a', '10.0.0.1', 'solved by a'), null);
  t.is((await join('always', 'b', '10.0.0.1', 'solved by b'))?.code, 'rate_limited');
  t.is(await join('always', 'vip', '10.0.0.1'), null);
});
