import test from 'ava';
import { testPostgres } from '../support/servers.ts';

const QUESTION = 'EXPLAIN SELECT count(*) FROM many WHERE n % 7 = 0';

interface Line {
  readonly 'QUERY PLAN': string;
}

const planOf = async (asked: Promise<{ readonly rows: readonly Line[] }>): Promise<string> =>
  (await asked).rows.map((line) => line['QUERY PLAN']).join('\n');

test('no statement of a pool starts processes beside its own', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  await pool.query('CREATE TABLE many AS SELECT n FROM generate_series(1, 300000) AS n');
  await pool.query('ANALYZE many');
  t.notRegex(await planOf(pool.query<Line>(QUESTION)), /Workers Planned/);

  // Left to itself Postgres would.
  const client = await pool.connect();
  try {
    await client.query('RESET max_parallel_workers_per_gather');
    t.regex(await planOf(client.query<Line>(QUESTION)), /Workers Planned/);
  } finally {
    client.release(true);
  }
});
