import { connect } from 'node:net';
import { once } from 'node:events';
import test from 'ava';
import { eventually } from '../support/eventually.ts';
import { EVENT, frame } from './fakes.ts';
import { refused, withServer, type Bench } from './with-server.ts';

const PATH = `/v1/events/${EVENT}/line/stream`;

const open = async (bench: Bench, path = PATH, token?: string) => {
  const abort = new AbortController();
  const response = await fetch(`${bench.url}${path}`, {
    signal: abort.signal,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    close: () => abort.abort(),
    /** Reads on until `pattern` has come. */
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) throw new Error(`the stream ended without ${String(pattern)}: ${text}`);
        text += value;
      }
      return text;
    },
    async rest(): Promise<string> {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return text;
        text += value;
      }
    },
  };
};

const watchers = (bench: Bench, expected: number) =>
  eventually(() => {
    if (bench.line.watchers.size !== expected) throw new Error(`${bench.line.watchers.size} watch`);
  });

test('the stream of the line starts with the present frame and goes on with each new one', async (t) => {
  const bench = await withServer(t);
  const stream = await open(bench);
  t.is(stream.response.status, 200);
  t.is(stream.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.is(stream.response.headers.get('cache-control'), 'no-store');
  await stream.until(/"serving":10[^\n]*\n\n/);
  for (const watcher of bench.line.watchers) watcher({ ...frame, serving: 11 });
  const text = await stream.until(/"serving":11[^\n]*\n\n/);
  t.deepEqual(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? ''), frame);
  stream.close();
  await watchers(bench, 0);
  t.pass('whoever leaves is not kept');
});

test('a quiet stream is kept alive by comments', async (t) => {
  const bench = await withServer(t, () => ({ options: { heartbeatMs: 10 } }));
  const stream = await open(bench);
  await stream.until(/(: alive\n\n[^]*){2}/);
  stream.close();
  t.pass();
});

test('only so many streams are taken; the next is told to poll', async (t) => {
  const bench = await withServer(t, () => ({ options: { maxStreams: 2 } }));
  const first = await open(bench);
  const second = await open(bench);
  refused(t, await bench.ask('GET', PATH), 'overloaded');
  first.close();
  await watchers(bench, 1);
  const third = await open(bench);
  t.is(third.response.status, 200);
  second.close();
  third.close();
});

test('a reader that does not keep up is cut, the others are not', async (t) => {
  const bench = await withServer(t, () => ({ options: { streamBufferBytes: 20_000 } }));
  const good = await open(bench);
  const slow = connect(Number(new URL(bench.url).port), '127.0.0.1');
  slow.on('error', () => undefined);
  slow.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(slow, 'readable');
  await watchers(bench, 2);
  const goodEnd = good.rest();
  // Never read: the kernel's buffers fill first, then ours, and then it is over.
  const big = { ...frame, padding: 'x'.repeat(10_000) };
  for (let sent = 0; sent < 20_000 && bench.line.watchers.size === 2; sent += 1) {
    for (const watcher of bench.line.watchers) watcher({ ...big, serving: sent });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await watchers(bench, 1);
  slow.destroy();
  await bench.server.stop(1_000);
  t.regex(await goodEnd, /"serving":10/);
});

test('HEAD of a stream opens none', async (t) => {
  const bench = await withServer(t);
  const response = await fetch(`${bench.url}${PATH}`, { method: 'HEAD' });
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.is(bench.line.watchers.size, 0);
});

test('a stream whose source breaks is cut and leaves nothing behind', async (t) => {
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      watchFrame: () => {
        throw new Error('no more');
      },
    },
    options: { maxStreams: 1 },
  }));
  for (let round = 0; round < 3; round += 1) {
    const stream = await open(bench).catch(() => null);
    if (stream !== null) await t.throwsAsync(stream.rest());
  }
  t.true(bench.logged.some((line) => line.level === 'error' && line.message === 'a stream broke'));
  t.false(bench.logged.some((line) => JSON.stringify(line.fields).includes('"status":503')));
});

test('many consoles cost the live numbers what one costs', async (t) => {
  let looks = 0;
  const bench = await withServer(t, ({ operators }) => ({
    operators: {
      ...operators.service,
      numbers: (eventId) => {
        looks += 1;
        return operators.service.numbers(eventId);
      },
    },
    options: { numbersEveryMs: 20 },
  }));
  const path = `/v1/operator/events/${EVENT}/stream`;
  const consoles = await Promise.all([1, 2, 3, 4].map(() => open(bench, path, bench.viewer)));
  const texts = await Promise.all(consoles.map((one) => one.until(/(data: [^\n]*\n\n){4}/)));
  t.true(texts.every((text) => text.includes('"limit":"rate"')));
  const shared = looks - consoles.length;
  t.true(shared < 4 * 3, `${shared} looks for 4 consoles and 3 further numbers each`);
  for (const one of consoles) one.close();
});
