import test from 'ava';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { createJoinProofs } from '../../src/infra/altcha/join-proofs.ts';

const EVENT = '018f0000-0000-7000-8000-000000000001';
const FAN = '018f0000-0000-7000-8000-000000000002';
const OTHER = '018f0000-0000-7000-8000-000000000003';
const WORK = 500;

const proofs = createJoinProofs('a secret of this test that nobody else has');
const soonMs = (): number => Date.now() + 60_000;

const encode = (payload: unknown): string => Buffer.from(JSON.stringify(payload)).toString('base64');

const solve = async (puzzle: unknown) => {
  const challenge = puzzle as Challenge;
  const solution = await solveChallenge({ challenge, deriveKey });
  return { challenge, solution };
};

test('what any node made is solved by the client’s library and checks on any node with the same secret', async (t) => {
  const proof = encode(await solve(await proofs.make(EVENT, FAN, WORK, soonMs())));
  const another = createJoinProofs('a secret of this test that nobody else has');
  t.true(await another.isSolved(EVENT, FAN, proof));
  t.true(await another.isSolved(EVENT, FAN, proof), 'again: it can only bring the same place');
});

test('a proof is good for its fan, its line, its secret and its time alone', async (t) => {
  const proof = encode(await solve(await proofs.make(EVENT, FAN, WORK, soonMs())));
  t.false(await proofs.isSolved(EVENT, OTHER, proof));
  t.false(await proofs.isSolved(OTHER, FAN, proof));
  t.false(await createJoinProofs('some other secret of some other house').isSolved(EVENT, FAN, proof));
  const late = encode(await solve(await proofs.make(EVENT, FAN, WORK, Date.now() - 5_000)));
  t.false(await proofs.isSolved(EVENT, FAN, late));
});

test('an unsolved puzzle, an easier one, and garbage are no proof', async (t) => {
  const { challenge, solution } = await solve(await proofs.make(EVENT, FAN, WORK, soonMs()));
  const wrong = { challenge, solution: { ...solution, counter: (solution?.counter ?? 0) + 1 } };
  t.false(await proofs.isSolved(EVENT, FAN, encode(wrong)));
  const easier = { ...challenge, parameters: { ...challenge.parameters, keyPrefix: '0', cost: 1 } };
  t.false(await proofs.isSolved(EVENT, FAN, encode(await solve(easier))));
  const foreign = {
    ...challenge,
    parameters: { ...challenge.parameters, data: { eventId: EVENT, fanId: OTHER } },
  };
  t.false(await proofs.isSolved(EVENT, OTHER, encode(await solve(foreign))));
  for (const text of ['', 'AAAA', encode(null), encode({}), encode({ challenge }), 'x'.repeat(1_000_000)]) {
    t.false(await proofs.isSolved(EVENT, FAN, text), text.slice(0, 40));
  }
});
