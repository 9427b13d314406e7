import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { RefusalError } from '../../src/domain/refusal.ts';
import { readBody } from '../../src/http/middleware/body.ts';

const LIMIT = 100;

interface Asked {
  readonly body: Buffer | Promise<Buffer>;
  readonly answer: () => void;
}

/** A server whose handler reads the body at the end of the turn in which the request came, as ours does. */
const readingServer = async (t: ExecutionContext) => {
  const asked: Asked[] = [];
  let told = (): void => undefined;
  const read = (request: IncomingMessage, response: ServerResponse): void => {
    let body: Asked['body'];
    try {
      body = readBody(request, LIMIT);
    } catch (error) {
      body = Promise.reject(error);
    }
    asked.push({ body, answer: () => response.end('ok') });
    told();
  };
  const server = createServer((request, response) => void setImmediate(() => read(request, response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  t.teardown(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const next = async (): Promise<Asked> => {
    while (asked.length === 0)
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    return asked.shift() as Asked;
  };
  return { socket, next };
};

const post = (socket: Socket, head: string, body: string): void => {
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}`);
};

test('a body that came with its head is there at once, and so is the next one on the same connection', async (t) => {
  const { socket, next } = await readingServer(t);
  for (const text of ['{"a":1}', '{"b":22}', '"ã"']) {
    post(socket, `Content-Length: ${Buffer.byteLength(text)}`, text);
    const { body, answer } = await next();
    t.true(Buffer.isBuffer(body));
    t.is((body as Buffer).toString('utf8'), text);
    answer();
    await once(socket, 'data');
  }
});

test('a body that comes in pieces is waited for', async (t) => {
  const { socket, next } = await readingServer(t);
  post(socket, 'Content-Length: 6', 'abc');
  const { body, answer } = await next();
  t.true(body instanceof Promise);
  socket.write('def');
  t.is((await body).toString('utf8'), 'abcdef');
  answer();
  await once(socket, 'data');
  post(socket, 'Content-Length: 2', 'gh');
  t.is((await (await next()).body).toString('utf8'), 'gh');
});

test('a chunked body is read to its end, an empty one too', async (t) => {
  const { socket, next } = await readingServer(t);
  post(socket, 'Transfer-Encoding: chunked', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
  const first = await next();
  t.is((await first.body).toString('utf8'), 'abcde');
  first.answer();
  await once(socket, 'data');
  post(socket, 'Transfer-Encoding: chunked', '0\r\n\r\n');
  t.is((await (await next()).body).length, 0);
});

test('no body is an empty one', async (t) => {
  const { socket, next } = await readingServer(t);
  post(socket, 'Content-Length: 0', '');
  t.is((await (await next()).body).length, 0);
});

test('a body beyond the limit is refused: at once where its length was said, else as soon as it is passed', async (t) => {
  const { socket, next } = await readingServer(t);
  const chunk = 'x'.repeat(LIMIT + 1);
  post(socket, 'Transfer-Encoding: chunked', `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`);
  const counted = await next();
  const error = await t.throwsAsync(async () => counted.body, { instanceOf: RefusalError });
  t.is(error.refusal.code, 'payload_too_large');
  counted.answer();
  await once(socket, 'data');
  post(socket, `Content-Length: ${LIMIT + 1}`, '');
  const said = await next();
  const again = await t.throwsAsync(async () => said.body, { instanceOf: RefusalError });
  t.is(again.refusal.code, 'payload_too_large');
});
