import { inTransaction, type Pool } from './pool.ts';

/** Who counts the lines, as Postgres has it. */
export interface Keeper {
  /** Rises with each change of the keeper. */
  readonly term: number;
  /** Postgres counts, in place of Redis. */
  readonly standingIn: boolean;
}

/** The one row that says who counts the lines, and the leases of those who count in Redis. */
export interface LineKeeper {
  /** Lets this node count in Redis for `leaseMs` more, unless Postgres stands in: then the answer says so. */
  renew(nodeId: string, leaseMs: number): Promise<Keeper>;
  /** This node counts in Redis no more. If no other does, Postgres stands in from here on. */
  standIn(nodeId: string): Promise<Keeper>;
  /** Ends the standing in of that term; a later term is left as it is. */
  handBack(term: number): Promise<void>;
  /** This node counts no more and does not come back under this name. */
  leave(nodeId: string): Promise<void>;
}

interface KeeperRow {
  readonly term: number;
  readonly standing_in: boolean;
}

/** FOR SHARE waits for a change that is under way and then reads what it left; without it a lease could slip past it. */
const RENEW = `
  WITH keeper AS (SELECT term, standing_in FROM line.keeper FOR SHARE),
  lease AS (
    INSERT INTO line.leases (node_id, expires_at)
    SELECT $1, clock_timestamp() + $2::bigint * interval '1 millisecond' FROM keeper WHERE NOT standing_in
    ON CONFLICT (node_id) DO UPDATE SET expires_at = excluded.expires_at)
  SELECT term, standing_in FROM keeper`;

const END_LEASES = 'DELETE FROM line.leases WHERE node_id = $1 OR expires_at <= clock_timestamp()';

const STAND_IN = `
  UPDATE line.keeper SET standing_in = true, term = term + 1, changed_at = clock_timestamp()
  WHERE NOT standing_in AND NOT EXISTS (SELECT 1 FROM line.leases WHERE expires_at > clock_timestamp())`;

const HAND_BACK = `
  UPDATE line.keeper SET standing_in = false, term = term + 1, changed_at = clock_timestamp()
  WHERE standing_in AND term = $1`;

/** Steps that are under way have these; once they are ours no step of the old term is left that could still count. */
const WAIT_FOR_STEPS = 'SELECT 1 FROM line.standby WHERE term = $1 ORDER BY event_id FOR UPDATE';

const keeperOf = (row: KeeperRow | undefined): Keeper => {
  if (row === undefined) throw new Error('Postgres does not know who keeps the lines');
  return { term: row.term, standingIn: row.standing_in };
};

export const createLineKeeper = (pool: Pool): LineKeeper => ({
  async renew(nodeId, leaseMs) {
    const { rows } = await pool.query<KeeperRow>(RENEW, [nodeId, leaseMs]);
    return keeperOf(rows[0]);
  },
  standIn: (nodeId) =>
    inTransaction(pool, async (client) => {
      // First the lock, then a statement that looks: a lease given while we waited must be seen.
      await client.query('SELECT 1 FROM line.keeper FOR UPDATE');
      await client.query(END_LEASES, [nodeId]);
      await client.query(STAND_IN);
      const { rows } = await client.query<KeeperRow>('SELECT term, standing_in FROM line.keeper');
      return keeperOf(rows[0]);
    }),
  handBack: (term) =>
    inTransaction(pool, async (client) => {
      await client.query(WAIT_FOR_STEPS, [term]);
      await client.query(HAND_BACK, [term]);
    }),
  async leave(nodeId) {
    await pool.query('DELETE FROM line.leases WHERE node_id = $1', [nodeId]);
  },
});
