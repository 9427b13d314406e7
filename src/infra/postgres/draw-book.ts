import { randomBytes } from 'node:crypto';
import { commitmentOf, DRAW_BYTES, firstHead } from '../../domain/draw.ts';
import type { EventId, FanId, PlaceNumber } from '../../domain/ids.ts';
import { LANE_SPAN } from '../../domain/lanes.ts';
import type { DrawBook, DrawRecord, LaneDraw } from '../../domain/ports/draw-book.ts';
import type { PlaceRecord } from '../../domain/ports/line.ts';
import { nodeHashes } from '../hashes.ts';
import { groupCommit } from './group-commit.ts';
import type { Pool } from './pool.ts';

/** The draw's row is locked by each batch: two at once from one node would only wait for each other. */
const LIMITS = { maxItems: 500, maxInFlight: 1, maxWaiting: 20_000 };

interface DrawRow {
  readonly event_id: EventId;
  readonly commitment: string;
  readonly opens_at_ms: number;
  readonly entrants: number;
  readonly head: string;
  readonly beacon_source: string | null;
  readonly beacon: string | null;
  readonly sealed_at_ms: number | null;
  readonly by_hand: boolean;
  readonly secret: string | null;
}

interface EntryRow {
  readonly fan_id: FanId;
  readonly number: PlaceNumber | null;
  readonly joined_at_ms: number;
  readonly leaf: string | null;
  readonly head: string | null;
  readonly ended: boolean;
  readonly claim: number;
  readonly created: boolean;
}

/** The secret leaves Postgres only once nothing of the key can change any more. */
const DRAWS = `
  SELECT event_id, encode(sha256(secret), 'hex') AS commitment, (extract(epoch FROM opens_at) * 1000)::bigint AS opens_at_ms,
         entrants, encode(head, 'hex') AS head, beacon_source, beacon,
         (extract(epoch FROM sealed_at) * 1000)::bigint AS sealed_at_ms, by_hand,
         CASE WHEN sealed_at IS NOT NULL AND (beacon_source IS NULL OR beacon IS NOT NULL)
              THEN encode(secret, 'hex') END AS secret
    FROM line.draws`;

const OPEN = `
  INSERT INTO line.draws (event_id, opens_at, secret, head, beacon_source, sealed_at)
  SELECT $1, to_timestamp($2::double precision / 1000), $3, $4, $5,
         CASE WHEN to_timestamp($2::double precision / 1000) <= clock_timestamp()
                OR EXISTS (SELECT 1 FROM line.places WHERE event_id = $1)
                OR EXISTS (SELECT 1 FROM line.counters WHERE event_id = $1 AND joined > 0) THEN clock_timestamp() END
  ON CONFLICT DO NOTHING`;

/** The older function for lines without lanes, which nodes of the version before share. */
const enterBy = (lane: number): string => `
  SELECT e.fan_id, e.number, (extract(epoch FROM e.joined_at) * 1000)::bigint AS joined_at_ms,
         encode(e.leaf, 'hex') AS leaf, encode(e.head, 'hex') AS head, e.created,
         coalesce(a.left_at IS NOT NULL OR a.expires_at <= now(), false) AS ended,
         CASE WHEN e.created THEN 0 ELSE
           coalesce((SELECT p.claim FROM line.places p WHERE p.event_id = $1 AND p.number = e.number), 0) END AS claim
    FROM ${lane === 0 ? 'line.enter_draw($1, $2::uuid[], $3::bytea[])' : `line.enter_lane_draw($1, $4, ${lane * LANE_SPAN}, $2::uuid[], $3::bytea[])`} AS e
    LEFT JOIN line.admissions a ON a.event_id = $1 AND a.number = e.number`;

const LEAVES = `
  SELECT encode(p.leaf, 'hex') AS leaf FROM line.places p
  JOIN line.draws d ON d.event_id = $4 AND d.sealed_at IS NOT NULL
  WHERE p.event_id = $1 AND p.number >= $5::bigint + $2 AND p.number <= $5::bigint + least(d.entrants, $2 + $3 - 1)
  ORDER BY p.number`;

