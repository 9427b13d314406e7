import test, { type ExecutionContext } from 'ava';
import { audit } from '../../src/audit/audit.ts';
import { settled } from '../../src/audit/settling.ts';
import type { Verdict } from '../../src/audit/verdict.ts';
import type { EventDefinition, SaleEvent } from '../../src/domain/event.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { createAuditReader } from '../../src/infra/postgres/audit-reader.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { seededRandom } from '../../src/rush/seeded-random.ts';
import { admitFans, createShow, type AdmittedFan } from '../support/sale.ts';
import { testPostgres } from '../support/servers.ts';
import { ROW_SEATS, sendCrowd, WHAT, type Crowd, type What } from './crowd.ts';
import { startLyingNodes, type Lies, type LyingNodes } from './lying-nodes.ts';

/** `LIARS_SEED=7` sends the same crowd again; how its requests meet is up to the machine. */
const SEED = Number(process.env['LIARS_SEED'] ?? Date.now() % 1_000_000);

const FANS = 50;
const AREA_SEATS = 8;
const SEATS = 2 * ROW_SEATS + AREA_SEATS;

/** Nothing is killed here: no commit need wait for the disk, and a slow one does not thin out what meets. */
const UNHURRIED = 'options=-c%20synchronous_commit%3Doff';

const HOUSE: EventDefinition['sections'] = [
  { id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: ROW_SEATS }] },
  { id: 'B', name: 'Cadeira B', priceMinor: 15_000, rows: [{ name: '1', seats: ROW_SEATS }] },
  { id: 'PISTA', name: 'Pista', priceMinor: 12_000, capacity: AREA_SEATS },
];

/** So much happens at least, whatever the seed: a run in which too little happened proves nothing. */
const AT_LEAST: Readonly<Record<What, number>> = {
  held: 25,
  seat_taken: 60,
  doubled: 20,
  released: 1,
  extended: 1,
  abandoned: 1,
  unpaid: 0,
  cancelled: 1,
  declined: 0,
  paid: 8,
  sold: 8,
  'ended without tickets': 1,
};

/** What must have been looked at, and found in order. The line is not part of this. */
const LOOKED_AT = ['P1', 'P2', 'P3', 'P4', 'P5', 'P8', 'P9', 'P15', 'P16', 'seats', 'limits', 'money'];

/** The places of fans who were admitted without standing in line: the audit asks whose they are. */
const recordPlaces = async (pool: Pool, { eventId }: SaleEvent): Promise<void> => {
  await pool.query(
    `INSERT INTO line.places (event_id, fan_id, number, spent_at)
     SELECT event_id, fan_id, number, now() FROM line.admissions WHERE event_id = $1`,
    [eventId],
  );
};

const auditSale = async (
  pool: Pool,
  { gateway }: LyingNodes,
  { eventId }: SaleEvent,
  { memory }: Crowd,
): Promise<readonly Verdict[]> => {
  const reader = createAuditReader(pool);
  await settled(eventId, reader, systemClock, 60_000);
  const intents: Intent[] = [];
  for await (const intent of gateway.ledger(eventId)) intents.push(intent);
  const records = await reader.read(eventId);
  if (records === null) throw new Error('the event is gone');
  const history = memory.history(eventId);
  return audit({ records, intents, history, seatsExpected: SEATS, alone: true, callTtlMs: 30_000 });
};

const promisesHold = async (t: ExecutionContext, lies: Lies): Promise<LyingNodes | null> => {
  // Ten seconds as a rule; a machine with much else to do has needed two minutes.
  t.timeout(300_000);
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const { pool } = postgres;
  const random = seededRandom(SEED);
  const sale = await startLyingNodes(t, `${postgres.url}?${UNHURRIED}`, lies, random);
  const event = await createShow(pool, { sections: HOUSE });
  const fans: readonly AdmittedFan[] = await admitFans(pool, event.eventId, FANS);
  await recordPlaces(pool, event);

  const crowd = await sendCrowd(sale.nodes, event, fans, random);
  const story = `seed ${SEED}: ${WHAT.map((what) => `${what} ${crowd.counts[what]}`).join(', ')}`;
  t.log(story);
  const verdicts = await auditSale(pool, sale, event, crowd);

  t.deepEqual(
    verdicts.filter((verdict) => verdict.state === 'broken'),
    [],
    story,
  );
  const fine = new Set(verdicts.filter(({ state }) => state === 'ok').map(({ promise }) => promise));
  t.deepEqual(
    LOOKED_AT.filter((promise) => !fine.has(promise)),
    [],
    story,
  );
  t.deepEqual([...crowd.strange], [], story);
  t.deepEqual([...sale.fatal], [], story);
  for (const what of WHAT) t.true(crowd.counts[what] >= AT_LEAST[what], `${what}: too few. ${story}`);
  return sale;
};

test('with a lock that says yes to everybody every promise of a sale is kept', async (t) => {
  await promisesHold(t, { locks: true });
});

test('with no actor in between every promise of a sale is kept', async (t) => {
  const sale = await promisesHold(t, { bypass: true });
  if (sale !== null) t.true(sale.bypassed() > FANS);
});

test('with every message and webhook delivered three times every promise of a sale is kept', async (t) => {
  const sale = await promisesHold(t, { thrice: true });
  if (sale !== null) t.true(sale.repeats() >= 40, `${sale.repeats()} repeats`);
});

test('with a lying lock, no actors and everything three times at once every promise of a sale is kept', async (t) => {
  const sale = await promisesHold(t, { locks: true, bypass: true, thrice: true });
  if (sale === null) return;
  t.true(sale.bypassed() > FANS);
  t.true(sale.repeats() >= 40, `${sale.repeats()} repeats`);
});
