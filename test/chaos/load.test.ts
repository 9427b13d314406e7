import { readFile } from 'node:fs/promises';
import test from 'ava';
import { chaosCrowdOf } from '../../src/chaos/load/crowd.ts';
import { createHistory, type HistoryLine } from '../../src/chaos/load/history.ts';
import { createProcessNames, recorded } from '../../src/chaos/load/recording-client.ts';
import { createSpreadClient } from '../../src/chaos/load/spread-client.ts';
import { createTallying } from '../../src/chaos/tallying.ts';
import type { Answer, Ask, Client } from '../../src/rush/client.ts';

const LIVES = { holdTtlMs: 6_000, payWithinMs: 8_000 };
const PLAN = { fans: 400, durationMs: 20_000, seed: 11, seatsPerFan: 4 };

/** A client that answers from a list, and remembers what it was asked. */
const scripted = (...answers: readonly Answer[]) => {
  const asked: Ask[] = [];
  const client: Client = {
    ask(what) {
      asked.push(what);
      return Promise.resolve(answers[asked.length - 1] ?? { kind: 'ok', status: 200, body: {} });
    },
    stream: () => ({ stop: () => undefined }),
    close: () => undefined,
  };
  return { client, asked };
};

const HOLD: Ask = {
  step: 'hold',
  method: 'POST',
  to: '/v1/events/e/holds',
  token: 'tok',
  key: 'k',
  body: { sectionId: 'A', seatIds: ['A-1-1'] },
};
const lost: Answer = { kind: 'unknown', reason: 'timeout' };
const refused = (status: number, code: string): Answer => ({
  kind: 'refused',
  status,
  code,
  retryAfterMs: null,
});

const recordedRun = async (...answers: readonly Answer[]) => {
  const lines: HistoryLine[] = [];
  let nowMs = 100;
  const history = createHistory([(line) => lines.push(line)], () => (nowMs += 1));
  const { client } = scripted(...answers);
  const recording = recorded(client, 'node-1', createProcessNames(), history);
  for (const _ of answers) await recording.ask(HOLD);
  return lines;
};

test('a request is written before it is sent and when its outcome is known, with what it asked for and was told', async (t) => {
  const body = { holdId: 'h', sectionId: 'A', seats: ['A-1-1'], expiresAt: 'later', amountMinor: 5 };
  const lines = await recordedRun({ kind: 'ok', status: 201, body });
  t.deepEqual(lines, [
    {
      type: 'invoke',
      request: 1,
      atMs: 101,
      process: 'operator',
      node: 'node-1',
      op: 'hold',
      method: 'POST',
      to: '/v1/events/e/holds',
      key: 'k',
      asked: { sectionId: 'A', seatIds: ['A-1-1'] },
    },
    {
      type: 'ok',
      request: 1,
      atMs: 102,
      process: 'operator',
      op: 'hold',
      status: 201,
      said: { holdId: 'h', sectionId: 'A', seats: ['A-1-1'], expiresAt: 'later' },
    },
  ]);
});

test('no answer and a 5xx are unknown, never failed; a 4xx failed', async (t) => {
  const lines = await recordedRun(
    lost,
    refused(503, 'unavailable'),
    refused(500, 'internal'),
    refused(409, 'seat_taken'),
  );
  t.deepEqual(
    lines.filter((line) => line.type !== 'invoke').map((line) => line.type),
    ['unknown', 'unknown', 'unknown', 'fail'],
  );
});

test('a request is told by the fan who sent it, as soon as somebody signed in with that token', async (t) => {
  const lines: HistoryLine[] = [];
  const history = createHistory([(line) => lines.push(line)], () => 1);
  const { client } = scripted({ kind: 'ok', status: 201, body: { fanId: 'ana', token: 'tok' } });
  const recording = recorded(client, 'node-1', createProcessNames(), history);
  await recording.ask({ step: 'sign_in', method: 'POST', to: '/v1/fans' });
  await recording.ask(HOLD);
  t.deepEqual(
    lines.map((line) => ('process' in line ? line.process : '')),
    ['crowd', 'crowd', 'ana', 'ana'],
  );
});

test('a fan stays with one node, goes to another while that one does not answer, and comes back', async (t) => {
  let nowMs = 0;
  const [one, two] = [scripted(lost), scripted()];
  const client = createSpreadClient([one.client, two.client], scripted().client, () => nowMs);
  // Of two tokens that differ by one letter each has a node of its own.
  const tokens = ['a', 'b'];
  for (const token of tokens) await client.ask({ ...HOLD, token });
  t.deepEqual([one.asked.length, two.asked.length], [1, 1]);
  const token = one.asked[0]?.token;
  await client.ask({ ...HOLD, token });
  t.deepEqual([one.asked.length, two.asked.length], [1, 2], 'its node did not answer');
  nowMs = 5_000;
  await client.ask({ ...HOLD, token });
  t.deepEqual([one.asked.length, two.asked.length], [2, 2], 'later it is asked again');
});

test('a whole URL goes to whoever stands outside of the nodes', async (t) => {
  const [node, gateway] = [scripted(), scripted()];
  const client = createSpreadClient([node.client], gateway.client);
  await client.ask({ step: 'pay', method: 'POST', to: 'http://gateway/pay' });
  t.deepEqual([node.asked.length, gateway.asked.length], [0, 1]);
});

test('the crowd is a function of its seed, and many of it come at the worst moment', (t) => {
  const crowd = chaosCrowdOf(PLAN, LIVES);
  t.deepEqual(crowd, chaosCrowdOf(PLAN, LIVES));
  const near = (ms: number) => crowd.filter((one) => Math.abs(one.thinkMs - ms) <= 500).length;
  t.true(near(LIVES.holdTtlMs) > 10, 'some order when their hold ends');
  t.true(near(LIVES.payWithinMs / 2) > 10, 'some pay when their order ends');
  t.true(crowd.filter((one) => one.ending === 'vanishes').length > 20);
});

test('seconds, outcomes and the last status of each order are added up', (t) => {
  const tallying = createTallying(() => 1_000);
  const follow = (atMs: number, status: string): HistoryLine => ({
    type: 'ok',
    request: 1,
    atMs,
    process: 'ana',
    op: 'follow',
    status: 200,
    said: { orderId: 'o', status },
  });
  tallying.read(follow(1_100, 'awaiting_payment'));
  tallying.read(follow(3_100, 'confirmed'));
  tallying.read(follow(3_200, 'confirmed'));
  tallying.read({ type: 'unknown', request: 2, atMs: 2_000, process: 'bia', op: 'hold', code: 'timeout' });
  const { requests, ordersSeen, seconds } = tallying.happened();
  t.deepEqual(requests, { ok: 3, fail: 0, unknown: 1 });
  t.deepEqual(ordersSeen, { confirmed: 1 });
  t.deepEqual(
    seconds.map((one) => [one.ok, one.unknown, one.sales]),
    [
      [1, 0, 0],
      [0, 1, 0],
      [2, 0, 1],
    ],
  );
});

test('what each kind of fault does is written down for people', async (t) => {
  const { ALL_NEMESES } = await import('../../src/chaos/nemeses/all.ts');
  const page = await readFile('docs/CHAOS.md', 'utf8');
  t.deepEqual(
    ALL_NEMESES.map((one) => one.kind).filter((kind) => !page.includes(`\`${kind}\``)),
    [],
  );
});