const drawOf = (row: DrawRow | undefined): DrawRecord => {
  if (row === undefined) throw new Error('the draw of this event was never opened');
  return {
    eventId: row.event_id,
    commitment: row.commitment,
    opensAtMs: row.opens_at_ms,
    entrants: row.entrants,
    head: row.head,
    beacon: row.beacon_source === null ? null : { source: row.beacon_source, value: row.beacon },
    sealedAtMs: row.sealed_at_ms,
    openedByHand: row.by_hand,
    secret: row.secret,
  };
};

type Entered = (PlaceRecord & { readonly created: boolean }) | null;

interface Entry {
  readonly fanId: FanId;
  readonly leaf: Uint8Array;
}

/** The draws in Postgres. Entries of one event share statements, and each statement extends the chain by all of its own. */
export const createDrawBook = (pool: Pool): DrawBook => {
  const find = async (eventId: EventId): Promise<DrawRecord> => {
    const { rows } = await pool.query<DrawRow>(`${DRAWS} WHERE event_id = $1`, [eventId]);
    return drawOf(rows[0]);
  };

  const enterAll = async (
    { eventId, lane, drawId }: LaneDraw,
    entries: readonly Entry[],
  ): Promise<readonly Entered[]> => {
    const first = new Map<FanId, Entry>();
    for (const entry of entries) if (!first.has(entry.fanId)) first.set(entry.fanId, entry);
    const columns = [[...first.keys()], [...first.values()].map(({ leaf }) => Buffer.from(leaf))];
    const values = [eventId, ...columns, ...(lane === 0 ? [] : [drawId])];
    const { rows } = await pool.query<EntryRow>(enterBy(lane), values);
    const byFan = new Map(rows.map((row) => [row.fan_id, row]));
    return entries.map((entry): Entered => {
      const row = byFan.get(entry.fanId);
      if (row === undefined || row.number === null) return null;
      const { number, joined_at_ms: joinedAtMs, ended, claim, leaf, head } = row;
      const receipt = leaf === null || head === null ? null : { leaf, head };
      const created = row.created && first.get(entry.fanId) === entry;
      return { eventId, fanId: entry.fanId, number, joinedAtMs, ended, claim, receipt, created };
    });
  };

  const queues = new Map<string, (entry: Entry) => Promise<Entered>>();
  const queueOf = (draw: LaneDraw): ((entry: Entry) => Promise<Entered>) => {
    let queue = queues.get(draw.drawId);
    if (queue === undefined) {
      queue = groupCommit({ run: (entries: readonly Entry[]) => enterAll(draw, entries), ...LIMITS });
      queues.set(draw.drawId, queue);
    }
    return queue;
  };

  return {
    find,
    async open({ eventId, opensAtMs, beaconSource }) {
      const secret = randomBytes(DRAW_BYTES);
      const head = firstHead(nodeHashes, eventId, commitmentOf(nodeHashes, secret));
      await pool.query(OPEN, [eventId, opensAtMs, secret, Buffer.from(head), beaconSource]);
      return find(eventId);
    },
    enter: (draw, fanId, leaf) => queueOf(draw)({ fanId, leaf }),
    async reschedule(eventId, fromMs, toMs) {
      await pool.query(
        `UPDATE line.draws SET opens_at = to_timestamp($3::double precision / 1000)
          WHERE event_id = $1 AND sealed_at IS NULL AND (extract(epoch FROM opens_at) * 1000)::bigint = $2`,
        [eventId, fromMs, toMs],
      );
      return find(eventId);
    },
    async seal(eventId, byHand) {
      await pool.query('SELECT line.seal_draw($1, $2)', [eventId, byHand]);
      return find(eventId);
    },
    async setBeacon(eventId, value) {
      await pool.query(
        `UPDATE line.draws SET beacon = $2
          WHERE event_id = $1 AND beacon_source IS NOT NULL AND beacon IS NULL AND sealed_at IS NOT NULL`,
        [eventId, value],
      );
      return (await find(eventId)).beacon?.value === value;
    },
    async leaves({ eventId, drawId, lane }, from, limit) {
      const values = [eventId, from, limit, drawId, lane * LANE_SPAN];
      const { rows } = await pool.query<{ leaf: string }>(LEAVES, values);
      return rows.map((row) => row.leaf);
    },
  };
};
