import { Agent, get, type IncomingMessage } from 'node:http';
import test from 'ava';
import { eventually } from '../support/eventually.ts';
import { EVENT } from './fakes.ts';
import { withServer } from './with-server.ts';

const over = (agent: Agent, url: string): Promise<{ status: number; connection: string | undefined }> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response: IncomingMessage) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    }).on('error', reject);
  });

const gated = () => {
  let release = (): void => undefined;
  let enter = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  return { gate, entered, release: () => release(), enter: () => enter() };
};

test('a draining server is not ready, serves on, and sends its clients away', async (t) => {
  const bench = await withServer(t);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  t.deepEqual(await over(agent, `${bench.url}/readyz`), { status: 200, connection: 'keep-alive' });
  bench.server.drain();
  t.deepEqual(await over(agent, `${bench.url}/readyz`), { status: 503, connection: 'close' });
  t.deepEqual(await over(agent, `${bench.url}/v1/events`), { status: 200, connection: 'close' });
});

test('stopping waits for requests in flight, ends streams, cuts idle sockets and takes nobody new', async (t) => {
  const gate = gated();
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      async join(eventId, fanId) {
        gate.enter();
        await gate.gate;
        return line.service.join(eventId, fanId);
      },
    },
  }));
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  await over(agent, `${bench.url}/livez`);
  const stream = await fetch(`${bench.url}/v1/events/${EVENT}/line/stream`);
  const streamed = stream.text();
  const inFlight = bench.ask('POST', `/v1/events/${EVENT}/line`, { token: bench.fan.token });
  await gate.entered;
  const startedAt = performance.now();
  const stopped = bench.server.stop(20_000);
  t.regex(await streamed, /data: /);
  await eventually(() => t.throwsAsync(fetch(`${bench.url}/livez`)));
  gate.release();
  const reply = await inFlight;
  t.is(reply.status, 201);
  t.is(reply.headers.get('connection'), 'close');
  await stopped;
  t.true(performance.now() - startedAt < 5_000, 'nobody waited for an idle socket');
  await bench.server.stop(0);
});

test('what does not finish by the deadline is cut', async (t) => {
  const gate = gated();
  const bench = await withServer(t, ({ line }) => ({
    waitingRoom: {
      ...line.service,
      async join(eventId, fanId) {
        gate.enter();
        await gate.gate;
        return line.service.join(eventId, fanId);
      },
    },
  }));
  const hanging = bench.ask('POST', `/v1/events/${EVENT}/line`, { token: bench.fan.token });
  const cut = t.throwsAsync(hanging);
  await gate.entered;
  await bench.server.stop(50);
  await cut;
  gate.release();
});

test('a port that is taken is told, not crashed upon', async (t) => {
  const one = await withServer(t);
  const two = await withServer(t);
  await two.server.stop(0);
  await t.throwsAsync(two.server.listen(Number(new URL(one.url).port), '127.0.0.1'), { code: 'EADDRINUSE' });
});
