import type { EventId, FanId, PlaceNumber } from '../../domain/ids.ts';
import type { HandOver, HandOverBook } from '../../domain/ports/recovery.ts';
import { retryingConflicts } from './conflicts.ts';
import type { Pool } from './pool.ts';

const FIND = `
  SELECT p.fan_id AS "fanId", (extract(epoch FROM p.joined_at) * 1000)::bigint AS "joinedAtMs", p.claim,
         p.spent_at IS NOT NULL AS spent, coalesce(a.left_at IS NOT NULL OR a.expires_at <= now(), false) AS ended,
         encode(p.leaf, 'hex') AS leaf, encode(p.head, 'hex') AS head
    FROM line.places p LEFT JOIN line.admissions a ON a.event_id = p.event_id AND a.number = p.number
   WHERE p.event_id = $1 AND p.number = $2`;

const SINCE = `
  SELECT number, claim, at_ms AS "atMs" FROM line.hand_overs WHERE event_id = $1 AND at_ms >= $2 ORDER BY at_ms, claim`;

interface PlaceRow {
  readonly fanId: FanId;
  readonly joinedAtMs: number;
  readonly claim: number;
  readonly spent: boolean;
  readonly ended: boolean;
  readonly leaf: string | null;
  readonly head: string | null;
}

/** Who has which place, in Postgres: no Redis that forgets and no node that dies brings an old device back. */
export const createHandOverBook = (pool: Pool): HandOverBook => ({
  async findPlace(eventId: EventId, number: PlaceNumber) {
    const [row] = (await pool.query<PlaceRow>(FIND, [eventId, number])).rows;
    if (row === undefined) return null;
    const { leaf, head, ...place } = row;
    return { ...place, eventId, number, receipt: leaf === null || head === null ? null : { leaf, head } };
  },

  async handOver({ eventId, number, claim, requestId, passId }) {
    const values = [eventId, number, claim, requestId, passId];
    const { rows } = await retryingConflicts(() =>
      pool.query<{ claim: number | null }>('SELECT line.hand_over($1, $2, $3, $4, $5) AS claim', values),
    );
    return rows[0]?.claim ?? null;
  },

  async since(eventId, sinceMs) {
    return (await pool.query<HandOver>(SINCE, [eventId, sinceMs])).rows;
  },
});
