import test from 'ava';
import type { HandOver, HandOverBook } from '../../src/domain/ports/recovery.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createClaims } from '../../src/waiting-room/claims.ts';
import { createVirtualClock, settled } from '../payments/virtual-clock.ts';

const PLACE = { eventId: 'e', fanId: 'f', number: 7 };
const HANDED_OVER: HandOver = { number: 7, claim: 1, atMs: 1 };

/** Claims whose first look at Postgres takes until it is answered. */
const slowClaims = () => {
  let answer = (_found: readonly HandOver[]): void => undefined;
  const look = new Promise<readonly HandOver[]>((resolve) => (answer = resolve));
  const handOvers = { since: () => look } as unknown as HandOverBook;
  const claims = createClaims({ handOvers, clock: createVirtualClock(), log: silentLog });
  return { claims, answer };
};

test('who asks while a look is under way is told once of what it finds', async (t) => {
  const { claims, answer } = slowClaims();
  let told = 0;
  claims.watch(PLACE, () => (told += 1));
  answer([HANDED_OVER]);
  await settled();
  t.is(told, 1);
  claims.stop();
});

test('who no longer asks is told nothing, also not by a look that was under way', async (t) => {
  const { claims, answer } = slowClaims();
  let told = 0;
  const unwatch = claims.watch(PLACE, () => (told += 1));
  unwatch();
  answer([HANDED_OVER]);
  await settled();
  t.is(told, 0);
  t.true(await claims.isGone(PLACE), 'it was found all the same');
  claims.stop();
});
