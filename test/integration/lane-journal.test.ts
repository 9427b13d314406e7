import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { BYPASS_LANE, numberIn } from '../../src/domain/lanes.ts';
import type { LineJournal } from '../../src/domain/ports/line.ts';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { createLineJournal } from '../../src/infra/postgres/line-journal.ts';
import { createLineJournalModel } from '../../src/simulation/model/line-journal.ts';
import { createTables } from '../../src/simulation/model/rows.ts';
import { createDatabase } from '../../src/simulation/model/tables.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

/** The same rules for the journal in Postgres and for the one that simulations use. */
const rule = (
  title: string,
  body: (t: ExecutionContext, journal: LineJournal, eventId: string) => Promise<void>,
): void => {
  test.serial(`Postgres: ${title}`, async (t) => {
    const server = await testPostgres(t);
    if (server !== null) await body(t, createLineJournal(server.pool), systemIds.next());
  });
  test.serial(`the model: ${title}`, (t) =>
    body(t, createLineJournalModel(createTables(createDatabase()), systemClock), systemIds.next()),
  );
};

const lane = (joined: number, serving: number) => ({ joined, serving });
const counted = (lanes: readonly ReturnType<typeof lane>[], countedAtMs: number) => ({
  epoch: 1,
  joined: lanes.reduce((sum, one) => sum + one.joined, 0),
  serving: lanes.reduce((sum, one) => sum + one.serving, 0),
  lanes,
  admitted: 0,
  inside: 0,
  called: 0,
  countedAtMs,
});

const admit = (journal: LineJournal, eventId: string, fanId: string, number: number) =>
  journal.recordAdmission({
    passId: systemIds.next(),
    eventId,
    fanId,
    number,
    turn: number,
    ttlMs: 60_000,
    epoch: 9,
  });

rule(
  'of each lane the furthest that any node saved stands, and the line is their sum',
  async (t, journal, eventId) => {
    await journal.saveCounters(eventId, counted([lane(10, 4), lane(3, 3)], 100));
    const told = await journal.saveCounters(eventId, counted([lane(9, 6), lane(5, 1), lane(2, 0)], 200));
    t.deepEqual(told.lanes, [lane(10, 6), lane(5, 3), lane(2, 0)]);
    t.like(told, { joined: 17, serving: 9 });
    const snapshot = await journal.loadSnapshot(eventId);
    t.deepEqual(snapshot.lanes, [lane(10, 6), lane(5, 3), lane(2, 0)]);
    t.like(snapshot, { joined: 17, serving: 9, firstUse: false });
  },
);

rule(
  'places and admissions of a lane that are further than its saved counters win, and a bypass moves no lane',
  async (t, journal, eventId) => {
    const fans = Array.from({ length: 4 }, () => systemIds.next());
    const numbers = [3, numberIn(1, 7), numberIn(2, 2), numberIn(BYPASS_LANE, 5_000)];
    for (const [index, number] of numbers.entries()) {
      const fanId = fans[index];
      assert(fanId !== undefined);
      await journal.recordPlace(eventId, fanId, number);
      if (index > 0) t.like(await admit(journal, eventId, fanId, number), { created: true, turn: number });
    }
    await journal.saveCounters(eventId, counted([lane(9, 1), lane(2, 2)], 100));
    const snapshot = await journal.loadSnapshot(eventId);
    t.deepEqual(snapshot.lanes, [lane(9, 1), lane(7, 7), lane(2, 2)]);
    t.like(snapshot, { joined: 18, serving: 10, admitted: 3 });
    t.deepEqual(
      snapshot.passes.map(({ number }) => number).toSorted((a, b) => a - b),
      numbers.slice(1),
    );
  },
);

rule(
  'a place is given up once and never after an admission, and what was given up admits nobody',
  async (t, journal, eventId) => {
    const [fanId, other] = [systemIds.next(), systemIds.next()];
    await journal.recordPlace(eventId, fanId, 1);
    t.false(await journal.giveUpPlace(eventId, other, 1), 'not theirs');
    t.true(await journal.giveUpPlace(eventId, fanId, 1));
    t.false(await journal.giveUpPlace(eventId, fanId, 1));
    t.is(await admit(journal, eventId, fanId, 1), null);
    t.like(await journal.recordPlace(eventId, fanId, numberIn(1, 1)), { created: true });
    t.like(await admit(journal, eventId, fanId, numberIn(1, 1)), { created: true });
    t.false(await journal.giveUpPlace(eventId, fanId, numberIn(1, 1)));
  },
);

test.serial('Postgres: an admission and a giving up at once: one of them, never both', async (t) => {
  const server = await testPostgres(t);
  if (server === null) return;
  const journal = createLineJournal(server.pool);
  const [eventId, fanId] = [systemIds.next(), systemIds.next()];
  await journal.recordPlace(eventId, fanId, 1);
  const client = await server.pool.connect();
  t.teardown(() => client.release());
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM line.places WHERE event_id = $1 AND number = 1 FOR SHARE', [eventId]);
  let answered = false;
  const givenUp = journal.giveUpPlace(eventId, fanId, 1).finally(() => (answered = true));
  await eventually(async () => {
    const waiting = await server.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert.ok(waiting.rowCount === 1 || answered);
  });
  await client.query(
    `INSERT INTO line.admissions (pass_id, event_id, fan_id, number, expires_at)
     VALUES (gen_random_uuid(), $1, $2, 1, now() + interval '1 minute')`,
    [eventId, fanId],
  );
  await client.query('COMMIT');
  t.false(await givenUp, 'the admission was first');
  t.like(await journal.findPlace(eventId, fanId), { number: 1, ended: false });
});
