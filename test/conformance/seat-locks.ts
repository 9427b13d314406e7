import { randomUUID } from 'node:crypto';
import type { ExecutionContext, TestFn } from 'ava';
import type { LockRequest, SeatLocks } from '../../src/domain/ports/seat-locks.ts';
import { eventually } from '../support/eventually.ts';

/** What every adapter of `SeatLocks` must do. `make` returns null where its server is not to be had. */
export const seatLocksSuite = (
  test: TestFn,
  make: (t: ExecutionContext) => Promise<SeatLocks | null>,
): void => {
  const request = (
    eventId: string,
    seatIds: readonly string[],
    change: Partial<LockRequest> = {},
  ): LockRequest => ({
    eventId,
    seatIds,
    holdId: randomUUID(),
    owner: 'section-1',
    ttlMs: 60_000,
    ...change,
  });

  test('a lock is given to one hold and names its holder to the next', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const mine = request(eventId, ['A-1', 'A-2']);
    t.deepEqual(await locks.acquire([mine]), [{ kind: 'acquired' }]);
    t.deepEqual(await locks.acquire([request(eventId, ['A-3', 'A-2'])]), [
      { kind: 'taken', seatId: 'A-2', holder: `section-1:${mine.holdId}` },
    ]);
    t.is(await locks.holderOf(eventId, 'A-3'), null, 'the refused one took nothing');
  });

  test('of many holds in one call each takes all of its seats or none', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const [eventId, other] = [randomUUID(), randomUUID()];
    const outcomes = await locks.acquire([
      request(eventId, ['A-1']),
      request(eventId, ['A-2', 'A-1']),
      request(other, ['A-1']),
      request(eventId, ['A-2']),
    ]);
    t.deepEqual(
      outcomes.map((one) => one.kind),
      ['acquired', 'taken', 'acquired', 'acquired'],
    );
  });

  test('taking again for the same hold succeeds, whoever asks', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const mine = request(randomUUID(), ['A-1', 'A-2']);
    await locks.acquire([mine]);
    t.deepEqual(await locks.acquire([{ ...mine, owner: 'section-2' }]), [{ kind: 'acquired' }]);
  });

  test('a hold that is refused a seat keeps the seats that it had before, and no others', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const mine = request(eventId, ['A-1']);
    await locks.acquire([mine, request(eventId, ['A-3'])]);
    const [outcome] = await locks.acquire([{ ...mine, seatIds: ['A-1', 'A-2', 'A-3'] }]);
    t.is(outcome?.kind, 'taken');
    t.is(await locks.holderOf(eventId, 'A-1'), `section-1:${mine.holdId}`);
    t.is(await locks.holderOf(eventId, 'A-2'), null);
  });

  test('holds for different times share a call and keep their own times', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const [brief, long] = [request(eventId, ['A-1'], { ttlMs: 1 }), request(eventId, ['A-2'])];
    t.deepEqual(
      (await locks.acquire([long, brief, request(eventId, ['A-2'])])).map((one) => one.kind),
      ['acquired', 'acquired', 'taken'],
    );
    await eventually(async () => {
      if ((await locks.holderOf(eventId, 'A-1')) !== null) throw new Error('still there');
    });
    t.is(await locks.holderOf(eventId, 'A-2'), `section-1:${long.holdId}`);
  });

  test("an old owner's release does not remove the new owner's lock", async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const old = request(eventId, ['A-1'], { ttlMs: 1 });
    await locks.acquire([old]);
    const next = request(eventId, ['A-1']);
    await eventually(async () => {
      const [outcome] = await locks.acquire([next]);
      if (outcome?.kind !== 'acquired') throw new Error('not yet expired');
    });
    await locks.release([old]);
    t.is(await locks.holderOf(eventId, 'A-1'), `section-1:${next.holdId}`);
    await locks.release([next, next]);
    t.is(await locks.holderOf(eventId, 'A-1'), null);
  });

  test('a lock that is prolonged outlives its first time; a stranger cannot prolong it', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const [kept, lapsing] = [
      // Long enough that a busy machine gets from one call to the next within it.
      request(eventId, ['A-1'], { ttlMs: 6_000 }),
      request(eventId, ['A-2'], { ttlMs: 6_000 }),
    ];
    await locks.acquire([kept, lapsing]);
    await locks.extend([kept, { ...lapsing, holdId: randomUUID() }], 60_000);
    await eventually(async () => {
      if ((await locks.holderOf(eventId, 'A-2')) !== null) throw new Error('still there');
    }, 30_000);
    t.is(await locks.holderOf(eventId, 'A-1'), `section-1:${kept.holdId}`);
  });

  test('a thousand holds after one seat at once: one has it', async (t) => {
    const locks = await make(t);
    if (locks === null) return;
    const eventId = randomUUID();
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, () => locks.acquire([request(eventId, ['A-1'])])),
    );
    t.is(outcomes.flat().filter((one) => one.kind === 'acquired').length, 1);
    t.true(locks.healthy());
  });
};
