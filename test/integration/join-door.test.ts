import assert from 'node:assert/strict';
import test from 'ava';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { ask } from '../support/api.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const solve = async (app: TestApp, eventId: string, token: string): Promise<string> => {
  const { body } = await ask<{ puzzle: Challenge }>(app.url, 'GET', `/v1/events/${eventId}/line/puzzle`, {
    token,
  });
  const challenge = body.puzzle;
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
};

test('a line that asks for proof gives a place for a solved puzzle, once, and to nobody else for it', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent({ joinProof: 'always' });
  const [fan, other] = [await app.fan(), await app.fan()];
  const join = (token: string, proof?: string) =>
    ask<{ code?: string; number?: number; detail?: string }>(app.url, 'POST', `/v1/events/${eventId}/line`, {
      token,
      headers: proof === undefined ? {} : { 'catraca-proof': proof },
    });
  const without = await join(fan.token);
  t.is(without.status, 403);
  t.is(without.body.code, 'proof_required');
  const proof = await solve(app, eventId, fan.token);
  t.is((await join(other.token, proof)).body.code, 'proof_invalid');
  t.is((await join(fan.token, 'AAAA')).body.code, 'proof_invalid');
  const joined = await join(fan.token, proof);
  t.is(joined.status, 201);
  const again = await join(fan.token);
  t.is(again.status, 200, 'who has a place is asked for nothing');
  t.is(again.body.number, joined.body.number);
});

test('an operator turns the proof on and off within a second, and the audit says so', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent({});
  const join = async () => (await (await app.fan()).ask('POST', `/v1/events/${eventId}/line`)).status;
  t.is(await join(), 201);
  const turn = (joinProof: string) =>
    ask(app.url, 'PATCH', `/v1/operator/events/${eventId}/admission`, {
      token: app.operatorToken,
      body: { joinProof },
    });
  t.like((await turn('always')).body, { joinProof: 'always' });
  await eventually(async () => assert.equal(await join(), 403), 1_000);
  t.is((await turn('sometimes')).status, 400);
  await turn('off');
  await eventually(async () => assert.equal(await join(), 201), 1_000);
});

test('an appeal that an operator grants lets the fan in without proof; a denied one does not', async (t) => {
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent({ joinProof: 'always' });
  const fan = await app.fan();
  const appeal = await ask<{ appealId: string }>(app.url, 'POST', `/v1/events/${eventId}/line/appeals`, {
    token: fan.token,
    body: { message: 'my device is too old' },
  });
  const decide = (decision: string) =>
    ask(app.url, 'POST', `/v1/operator/appeals/${appeal.body.appealId}/resolution`, {
      token: app.operatorToken,
      body: { decision, note: 'looked at' },
    });
  t.is((await decide('denied')).status, 200);
  t.is((await fan.ask('POST', `/v1/events/${eventId}/line`)).status, 403);
  t.is((await decide('granted')).status, 200);
  t.is((await fan.ask('POST', `/v1/events/${eventId}/line`)).status, 201);
  const { body } = await ask<{ entries: { action: string }[] }>(app.url, 'GET', '/v1/operator/audit', {
    token: app.operatorToken,
  });
  t.is(body.entries.filter((one) => one.action === 'appeal.decide').length, 2);
});
