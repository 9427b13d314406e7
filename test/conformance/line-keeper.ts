import test, { type ExecutionContext } from 'ava';
import type { LineStore } from '../../src/domain/ports/line.ts';
import { PartAway } from '../../src/domain/refusal.ts';
import { systemIds } from '../../src/infra/environment.ts';
import type { LineKeeper } from '../../src/infra/postgres/line-keeper.ts';

export interface Standby {
  readonly keeper: LineKeeper;
  storeOf(term: number): LineStore;
}

/** What whoever says who counts the lines must do, with the lines that are counted in Redis' place. */
export const lineKeeperSuite = (
  name: string,
  open: (t: ExecutionContext) => Promise<Standby | null>,
): void => {
  const rule = (title: string, body: (t: ExecutionContext, standby: Standby) => Promise<void>): void =>
    test(`${name}: ${title}`, async (t) => {
      const standby = await open(t);
      if (standby !== null) await body(t, standby);
    });

  rule('a step of a term that is over counts nothing', async (t, { keeper, ...standby }) => {
    const { term } = await keeper.standIn(systemIds.next());
    const store = standby.storeOf(term);
    const eventId = systemIds.next();
    await store.restore(eventId, {
      epoch: 1,
      joined: 5,
      serving: 0,
      admitted: 0,
      firstUse: true,
      passes: [],
    });
    t.deepEqual(await store.nextNumber(eventId), { number: 6 });
    await keeper.handBack(term);
    await t.throwsAsync(store.nextNumber(eventId), { instanceOf: PartAway });
    t.false(store.healthy());
    const later = await keeper.standIn(systemIds.next());
    t.true(later.standingIn && later.term > term);
    await t.throwsAsync(store.nextNumber(eventId), { instanceOf: PartAway });
    const next = standby.storeOf(later.term);
    t.deepEqual(await next.nextNumber(eventId), { lost: true }, 'each term begins with what the journal has');
  });

  rule('nobody stands in while any node may count in Redis', async (t, { keeper }) => {
    const [one, two] = [systemIds.next(), systemIds.next()];
    const first = await keeper.renew(one, 60_000);
    await keeper.renew(two, 60_000);
    t.false((await keeper.standIn(one)).standingIn, 'the other still counts');
    const taken = await keeper.standIn(two);
    t.deepEqual(taken, { term: first.term + 1, standingIn: true });
    t.deepEqual(await keeper.renew(one, 60_000), taken, 'no lease is given while Postgres stands in');
    t.deepEqual(await keeper.standIn(one), taken, 'it stands in once');
    await keeper.handBack(taken.term - 1);
    t.deepEqual(await keeper.renew(one, 60_000), taken, 'an older term ends nothing');
    await Promise.all([keeper.handBack(taken.term), keeper.handBack(taken.term)]);
    t.deepEqual(await keeper.renew(one, 60_000), { term: taken.term + 1, standingIn: false });
    await keeper.leave(one);
    t.true((await keeper.standIn(two)).standingIn, 'whoever has left is not waited for');
  });
};
