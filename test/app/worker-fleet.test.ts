import test from 'ava';
import { DEFAULT_SUPERVISION } from '../../src/actors/kit/supervision.ts';
import { createFleet, type WorkerProcess } from '../../src/app/workers/fleet.ts';
import type { WorkerReady } from '../../src/app/workers/messages.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createVirtualClock, settled } from '../payments/virtual-clock.ts';

const TOLD: WorkerReady = {
  url: 'http://127.0.0.1:3000',
  serviceUrl: null,
  sandboxUrl: null,
  databaseUrl: null,
  parts: [],
  demoEvent: null,
  operatorToken: '',
};

interface FakeWorker extends WorkerProcess {
  readonly worker: number;
  readonly first: boolean;
  serve(): void;
  die(): void;
  speaks: boolean;
  stubborn: boolean;
  stopped: boolean;
}

/** Node 20 has no Promise.withResolvers. */
const resolvers = <T>() => {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};

const fleetOf = (size: number) => {
  const clock = createVirtualClock();
  const started: FakeWorker[] = [];
  const reasons: string[] = [];
  const restarted: number[] = [];
  const fleet = createFleet({
    size,
    supervision: DEFAULT_SUPERVISION,
    stopWithinMs: 4_400,
    clock,
    random: { next: () => 1 },
    log: silentLog,
    onRestart: (worker) => void restarted.push(worker),
    onGiveUp: (reason) => void reasons.push(reason),
    spawn(worker, first) {
      const ready = resolvers<WorkerReady>();
      const ended = resolvers<{ code: number; signal: null }>();
      ready.promise.catch(() => undefined);
      const one: FakeWorker = {
        worker,
        first,
        pid: started.length + 100,
        ready: ready.promise,
        ended: ended.promise,
        speaks: true,
        stubborn: false,
        stopped: false,
        heard: () => one.speaks,
        serve: () => ready.resolve(TOLD),
        die() {
          ready.reject(new Error('no port'));
          ended.resolve({ code: 1, signal: null });
        },
        stop() {
          one.stopped = true;
          if (!one.stubborn) one.die();
        },
        kill: () => one.die(),
      };
      started.push(one);
      return one;
    },
  });
  const last = (): FakeWorker => started.at(-1) as FakeWorker;
  return { clock, fleet, started, reasons, restarted, last };
};

/** All of them serve. */
const running = async (size: number) => {
  const rig = fleetOf(size);
  const starting = rig.fleet.start();
  rig.started[0]?.serve();
  await settled();
  for (const one of rig.started.slice(1)) one.serve();
  await starting;
  return rig;
};

test('one worker starts alone and does what is to be done once; the others follow when it serves', async (t) => {
  const { fleet, started } = fleetOf(3);
  const starting = fleet.start();
  await settled();
  t.deepEqual(
    started.map(({ worker, first }) => [worker, first]),
    [[1, true]],
  );
  started[0]?.serve();
  await settled();
  t.deepEqual(
    started.map(({ worker, first }) => [worker, first]),
    [
      [1, true],
      [2, false],
      [3, false],
    ],
  );
  for (const one of started.slice(1)) one.serve();
  t.is(await starting, TOLD);
  t.deepEqual([...fleet.serving().keys()], [1, 2, 3]);
});

test('what keeps the first from starting keeps all from starting, and is said', async (t) => {
  const { fleet, started, reasons } = fleetOf(2);
  const starting = fleet.start();
  await settled();
  started[0]?.die();
  await t.throwsAsync(starting, { message: 'no port' });
  await fleet.stop();
  t.is(started.length, 1);
  t.deepEqual(reasons, []);
});

test('a worker that dies is started again after its pause, under its number, and the others go on', async (t) => {
  const { clock, fleet, started, restarted, last } = await running(2);
  started[0]?.die();
  await clock.advance(4);
  t.is(started.length, 2, 'it waits');
  await clock.advance(2);
  t.is(started.length, 3);
  t.deepEqual([last().worker, last().first, restarted], [1, false, [1]]);
  t.deepEqual([...fleet.serving().keys()], [2]);
  last().serve();
  await settled();
  t.deepEqual([fleet.serving().has(1), fleet.serving().has(2)], [true, true]);
});

test('the sixth death of a worker within 30 s spends its budget, five are borne', async (t) => {
  const { clock, started, reasons, last } = await running(2);
  const dies = async (): Promise<void> => {
    const one = started.findLast(({ worker }) => worker === 1);
    one?.die();
    await clock.advance(100);
    last().serve();
    await settled();
  };
  for (let death = 1; death <= 5; death += 1) await dies();
  t.deepEqual(reasons, []);
  await dies();
  t.deepEqual(reasons, ['worker 1 died more than 5 times within 30 s']);
  const count = started.length;
  await clock.advance(60_000);
  t.is(started.length, count, 'nobody is started any more');
});

test('deaths far apart spend nothing', async (t) => {
  const { clock, started, reasons, last } = await running(1);
  for (let death = 0; death < 20; death += 1) {
    started.at(-1)?.die();
    await clock.advance(31_000);
    last().serve();
    await settled();
  }
  t.deepEqual(reasons, []);
});

test('a worker that cannot start is tried again, ever more slowly, while another serves', async (t) => {
  const { clock, started, reasons, last } = await running(2);
  started[1]?.die();
  await clock.advance(10);
  const times: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const count = started.length;
    last().die();
    const fromMs = clock.nowMs();
    while (started.length === count) await clock.advance(100);
    times.push(clock.nowMs() - fromMs);
  }
  t.deepEqual(times, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  t.deepEqual(reasons, []);
});

test('with no worker left and none that can start the fleet gives up', async (t) => {
  const { clock, reasons, started, last } = await running(1);
  started[0]?.die();
  await clock.advance(10);
  last().die();
  await settled();
  t.deepEqual(reasons, ['worker 1 cannot start, and no other serves']);
});

test('a worker that falls silent for ten seconds is killed and replaced', async (t) => {
  const { clock, started, fleet } = await running(2);
  await clock.advance(60_000);
  t.is(started.length, 2);
  if (started[1] !== undefined) started[1].speaks = false;
  await clock.advance(9_000);
  t.is(started.length, 2);
  await clock.advance(2_000);
  t.is(started.length, 3);
  t.false(fleet.serving().has(2));
});

test('a stop asks all in order, kills who stays, and starts nobody', async (t) => {
  const { clock, started, fleet, restarted } = await running(3);
  started[0]?.die();
  await settled();
  const [, stubborn] = started;
  if (stubborn !== undefined) stubborn.stubborn = true;
  const stopping = fleet.stop();
  await settled();
  t.deepEqual(
    started.map(({ stopped }) => stopped),
    [false, true, true],
  );
  await clock.advance(4_400);
  await stopping;
  await clock.advance(60_000);
  t.is(started.length, 3);
  t.deepEqual(restarted, []);
  t.is(fleet.stop(), fleet.stop());
});
