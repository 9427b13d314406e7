import test from 'ava';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { createSeatCounts } from '../../src/infra/postgres/seat-counts.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { admitFan, createShow, holdRequest } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';

const LOOKS_AT_MOST = 20;

/** The pool, and which statements were asked over it since the last time somebody wanted to know. */
const listened = (pool: Pool) => {
  const asked: string[] = [];
  const query = (statement: { readonly name: string; readonly text: string }) => {
    asked.push(statement.name);
    return pool.query(statement);
  };
  return { pool: { query } as unknown as Pool, asked: () => asked.splice(0) };
};

test('seats that stand still are not counted again, a change is counted at once, and after twenty looks all are', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { eventId } = await createShow(postgres.pool);
  const { pool, asked } = listened(postgres.pool);
  const ledger = createSeatLedger(postgres.pool);
  const countSeats = createSeatCounts(pool);
  const heldOf = async () => (await countSeats(eventId)).reduce((sum, one) => sum + one.held, 0);

  /** Counts until the mark is past everybody who is at work anywhere in this Postgres. */
  const quiet = () =>
    eventually(async () => {
      asked();
      const counts = await countSeats(eventId);
      const again = await countSeats(eventId);
      const names = asked();
      if (names.includes('count-seats')) throw new Error(`it was counted: ${names.join(', ')}`);
      return [counts, again] as const;
    });

  t.is(await heldOf(), 0);
  const [counts, again] = await quiet();
  t.is(counts, again, 'the same object: nothing is told anew');

  await ledger.holdSeats([holdRequest(eventId, await admitFan(postgres.pool, eventId), ['A-1-1', 'A-1-2'])]);
  t.is(await heldOf(), 2);

  const slow = await postgres.pool.connect();
  t.teardown(() => slow.release(true));
  await slow.query('BEGIN');
  await slow.query(
    `UPDATE tickets.seats SET status = 'held', hold_id = gen_random_uuid(), held_until = now() + interval '1 hour'
      WHERE event_id = $1 AND seat_id = 'A-1-3'`,
    [eventId],
  );
  t.is(await heldOf(), 2);
  t.is(await heldOf(), 2);
  await slow.query('COMMIT');
  t.is(await heldOf(), 3, 'also what was begun before the last look');

  await quiet();
  for (let look = 0; look <= LOOKS_AT_MOST; look += 1) await countSeats(eventId);
  t.true(asked().includes('count-seats'));
  t.deepEqual(await countSeats('00000000-0000-4000-8000-000000000000'), []);
});
