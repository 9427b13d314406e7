import test from 'ava';
import type { AdmissionRecord } from '../../src/domain/ports/line.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { createGate } from '../../src/waiting-room/gate.ts';
import { codeOf, OTHER_PASSES, passes } from './room.ts';

const rig = () => {
  const clock = { at: 1_000_000, nowMs: () => clock.at, after: () => () => undefined };
  const admission: AdmissionRecord = {
    passId: systemIds.next(),
    eventId: systemIds.next(),
    fanId: systemIds.next(),
    number: 1,
    turn: 1,
    expiresAtMs: 2_000_000,
    remainingMs: 1_000_000,
    claim: 0,
    state: 'live',
  };
  const journal = { looks: 0, answer: async (): Promise<AdmissionRecord | null> => admission };
  const findPass = (): Promise<AdmissionRecord | null> => {
    journal.looks += 1;
    return journal.answer();
  };
  const gate = createGate({ passes, clock, journal: { findPass } as never });
  return {
    clock,
    admission,
    journal,
    gate,
    check: () => gate.check(admission.eventId, passes.issuePass(admission)),
  };
};

test('Postgres is asked about a pass once a second, however many requests show it', async (t) => {
  const { clock, journal, check, admission } = rig();
  const answers = await Promise.all(Array.from({ length: 200 }, check));
  t.true(answers.every((answer) => 'fanId' in answer && answer.fanId === admission.fanId));
  t.is(journal.looks, 1);
  clock.at += 1_000;
  journal.answer = async () => ({ ...admission, state: 'left' });
  t.is(codeOf(await check()), 'pass_expired');
  t.is(journal.looks, 2);
});

test('a forged pass costs Postgres nothing', async (t) => {
  const { journal, gate, admission } = rig();
  t.is(codeOf(await gate.check(admission.eventId, OTHER_PASSES.issuePass(admission))), 'pass_invalid');
  t.is(codeOf(await gate.check(systemIds.next(), passes.issuePass(admission))), 'pass_invalid');
  t.is(journal.looks, 0);
});

test('a look that failed is not kept, and nobody is let through by it', async (t) => {
  const { journal, check, admission } = rig();
  journal.answer = async () => {
    throw new Error('away');
  };
  await t.throwsAsync(check(), { message: 'away' });
  journal.answer = async () => admission;
  t.is(codeOf(await check()), 'granted');
});
