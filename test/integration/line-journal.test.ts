import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { systemIds } from '../../src/infra/environment.ts';
import { createLineJournal } from '../../src/infra/postgres/line-journal.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres } from '../support/servers.ts';

const TTL_MS = 60_000;

const open = async (t: ExecutionContext) => {
  const server = await testPostgres(t);
  if (server === null) return null;
  const [eventId, fanId] = [systemIds.next(), systemIds.next()];
  const journals = [createLineJournal(server.pool), createLineJournal(server.pool)] as const;
  const record = (number: number, fan = fanId, ttlMs = TTL_MS, epoch = 1) =>
    journals[0].recordAdmission({
      passId: systemIds.next(),
      eventId,
      fanId: fan,
      number,
      turn: number,
      ttlMs,
      epoch,
    });
  const admit = async (...of: Parameters<typeof record>) => {
    const admission = await record(...of);
    if (admission === 'superseded') throw new Error('superseded');
    return admission;
  };
  return { record, pool: server.pool, journal: journals[0], other: journals[1], eventId, fanId, admit };
};

test.serial('one place a fan and event, whichever of many numbers comes first', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, other, eventId, fanId, pool } = world;
  const records = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? journal : other).recordPlace(eventId, fanId, index + 1),
    ),
  );
  t.is(records.filter((record) => record?.created).length, 1);
  t.is(new Set(records.map((record) => record?.number)).size, 1);
  t.like(await journal.findPlace(eventId, fanId), { number: records[0]?.number, ended: false });
  t.is((await pool.query('SELECT 1 FROM line.places')).rowCount, 1);
});

test.serial('many fans on two nodes join in opposite orders and all get what they asked for', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, other, eventId } = world;
  const fans = Array.from({ length: 1_500 }, () => systemIds.next());
  const forward = fans.map((fan, index) => journal.recordPlace(eventId, fan, index + 1));
  const backward = fans
    .map((fan, index) => ({ fan, number: 10_000 + index }))
    .reverse()
    .map(({ fan, number }) => other.recordPlace(eventId, fan, number));
  const [ones, others] = [await Promise.all(forward), (await Promise.all(backward)).reverse()];
  for (const [index, one] of ones.entries()) {
    t.is(one?.number, others[index]?.number);
    t.not(one?.created, others[index]?.created);
  }
});

test.serial("a number that is another fan's is refused, and the next one works", async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId, fanId } = world;
  t.like(await journal.recordPlace(eventId, systemIds.next(), 1), { created: true });
  t.is(await journal.recordPlace(eventId, fanId, 1), null);
  t.like(await journal.recordPlace(eventId, fanId, 2), { created: true, number: 2 });
});

test.serial('one admission a place, two hundred redemptions or not', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId, fanId, pool, admit } = world;
  await journal.recordPlace(eventId, fanId, 1);
  const records = await Promise.all(Array.from({ length: 200 }, () => admit(1)));
  t.is(records.filter((record) => record?.created).length, 1);
  t.is(new Set(records.map((record) => record?.passId)).size, 1);
  t.is((await pool.query('SELECT 1 FROM line.admissions')).rowCount, 1);
  t.like(await journal.findAdmission(eventId, 1), { state: 'live', fanId });
  t.true(Math.abs((records[0]?.expiresAtMs ?? 0) - Date.now() - TTL_MS) < 5_000);
});

test.serial('no admission without a recorded place of the same fan', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId, fanId, admit } = world;
  t.is(await admit(1), null);
  await journal.recordPlace(eventId, fanId, 1);
  t.is(await admit(1, systemIds.next()), null);
  await admit(1);
  t.is(await admit(1, systemIds.next()), null);
});

test.serial('an ended place is spent once, a live one never, and the next stands beside it', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId, fanId, admit } = world;
  await journal.recordPlace(eventId, fanId, 1);
  await journal.spendPlace(eventId, fanId, 1);
  t.like(await journal.recordPlace(eventId, fanId, 2), { number: 1, created: false });
  await admit(1);
  await journal.spendPlace(eventId, fanId, 1);
  t.like(await journal.findPlace(eventId, fanId), { number: 1, ended: false });
  t.like(await journal.endAdmission(eventId, fanId), { number: 1, state: 'left' });
  t.like(await journal.endAdmission(eventId, fanId), { number: 1, state: 'left' });
  t.like(await journal.findPlace(eventId, fanId), { number: 1, ended: true });
  await journal.spendPlace(eventId, fanId, 1);
  t.is(await journal.findPlace(eventId, fanId), null);
  t.like(await journal.recordPlace(eventId, fanId, 3), { number: 3, created: true });
  t.like(await admit(1), { created: false, state: 'left' });
});

test.serial(
  'an admission past its time is expired, cannot be ended, and frees the fan to join again',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { journal, eventId, fanId, admit } = world;
    await journal.recordPlace(eventId, fanId, 1);
    await admit(1, fanId, 0);
    t.like(await journal.findAdmission(eventId, 1), { state: 'expired' });
    t.like(await journal.endAdmission(eventId, fanId), { state: 'expired' });
    t.like(await journal.findPlace(eventId, fanId), { ended: true });
    t.is(await journal.endAdmission(eventId, systemIds.next()), null);
  },
);

