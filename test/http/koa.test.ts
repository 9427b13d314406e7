import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { Middleware } from 'koa';
import { LeanKoa } from '../../src/http/koa.ts';

const serve = async (t: ExecutionContext, middleware: Middleware): Promise<string> => {
  const app = new LeanKoa();
  app.silent = true;
  app.use(middleware);
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

test('what the middleware wrote themselves is left alone', async (t) => {
  const url = await serve(t, (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(201, { 'Content-Type': 'text/plain' });
    ctx.res.write('ours, ');
    setImmediate(() => ctx.res.end('to its end'));
  });
  const answer = await fetch(url);
  t.deepEqual([answer.status, await answer.text()], [201, 'ours, to its end']);
});

test('Koa does not watch a response before it has to answer', async (t) => {
  let listeners: number | undefined;
  const url = await serve(t, (ctx) => {
    listeners = ctx.res.listenerCount('end');
    ctx.body = 'seen';
  });
  t.is(await (await fetch(url)).text(), 'seen');
  t.is(listeners, 0, 'or another version of Koa calls its method by another name');
});

test('what they set is sent by Koa, with the status that they set', async (t) => {
  const url = await serve(t, (ctx) => {
    ctx.status = 418;
    ctx.body = Readable.from(['in ', 'pieces']);
  });
  const answer = await fetch(url);
  t.deepEqual([answer.status, await answer.text()], [418, 'in pieces']);
});

test('what nobody answers is not found', async (t) => {
  t.is((await fetch(await serve(t, () => undefined))).status, 404);
});

test('an error that no middleware caught is a 500 that tells nothing of it', async (t) => {
  const url = await serve(t, () => {
    throw new Error('a secret');
  });
  const answer = await fetch(url);
  t.is(answer.status, 500);
  t.notRegex(await answer.text(), /secret/);
});

test('a body that breaks cuts the answer, and the next one is served', async (t) => {
  let broken = 0;
  const url = await serve(t, (ctx) => {
    if (ctx.path === '/well') ctx.body = 'well';
    else
      ctx.body = Readable.from(
        (async function* () {
          yield 'half';
          broken += 1;
          throw new Error('the source is gone');
        })(),
      );
  });
  await t.throwsAsync(async () => (await fetch(url)).text());
  t.is(broken, 1);
  t.is(await (await fetch(`${url}well`)).text(), 'well');
});
