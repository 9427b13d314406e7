import test from 'ava';
import type { Hold, HoldRequest, HoldResult } from '../../src/domain/hold.ts';
import type { SeatLedger } from '../../src/domain/ports/seat-ledger.ts';
import type { LockedSeats, LockOutcome, SeatLocks } from '../../src/domain/ports/seat-locks.ts';
import { refuse } from '../../src/domain/refusal.ts';
import { createHoldProtocol } from '../../src/tickets/hold-protocol.ts';

const request = (change: Partial<HoldRequest> = {}): HoldRequest => ({
  holdId: 'h1',
  eventId: 'e',
  sectionId: 'A',
  fanId: 'f1',
  passId: 'p1',
  seatIds: ['A-1-1'],
  ttlMs: 300_000,
  fingerprint: 'x',
  ...change,
});

const holdOf = (asked: HoldRequest, change: Partial<Hold> = {}): Hold => ({
  ...asked,
  fences: asked.seatIds.map(() => 1),
  amountMinor: 1,
  currency: 'BRL',
  expiresAtMs: 1,
  extended: false,
  state: 'active',
  ...change,
});

/** Locks and ledger that answer as told, and remember what they were asked. */
const create = (script: {
  lock?: LockOutcome;
  decide?: (asked: HoldRequest) => HoldResult;
  fails?: boolean;
  known?: Hold | null;
}) => {
  const log: string[] = [];
  const released: LockedSeats[] = [];
  const clock = { ms: 1_000, nowMs: () => clock.ms };
  const locks: SeatLocks = {
    acquire(requests) {
      log.push(`lock ${requests.map((one) => `${one.owner}/${one.ttlMs}`).join()}`);
      return Promise.resolve(requests.map(() => script.lock ?? { kind: 'acquired' }));
    },
    release(some) {
      log.push('release');
      released.push(...some);
      return Promise.resolve();
    },
    extend: () => Promise.resolve(),
    holderOf: () => Promise.resolve(null),
    healthy: () => true,
  };
  const ledger = {
    holdSeats(requests: readonly HoldRequest[]) {
      log.push(`ledger ${requests.length}`);
      if (script.fails === true) return Promise.reject(new Error('the connection was cut'));
      return Promise.resolve(
        requests.map(
          (one) => script.decide?.(one) ?? { kind: 'held' as const, hold: holdOf(one), replayed: false },
        ),
      );
    },
    findHold: (holdId: string) => {
      log.push(`find ${holdId}`);
      return Promise.resolve(script.known ?? null);
    },
  } as unknown as SeatLedger;
  return { protocol: createHoldProtocol({ locks, ledger, clock }), log, released, clock };
};

test('the lock first, then the map; a hold that was granted keeps its lock, which outlives it', async (t) => {
  const { protocol, log } = create({});
  t.is((await protocol.decide(request(), 'node.1')).kind, 'held');
  t.deepEqual(log, ['lock node.1/330000', 'ledger 1']);
});

test('a seat whose lock another hold has is refused without a word to Postgres', async (t) => {
  const { protocol, log } = create({ lock: { kind: 'taken', seatId: 'A-1-1', holder: 'other.1:h0' } });
  t.like(await protocol.decide(request(), 'node.1'), { code: 'seat_taken', seatIds: ['A-1-1'] });
  t.deepEqual(log, ['lock node.1/330000']);
});

test('after a no of Postgres the lock is given back', async (t) => {
  const { protocol, log, released } = create({ decide: () => refuse('fan_limit') });
  t.like(await protocol.decide(request(), 'node.1'), { code: 'fan_limit' });
  t.deepEqual(log, ['lock node.1/330000', 'ledger 1', 'release']);
  t.like(released[0], { holdId: 'h1', seatIds: ['A-1-1'] });
});

test('when it is not known whether the seats were held the lock stays: they may be', async (t) => {
  const { protocol, log } = create({ fails: true });
  await t.throwsAsync(protocol.decide(request(), 'node.1'));
  t.deepEqual(log, ['lock node.1/330000', 'ledger 1']);
});

test('without a working lock service Postgres is asked all the same', async (t) => {
  const { protocol, log } = create({ lock: { kind: 'unavailable' } });
  t.is((await protocol.decide(request(), 'node.1')).kind, 'held');
  t.deepEqual(log, ['lock node.1/330000', 'ledger 1']);
});

test('two requests of one fan never share a statement', async (t) => {
  const { protocol, log } = create({});
  await Promise.all([
    protocol.decide(request(), 'n'),
    protocol.decide(request({ holdId: 'h2', seatIds: ['A-1-2'] }), 'n'),
    protocol.decide(request({ holdId: 'h3', fanId: 'f2', seatIds: ['A-1-3'] }), 'n'),
  ]);
  t.deepEqual(
    log.filter((line) => line.startsWith('ledger')),
    ['ledger 2', 'ledger 1'],
  );
});

for (const [title, known, freed] of [
  ['whose hold never came to be', null, true],
  ['whose hold has run out', holdOf(request({ holdId: 'h0' }), { state: 'expired' }), true],
  ['whose hold is alive', holdOf(request({ holdId: 'h0' })), false],
  ['whose hold became an order', holdOf(request({ holdId: 'h0' }), { state: 'ordered' }), false],
] as const) {
  test(`a lock that stands in the way for long and ${title} ${freed ? 'is broken' : 'stays'}`, async (t) => {
    const { protocol, log, released, clock } = create({
      lock: { kind: 'taken', seatId: 'A-1-1', holder: 'dead.1:h0' },
      known,
    });
    await protocol.decide(request(), 'node.1');
    clock.ms += 4_000;
    await protocol.decide(request(), 'node.1');
    t.false(log.includes('find h0'), 'not yet suspect');
    clock.ms += 2_000;
    await protocol.decide(request(), 'node.1');
    await new Promise((resolve) => setImmediate(resolve));
    t.true(log.includes('find h0'));
    t.deepEqual(
      released.map((one) => one.holdId),
      freed ? ['h0'] : [],
    );
  });
}