test.serial('counters only rise, and each loading raises the epoch', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId } = world;
  const counters = {
    epoch: 1,
    joined: 50,
    serving: 20,
    admitted: 25,
    inside: 3,
    called: 2,
    countedAtMs: 900,
  };
  const first = await journal.loadSnapshot(eventId);
  t.deepEqual(first, { epoch: 1, joined: 0, serving: 0, admitted: 0, firstUse: true, passes: [] });
  t.deepEqual(await journal.saveCounters(eventId, counters), {
    epoch: 1,
    joined: 50,
    serving: 20,
    countedAtMs: 900,
  });
  const further = { ...counters, joined: 40, serving: 21, admitted: 1, countedAtMs: 950 };
  t.like(await journal.saveCounters(eventId, further), { joined: 50, serving: 21, countedAtMs: 950 });
  // From a node that is behind: the time belongs to the number.
  t.like(await journal.saveCounters(eventId, { ...counters, countedAtMs: 990 }), {
    serving: 21,
    countedAtMs: 950,
  });
  const loaded = await Promise.all([journal.loadSnapshot(eventId), journal.loadSnapshot(eventId)]);
  t.deepEqual(
    loaded.map(({ epoch }) => epoch).toSorted((a, b) => a - b),
    [2, 3],
  );
  t.like(loaded[0], { joined: 50, serving: 21, admitted: 25, firstUse: false });
});

test.serial('places and admissions that are further than the saved counters win', async (t) => {
  const world = await open(t);
  if (world === null) return;
  const { journal, eventId, fanId, admit } = world;
  const [second, third] = [systemIds.next(), systemIds.next()];
  await journal.recordPlace(eventId, fanId, 7);
  await journal.recordPlace(eventId, second, 8);
  await journal.recordPlace(eventId, third, 12);
  await admit(7);
  await admit(8, second);
  await journal.endAdmission(eventId, second);
  const snapshot = await journal.loadSnapshot(eventId);
  t.like(snapshot, { joined: 12, serving: 8, admitted: 2, firstUse: false });
  t.deepEqual(
    snapshot.passes.map(({ number }) => number),
    [7],
  );
  t.true((snapshot.passes[0]?.remainingMs ?? 0) > TTL_MS - 10_000);
});

test.serial(
  'an admission of a line that was loaded again since is not written, not even while the loading is under way',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { journal, record, eventId, fanId, pool } = world;
    const [one, two] = [systemIds.next(), systemIds.next()];
    for (const [index, fan] of [fanId, one, two].entries())
      await journal.recordPlace(eventId, fan, index + 1);
    const { epoch } = await journal.loadSnapshot(eventId);
    t.like(await record(1, fanId, TTL_MS, epoch), { created: true });
    t.is(
      (await journal.loadSnapshot(eventId)).passes.length,
      1,
      'whoever was written is seen by the next loader',
    );
    t.is(await record(2, one, TTL_MS, epoch), 'superseded');
    t.like(await record(1, fanId, TTL_MS, epoch), { created: false }, 'what stands, stands');
    t.is(await record(9, two, TTL_MS, epoch + 1), null, 'a place of nobody');

    // The loader has raised the epoch and not committed yet: the writer waits, and then sees it.
    const loader = await pool.connect();
    try {
      await loader.query('BEGIN');
      await loader.query('UPDATE line.counters SET epoch = epoch + 1 WHERE event_id = $1', [eventId]);
      const late = record(3, two, TTL_MS, epoch + 1);
      await eventually(async () => {
        const { rows } = await pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        assert.equal(rows.length, 1);
      });
      await loader.query('COMMIT');
      t.is(await late, 'superseded');
    } finally {
      loader.release();
    }
    t.like(await record(3, two, TTL_MS, epoch + 2), { created: true });
  },
);

test.serial(
  'an admission that meets a hand-over under way is of the device that has the place after it',
  async (t) => {
    const world = await open(t);
    if (world === null) return;
    const { journal, eventId, fanId, pool, record } = world;
    await journal.recordPlace(eventId, fanId, 1);
    const other = await pool.connect();
    t.teardown(() => other.release());
    await other.query('BEGIN');
    const order = [eventId, systemIds.next(), systemIds.next()];
    await other.query('SELECT line.hand_over($1, 1, 0, $2, $3)', order);
    let answered = false;
    const old = record(1).finally(() => (answered = true));
    await eventually(async () => {
      const waiting = await pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      assert.ok(waiting.rowCount === 1 || answered);
    });
    await other.query('COMMIT');
    t.is(await old, null, 'the device before has nothing');
    const passId = systemIds.next();
    const admission = { passId, eventId, fanId, number: 1, turn: 1, ttlMs: TTL_MS, epoch: 0 };
    t.like(await journal.recordAdmission({ ...admission, claim: 1 }), { passId, created: true, claim: 1 });
    t.is(await journal.recordAdmission(admission), null);
  },
);
