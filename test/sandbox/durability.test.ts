import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../src/infra/free-port.ts';
import { openJournal } from '../../src/sandbox/journal.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { eventually } from '../support/eventually.ts';
import { ORDER, sandboxOptions, sdk, startReceiver, testSandbox } from './support.ts';

const folder = async (t: ExecutionContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'sandbox-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
};

const ledgerOf = async (url: string): Promise<unknown> => (await fetch(`${url}/sandbox/ledger`)).json();

test('a restarted sandbox has its intents, refunds, events and idempotency keys', async (t) => {
  const dataDir = await folder(t);
  const port = await freePort();
  const first = await testSandbox(t, { dataDir, port });
  const made = await first.stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
  await first.pay(made.id, { card: '4000000000003220', authenticate: 'approve' });
  await first.stripe.paymentIntents.capture(made.id);
  await first.stripe.refunds.create({ payment_intent: made.id, amount: 700 });
  const events = (await first.stripe.events.list({ limit: 100 })).data;
  const ledger = await ledgerOf(first.url);
  await first.sandbox.stop();

  const second = await testSandbox(t, { dataDir, port });
  t.deepEqual(await ledgerOf(second.url), ledger);
  t.deepEqual((await second.stripe.events.list({ limit: 100 })).data, events);
  t.is(events.length, 6);
  const replayed = await second.stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
  t.is(replayed.id, made.id);
  t.is(replayed.lastResponse.headers['idempotent-replayed'], 'true');
  t.is((await second.stripe.refunds.create({ payment_intent: made.id })).amount, 24_300);
});

test('a torn last line is dropped, and the next line is whole again', async (t) => {
  const dataDir = await folder(t);
  const first = await testSandbox(t, { dataDir });
  const kept = await first.stripe.paymentIntents.create(ORDER);
  await first.sandbox.stop();
  const file = join(dataDir, 'ledger.jsonl');
  const whole = await stat(file);
  await appendFile(file, '{"change":{"intent":{"id":"pi_torn","desc');

  const second = await testSandbox(t, { dataDir });
  t.is((await stat(file)).size, whole.size);
  const added = await second.stripe.paymentIntents.create(ORDER);
  await second.sandbox.stop();

  const third = await testSandbox(t, { dataDir });
  const listed = await third.stripe.paymentIntents.list();
  t.deepEqual(
    listed.data.map((intent) => intent.id),
    [added.id, kept.id],
  );
});

test('a last line without its line end is torn, even where it reads as JSON', async (t) => {
  const dataDir = await folder(t);
  await writeFile(join(dataDir, 'ledger.jsonl'), '{"delivery":{"eventId":"evt_1","state":"lost"}}');
  const { stripe, sandbox } = await testSandbox(t, { dataDir });
  await stripe.paymentIntents.create(ORDER);
  await sandbox.stop();
  const lines = (await readFile(join(dataDir, 'ledger.jsonl'), 'utf8')).split('\n');
  t.is(lines.length, 2);
  t.regex(lines[0] ?? '', /^\{"change"/);
});

test('a journal that is damaged in the middle is not opened', async (t) => {
  const dataDir = await folder(t);
  const line = '{"delivery":{"eventId":"evt_1","state":"lost"}}';
  await writeFile(join(dataDir, 'ledger.jsonl'), `${line}\n{"chan\n${line}\n`);
  await t.throwsAsync(startSandbox(sandboxOptions({ dataDir })), { message: /damaged at line 2/ });
});

test('a webhook that was not delivered before the restart is delivered after it', async (t) => {
  const dataDir = await folder(t);
  const receiver = await startReceiver(t);
  const first = await testSandbox(t, { dataDir, webhookUrl: receiver.url });
  const told = await first.stripe.paymentIntents.create(ORDER);
  await eventually(async () => assert.equal((await first.stripe.events.list()).data[0]?.pending_webhooks, 0));
  first.sandbox.setWebhookUrl(null);
  const untold = await first.stripe.paymentIntents.create(ORDER);
  await first.sandbox.stop();
  t.deepEqual(
    receiver.got.map((event) => event.intentId),
    [told.id],
  );
  await testSandbox(t, { dataDir, webhookUrl: receiver.url });
  await eventually(() =>
    assert.deepEqual(
      receiver.got.map((event) => event.intentId),
      [told.id, untold.id],
    ),
  );
});

test('what was answered before a SIGKILL is there after it', async (t) => {
  const dataDir = await folder(t);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-sandbox.js'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const stripe = sdk(url);
  const answered: string[] = [];
  const killed = once(child, 'exit');
  const worker = async (): Promise<void> => {
    for (;;) {
      try {
        answered.push((await stripe.paymentIntents.create(ORDER)).id);
      } catch {
        return;
      }
      if (answered.length >= 200) child.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await killed;
  const { stripe: after } = await testSandbox(t, { dataDir });
  const kept = await after.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  const ids = new Set(kept.map((intent) => intent.id));
  t.true(answered.length >= 200);
  t.deepEqual(
    answered.filter((id) => !ids.has(id)),
    [],
  );
});

test('lines that arrive together share a flush', async (t) => {
  const journal = await openJournal(await folder(t), () => undefined);
  const line = JSON.stringify({ delivery: { eventId: 'evt_1', state: 'lost' } });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startedMs = performance.now();
    await work();
    return performance.now() - startedMs;
  };
  const together = await timed(() => Promise.all(Array.from({ length: 1_000 }, () => journal.append(line))));
  const singly = await timed(async () => {
    for (let count = 0; count < 40; count += 1) await journal.append(line);
  });
  await journal.close();
  t.log(`1000 lines together ${Math.round(together)} ms, 40 one by one ${Math.round(singly)} ms`);
  t.true(together < singly);
});

test('a rush of orders is answered in full, with the ledger on the disk', async (t) => {
  const { stripe, pay } = await testSandbox(t, { dataDir: await folder(t) });
  const startedMs = performance.now();
  let left = 500;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { id } = await stripe.paymentIntents.create(ORDER);
      await pay(id, { card: '4242424242424242' });
      await stripe.paymentIntents.capture(id);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  const perSecond = 1_500 / ((performance.now() - startedMs) / 1_000);
  t.log(`${Math.round(perSecond)} requests/s`);
  const { data } = await stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 });
  t.is(data.length, 1);
  const all = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  t.is(all.filter((intent) => intent.status === 'succeeded').length, 500);
});
