import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DrawCheck, DrawDocument, KeptReceipt } from '../../src/domain/draw-proof.ts';
import { startTestApp, temporaryFolder, type TestApp } from '../support/app.ts';
import { ask } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/process.ts';

interface JoinAnswer {
  readonly number: number;
  readonly place: string;
  readonly receipt: KeptReceipt | null;
}

interface Said {
  readonly ok: boolean;
  readonly state: string;
  readonly checks: readonly DrawCheck[];
  readonly places: readonly { readonly index: number; readonly turn: number }[];
}

const FAR = '2100-01-01T00:00:00Z';

/** `catraca verify-draw` as a fan runs it, in a process of its own. */
const verifyDraw = async (t: ExecutionContext, ...args: string[]) => {
  const command = startProcess(t, ['verify-draw', ...args], {});
  const { code } = await command.ended();
  const lastLine = command.stdout().trim().split('\n').at(-1) ?? '';
  const said = lastLine.startsWith('{') ? (JSON.parse(lastLine) as Said) : null;
  return { code, said, stdout: command.stdout(), stderr: command.stderr() };
};

const brokenOf = (said: Said | null): readonly string[] =>
  (said?.checks ?? []).flatMap(({ name, kept }) => (kept === false ? [name] : []));

const joinWith = async (app: TestApp, eventId: string, entropy: string) => {
  const fan = await app.fan();
  const path = `/v1/events/${eventId}/line`;
  const reply = await fan.ask<JoinAnswer>('POST', path, { body: { entropy } });
  assert.equal(reply.status, 201, reply.text);
  assert(reply.body.receipt !== null);
  return { fan, answer: reply.body, receipt: { ...reply.body.receipt, entropy } };
};

const drawOf = async (app: TestApp, eventId: string): Promise<DrawDocument> =>
  (await ask<DrawDocument>(app.url, 'GET', `/v1/events/${eventId}/draw`)).body;

test.serial(
  'a fan with a receipt recomputes the draw from its address and offline, and sees each lie',
  async (t) => {
    const app = await startTestApp(t, 'embedded');
    if (app === null) return;
    const eventId = await app.createEvent({ opensAt: FAR });
    const url = `${app.url}/v1/events/${eventId}/draw`;
    const fans = [];
    for (let count = 1; count <= 7; count += 1) fans.push(await joinWith(app, eventId, `dice-${count}`));
    const [one] = fans;
    assert(one !== undefined);
    for (const entropy of ['', 'with a space', 'x'.repeat(129), 'ação', 7]) {
      const reply = await one.fan.ask('POST', `/v1/events/${eventId}/line`, { body: { entropy } });
      t.is(reply.status, 400, String(entropy));
    }
    t.is((await ask(app.url, 'GET', `/v1/events/${eventId}/draw/leaves`)).status, 409);
    const early = await verifyDraw(t, url, '--json');
    t.is(early.code, 2, early.stderr);
    t.like(early.said, { state: 'open', ok: true, places: [] });

    t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'open' })).status, 200);
    const draw = await eventually(async () => {
      const document = await drawOf(app, eventId);
      assert.equal(document.state, 'drawn');
      return document;
    }, 20_000);
    const folder = await temporaryFolder(t);
    const [saved, receiptFile, turns] = [
      join(folder, 'draw.json'),
      join(folder, 'mine.json'),
      join(folder, 'turns.csv'),
    ];
    await writeFile(receiptFile, JSON.stringify({ ...one.answer, entropy: 'dice-1' }));
    const online = await verifyDraw(
      t,
      url,
      '--receipt',
      receiptFile,
      '--save',
      saved,
      '--turns',
      turns,
      '--json',
    );
    t.is(online.code, 0, online.stdout + online.stderr);
    t.true(online.said?.checks.every(({ kept }) => kept === true));
    const standing = await one.fan.ask<{ number: number; drawn: boolean }>(
      'GET',
      `/v1/events/${eventId}/line/me`,
      {
        headers: { 'catraca-place': one.answer.place },
      },
    );
    t.like(standing.body, { drawn: true, number: online.said?.places[0]?.turn });
    const lines = (await readFile(turns, 'utf8')).trim().split('\n');
    t.is(lines.length, 8);
    t.true(lines.includes(`1,${standing.body.number}`));

    const offline = await verifyDraw(t, saved, '--index', '3', '--json');
    t.is(offline.code, 0, offline.stderr);
    t.is(offline.said?.places.length, 2);
    const bundle = JSON.parse(await readFile(saved, 'utf8')) as { draw: DrawDocument; leaves: string[] };
    t.is(bundle.leaves.length, 7);
    await writeFile(saved, JSON.stringify({ ...bundle, draw: { ...draw, secret: 'ab'.repeat(32) } }));
    const lied = await verifyDraw(t, saved, '--json');
    t.is(lied.code, 1);
    t.deepEqual(brokenOf(lied.said), ['the secret is the one that was committed to']);
    await writeFile(saved, JSON.stringify({ ...bundle, leaves: bundle.leaves.toReversed() }));
    const shuffled = await verifyDraw(t, saved);
    t.is(shuffled.code, 1);
    t.regex(
      shuffled.stdout,
      /BROKEN .*the chain of all entries[\s\S]*THE DRAW IS NOT WHAT IT WAS SAID TO BE/,
    );
  },
);

