import test from 'ava';
import fc from 'fast-check';
import { createAuditReader } from '../../src/infra/postgres/audit-reader.ts';
import { readUnsettled } from '../../src/simulation/model/records.ts';
import { usageKey } from '../../src/simulation/model/rows.ts';
import { createSaleWatch } from '../../src/simulation/sale-watch.ts';
import { testPostgres } from '../support/servers.ts';
import { GIVEN_BACK, LATE_MONEY } from './late-money-examples.ts';
import { createSaleRun, saleNames, saleOperation, type SaleOperation } from './sale-operations.ts';
import { comparable, openTwoWorlds, type TwoWorlds } from './two-worlds.ts';

const RUNS = 15;
/** Some seconds on a free machine; machines are not always free. */
const LONGEST_MS = 600_000;
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? Date.now() % 1_000_000);

const EXAMPLES = [...LATE_MONEY, ...GIVEN_BACK];

const usageOf = async (
  worlds: TwoWorlds,
  query: (sql: string) => Promise<{ rows: unknown[] }>,
  event: string,
  fans: readonly string[],
) => {
  const { rows } = await query('SELECT fan_id, seats, holds FROM tickets.fan_usage ORDER BY fan_id');
  const model = fans.flatMap((fanId) => {
    const usage = worlds.model.whole.tables.usage.get(usageKey(event, fanId));
    return usage === undefined ? [] : [{ fan_id: fanId, ...usage }];
  });
  return { real: rows, model };
};

test('Postgres and its model answer every sequence of operations of a sale alike, and end with the same rows', async (t) => {
  t.timeout(LONGEST_MS);
  const server = await testPostgres(t);
  if (server === null) return;
  const { pool } = server;
  const reader = createAuditReader(pool);
  t.log(`seed ${SEED}`);
  const done = new Map<SaleOperation['do'], number>();
  const endings = new Set<string>();
  const operationsOfRun = fc.array(saleOperation, { minLength: 25, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(operationsOfRun, fc.boolean(), async (operations, reseat) => {
      const worlds = await openTwoWorlds(pool);
      const names = saleNames();
      const run = createSaleRun(names);
      await run.begin(worlds, reseat);
      // No gateway, so no intent: what remains is that whatever the protocol does is known to the watch.
      const { model: world } = worlds;
      const watch = createSaleWatch({
        tables: world.whole.tables,
        intents: new Map(),
        clock: {
          get nowMs() {
            return world.nowMs();
          },
        },
      });
      for (const operation of operations) {
        await run.both(worlds, operation);
        watch.afterWrite();
        done.set(operation.do, (done.get(operation.do) ?? 0) + 1);
      }
      await run.compareAll(worlds);
      for (const { status, ending, reason } of worlds.model.whole.tables.orders.values())
        endings.add(status === 'refunded' && reason === 'cancelled' ? 'given back' : `${ending} ${reason}`);
      const [real, model] = [await reader.read(names.event), worlds.model.whole.records(names.event)];
      t.deepEqual(comparable(model, worlds.model.nowMs()), comparable(real, worlds.real.nowMs()));
      t.deepEqual(
        comparable(readUnsettled(model), worlds.model.nowMs()),
        comparable(await reader.unsettled(names.event), worlds.real.nowMs()),
      );
      const usage = await usageOf(worlds, (sql) => pool.query(sql), names.event, names.fans);
      t.deepEqual(usage.model, usage.real);
    }),
    {
      includeErrorInReport: true,
      numRuns: RUNS + EXAMPLES.length * 2,
      seed: SEED,
      examples: EXAMPLES.flatMap((operations) => [
        [operations, false] as [SaleOperation[], boolean],
        [operations, true] as [SaleOperation[], boolean],
      ]),
    },
  );
  t.is(done.size, 20, 'every kind of operation took place');
  const wanted = ['honoured null', 'reseated null', 'refunded seats_lost', 'refunded fan_limit'];
  for (const ending of [
    ...wanted,
    'refunded amount_mismatch',
    'refunded refunded',
    'honoured refunded',
    'given back',
  ])
    t.true(endings.has(ending), ending);
});
