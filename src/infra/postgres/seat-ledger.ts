import type { Hold, HoldRequest, HoldResult } from '../../domain/hold.ts';
import type { HoldId, SeatId } from '../../domain/ids.ts';
import type { SeatLedger } from '../../domain/ports/seat-ledger.ts';
import { refuse, type Refusal, type RefusalCode } from '../../domain/refusal.ts';
import { provesNoEffect, retryingConflicts } from './conflicts.ts';
import { connected, inTransaction, isAway, type Pool } from './pool.ts';
import { holdFrom, type HoldColumns } from './rows.ts';
import { createSectionReader } from './section-reader.ts';

/** What one request was answered. The hold is null where there is none. */
interface Decision {
  readonly ord: number;
  readonly code: 'held' | 'replayed' | 'hold_overdue' | RefusalCode;
  readonly inTheWay: readonly SeatId[] | null;
  readonly overdueHolds: readonly HoldId[] | null;
  readonly hold: Hold | null;
}

/**
 * One JSON document for the whole batch: reading fifteen columns of each row as pg does cost the node more than all the rest
 * of a hold's way through the ledger.
 */
const HOLD_SEATS = {
  name: 'hold-seats',
  text: `SELECT json_agg(json_build_object(
           'ord', d.ord, 'code', d.code, 'inTheWay', d.in_the_way, 'overdueHolds', d.overdue_holds,
           'hold', CASE WHEN d.hold_id IS NOT NULL THEN json_build_object(
             'holdId', d.hold_id, 'eventId', d.event_id, 'sectionId', d.section_id, 'fanId', d.fan_id,
             'seatIds', d.seat_ids, 'fences', d.fences, 'amountMinor', d.amount_minor, 'currency', d.currency,
             'expiresAtMs', floor(extract(epoch FROM d.expires_at) * 1000)::bigint,
             'extended', d.extended, 'state', d.state) END)) AS decisions
           FROM tickets.hold_seats($1) d`,
};

const OVERDUE = {
  name: 'overdue-holds',
  // SKIP LOCKED: another sweeper, or the fan, is ending that one already.
  text: `SELECT hold_id FROM tickets.holds WHERE state = 'active' AND expires_at <= now()
          ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
};

/** The seats in Postgres: see `migrations/0005_seat_protocol.sql` for the protocol itself. */
export const createSeatLedger = (pool: Pool): SeatLedger => {
  const ask = async (requests: readonly HoldRequest[]): Promise<readonly Decision[]> => {
    const rows = requests.map((one, ord) => ({
      ord,
      hold_id: one.holdId,
      event_id: one.eventId,
      section_id: one.sectionId,
      fan_id: one.fanId,
      pass_id: one.passId,
      seat_ids: one.seatIds,
      ttl_ms: one.ttlMs,
      fingerprint: one.fingerprint,
    }));
    const values = [JSON.stringify(rows)];
    const answer = await retryingConflicts(() =>
      connected(pool, (client) =>
        client.query<{ readonly decisions: readonly Decision[] }>({ ...HOLD_SEATS, values }),
      ),
    );
    return answer.rows[0]?.decisions ?? [];
  };

  const end = async (
    holdIds: readonly HoldId[],
    ending: 'released' | 'expired',
  ): Promise<readonly Hold[]> => {
    const answer = await retryingConflicts(() =>
      pool.query<HoldColumns>('SELECT * FROM tickets.end_holds($1, $2)', [holdIds, ending]),
    );
    return answer.rows.map(holdFrom);
  };

  const findHold = async (holdId: HoldId): Promise<Hold | null> => {
    const { rows } = await pool.query<HoldColumns>('SELECT * FROM tickets.holds WHERE hold_id = $1', [
      holdId,
    ]);
    return rows[0] === undefined ? null : holdFrom(rows[0]);
  };

  const decide = async (requests: readonly HoldRequest[]): Promise<readonly HoldResult[]> => {
    const results: HoldResult[] = Array.from({ length: requests.length });
    const again: number[] = [];
    const overdue = new Set<HoldId>();
    for (const row of await ask(requests)) {
      if (row.code === 'hold_overdue') {
        again.push(row.ord);
        for (const holdId of row.overdueHolds ?? []) overdue.add(holdId);
      } else {
        results[row.ord] = resultOf(row);
      }
    }
    if (again.length === 0) return results;
    // A whole hold expires at once, with its fan's counters: one home for that, so expire first and ask once more.
    await end([...overdue], 'expired');
    const second = await ask(again.map((index) => requests[index] as HoldRequest));
    for (const row of second) results[again[row.ord] as number] = resultOf(row);
    return results;
  };

  return {
    async holdSeats(requests) {
      try {
        return await decide(requests);
      } catch (error) {
        if (isAway(error)) return requests.map(() => refuse('unavailable'));
        if (!provesNoEffect(error)) throw error;
        // One request that Postgres cannot digest must not cost the others of its batch their seats.
        if (requests.length === 1) return [refuse('internal')];
        const results: HoldResult[] = [];
        for (const request of requests) results.push(...(await this.holdSeats([request])));
        return results;
      }
    },

    findHold,

    async releaseHold(holdId, fanId) {
      const hold = await findHold(holdId);
      if (hold === null || hold.fanId !== fanId) return refuse('not_found');
      if (hold.state === 'released') return hold;
      const [released] = await end([holdId], 'released');
      if (released !== undefined) return released;
      const now = await findHold(holdId);
      if (now?.state === 'released') return now;
      return refuse(now?.state === 'expired' ? 'hold_expired' : 'hold_not_active');
    },

    async extendHold(holdId, fanId, ttlMs): Promise<Hold | Refusal> {
      const { rows } = await retryingConflicts(() =>
        pool.query<HoldColumns & { readonly code: 'extended' | RefusalCode }>(
          'SELECT e.code, (e.hold_row).* FROM tickets.extend_hold($1, $2, $3) e',
          [holdId, fanId, ttlMs],
        ),
      );
      const row = rows[0];
      if (row === undefined) throw new Error('extend_hold returned no row');
      return row.code === 'extended' ? holdFrom(row) : refuse(row.code);
    },

    expireHolds: (limit) =>
      retryingConflicts(() =>
        inTransaction(pool, async (client) => {
          const { rows } = await client.query<{ hold_id: HoldId }>({ ...OVERDUE, values: [limit] });
          if (rows.length === 0) return [];
          const ended = await client.query<HoldColumns>("SELECT * FROM tickets.end_holds($1, 'expired')", [
            rows.map((row) => row.hold_id),
          ]);
          return ended.rows.map(holdFrom);
        }),
      ),

    ...createSectionReader(pool),
  };
};

const resultOf = ({ code, hold, inTheWay }: Decision): HoldResult => {
  if (code === 'held' || code === 'replayed') {
    if (hold === null) throw new Error('hold_seats granted a hold and did not name it');
    return { kind: 'held', hold, replayed: code === 'replayed' };
  }
  // Still overdue after it was to be expired: somebody extended it in between, so it is theirs.
  if (code === 'hold_overdue') return refuse('seat_taken');
  return refuse(code, code === 'seat_taken' && inTheWay !== null ? { seatIds: inTheWay } : {});
};
