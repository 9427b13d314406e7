import test from 'ava';
import { silentLog } from '../../src/infra/log.ts';
import { createReach } from '../../src/infra/reach.ts';
import { createVirtualClock } from '../payments/virtual-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const refused = (): Promise<never> => Promise.reject(new Error('refused'));

/** A watched server that does as it is told. */
const watched = () => {
  const clock = createVirtualClock();
  let answer: () => Promise<unknown> = async () => 'pong';
  let probes = 0;
  const changes: boolean[] = [];
  const probe = (): Promise<unknown> => {
    probes += 1;
    return answer();
  };
  const reach = createReach({ name: 'a server', probe, clock, log: silentLog });
  reach.watch((up) => void changes.push(up));
  return {
    clock,
    reach,
    changes,
    probes: () => probes,
    does: (next: () => Promise<unknown>) => {
      answer = next;
    },
  };
};

test('a silent server is known to be away within 1,250 ms, one that refuses within 250 ms', async (t) => {
  for (const [silence, boundMs] of [
    [never, 1_250],
    [refused, 250],
  ] as const) {
    const { clock, reach, changes, does } = watched();
    await clock.advance(10_000);
    t.true(reach.up());
    does(silence);
    await clock.advance(boundMs);
    t.false(reach.up());
    t.deepEqual(changes, [false]);
    t.true(reach.silentMs() >= boundMs && reach.silentMs() <= boundMs + 250);
    reach.stop();
  }
});

test('one lost answer is no outage', async (t) => {
  const { clock, reach, changes, does } = watched();
  let first = true;
  does(() => {
    const lost = first;
    first = false;
    return lost ? never() : Promise.resolve();
  });
  await clock.advance(5_000);
  t.true(reach.up());
  t.deepEqual(changes, []);
  reach.stop();
});

test('a server that is away is asked less and less, at least each second, and is up with its first answer', async (t) => {
  const { clock, reach, changes, does, probes } = watched();
  does(refused);
  await clock.advance(10_000);
  const before = probes();
  await clock.advance(10_000);
  t.true(probes() - before >= 9 && probes() - before <= 11, String(probes() - before));
  does(async () => 'pong');
  await clock.advance(1_000);
  t.true(reach.up());
  t.deepEqual(changes, [false, true]);
  t.true(reach.sinceMs() <= 1_000);
  reach.stop();
});
