import { withConnection } from '../../infra/postgres/one-connection.ts';
import type { Nemesis, Stage } from '../nemesis.ts';

/** `OFFSET 0` keeps the planner from ending a session before it has looked whose it is: ours would be among them. */
const END_SESSIONS = `
  SELECT pid FROM (SELECT pid FROM pg_stat_activity
                    WHERE backend_type = 'client backend' AND application_name <> 'catraca-chaos' OFFSET 0) AS others
   WHERE pg_terminate_backend(pid)`;

const backendsTerminated: Nemesis = {
  kind: 'postgres-backends-terminated',
  describes: 'every session of PostgreSQL is terminated by its administrator',
  part: 'postgres',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    const ended = await withConnection(stage.postgres.url, 5_000, (ask) => ask(END_SESSIONS));
    if (ended.length === 0) throw new Error('nobody was connected to PostgreSQL');
    return { target: `${ended.length} sessions`, heal: () => Promise.resolve() };
  },
};

/** Some seats of each section, in the order in which everybody locks them. */
const LOCK_SEATS = `
  SELECT 1 FROM tickets.seats WHERE event_id = $1 AND ordinal % 5 = 0
   ORDER BY event_id, section_id, seat_id FOR UPDATE`;

const locksHeld: Nemesis = {
  kind: 'postgres-locks-held',
  describes: 'a forgotten transaction holds the row locks of every fifth seat for some seconds',
  part: 'postgres',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    const ms = 500 + stage.random.next() * 2_500;
    const locked = await withConnection(stage.postgres.url, 15_000, async (ask) => {
      await ask('BEGIN');
      const rows = await ask(LOCK_SEATS, [stage.eventId]);
      await stage.sleep(ms);
      await ask('ROLLBACK');
      return rows.length;
    });
    if (locked === 0) throw new Error('there was no seat to lock');
    return { target: `${locked} seats, ${Math.round(ms)} ms`, heal: () => Promise.resolve() };
  },
};

/** What commits when it is asked: the functions of the protocol, and transactions of several statements. */
const COMMITTING = ['COMMIT', 'hold-seats', 'settle_payments', 'place_order', 'end_holds', 'line.admissions'];
const SOMEBODY_COMMITS_WITHIN_MS = 5_000;

const swallowed = (stage: Stage): Promise<string> =>
  stage.proxies.postgres.swallowReply(COMMITTING, AbortSignal.timeout(SOMEBODY_COMMITS_WITHIN_MS));

const commitReplySwallowed: Nemesis = {
  kind: 'commit-reply-swallowed',
  describes: 'PostgreSQL commits, and its answer never arrives: the outcome is unknown to whoever asked',
  part: 'postgres',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    return { target: await swallowed(stage), heal: () => Promise.resolve() };
  },
};

export const POSTGRES_NEMESES: readonly Nemesis[] = [backendsTerminated, locksHeld, commitReplySwallowed];