test.serial(
  'what cannot be looked at ends with 2 and a reason, and a wrong call with the usage',
  async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'x.json');
    await writeFile(file, '{"draw": {"entrants": -1}}');
    for (const [args, reason] of [
      [[join(folder, 'nothing.json')], /ENOENT/],
      [[file], /is not what it should be/],
      [['http://127.0.0.1:9/v1/events/x/draw'], /It could not look/],
    ] as const) {
      const { code, stderr } = await verifyDraw(t, ...args);
      t.is(code, 2);
      t.regex(stderr, reason);
    }
    for (const args of [[], ['a', 'b'], ['a', '--index', '0'], ['a', '--all']]) {
      const { code, stderr } = await verifyDraw(t, ...args);
      t.is(code, 2);
      t.regex(stderr, /catraca <command>/);
    }
  },
);

test.serial('the operator gives the beacon once, in public, and the order goes by it', async (t) => {
  const app = await startTestApp(t, 'embedded');
  if (app === null) return;
  const eventId = await app.createEvent({
    opensAt: FAR,
    draw: { beacon: 'drand quicknet, first round after the opening' },
  });
  const fan = await joinWith(app, eventId, 'dice');
  const path = `/v1/operator/events/${eventId}/draw/beacon`;
  const give = (value: unknown) =>
    ask<DrawDocument>(app.url, 'POST', path, { token: app.operatorToken, body: { value } });
  t.is((await give('3f1c')).status, 409);
  t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'open' })).status, 200);
  await eventually(async () => assert.equal((await drawOf(app, eventId)).state, 'sealed'), 20_000);
  t.is((await drawOf(app, eventId)).secret, null);
  t.is((await give('')).status, 400);
  t.is((await fan.fan.ask('POST', path, { body: { value: '3f1c' } })).status, 403);
  t.like(await give('3f1c'), { status: 200, body: { state: 'drawn', beacon: { value: '3f1c' } } });
  t.is((await give('3f1c')).status, 200);
  t.is((await give('3f1d')).status, 409);
  const audit = await ask<{ entries: readonly { action: string; after: unknown }[] }>(
    app.url,
    'GET',
    '/v1/operator/audit',
    { token: app.operatorToken },
  );
  t.regex(audit.text, /draw\.beacon/);
  const verified = await verifyDraw(t, `${app.url}/v1/events/${eventId}/draw`, '--json');
  t.is(verified.code, 0, verified.stdout + verified.stderr);
});
