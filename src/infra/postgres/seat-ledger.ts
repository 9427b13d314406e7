import type { Hold, HoldRequest, HoldResult } from '../../domain/hold.ts';
import type { HoldId, SeatId } from '../../domain/ids.ts';
import type { SeatLedger } from '../../domain/ports/seat-ledger.ts';
import { refuse, type Refusal, type RefusalCode } from '../../domain/refusal.ts';
import { provesNoEffect, retryingConflicts } from './conflicts.ts';
import { connected, inTransaction, isAway, type Pool } from './pool.ts';
import { holdFrom, type HoldColumns } from './rows.ts';
import { createSectionReader } from './section-reader.ts';

/** What Postgres adds to a request by granting it; the rest of the hold is as it was asked for. */
type Grant = readonly [
  ord: number,
  fences: readonly number[],
  amountMinor: number,
  currency: string,
  expiresAtMs: number,
];

/** What a request that was not granted was answered. The hold is there for `replayed` alone. */
interface Verdict {
  readonly ord: number;
  readonly code: 'replayed' | 'hold_overdue' | RefusalCode;
  readonly inTheWay: readonly SeatId[] | null;
  readonly overdueHolds: readonly HoldId[] | null;
  readonly hold: Hold | null;
}

/**
 * One JSON document for the whole batch, and of a granted hold only what the node does not know: reading fifteen columns of each
 * row as pg does cost the node more than all the rest of a hold's way through the ledger, and writing them cost Postgres a sixth of it.
 */
const DECIDE_HOLDS = {
  name: 'decide-holds',
  text: 'SELECT tickets.decide_holds($1) AS decisions',
};

/** A text[] as Postgres reads it. */
const textArray = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;

/** What `tickets.decide_holds` takes. */
export const askedOf = (requests: readonly HoldRequest[]): string =>
  JSON.stringify(
    requests.map((one) => [
      one.holdId,
      one.eventId,
      one.sectionId,
      one.fanId,
      one.passId,
      textArray(one.seatIds),
      one.ttlMs,
      one.fingerprint,
    ]),
  );

const OVERDUE = {
  name: 'overdue-holds',
  // SKIP LOCKED: another sweeper, or the fan, is ending that one already.
  text: `SELECT hold_id FROM tickets.holds WHERE state = 'active' AND expires_at <= now()
          ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
};

/** The seats in Postgres: see `migrations/0005_seat_protocol.sql` and `0026_decide_holds.sql` for the protocol itself. */
export const createSeatLedger = (pool: Pool): SeatLedger => {
  const ask = async (requests: readonly HoldRequest[]): Promise<readonly (Grant | Verdict)[]> => {
    const values = [askedOf(requests)];
    const answer = await retryingConflicts(() =>
      connected(pool, (client) =>
        client.query<{ readonly decisions: readonly (Grant | Verdict)[] }>({ ...DECIDE_HOLDS, values }),
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
    for (const one of await ask(requests)) {
      if ('code' in one && one.code === 'hold_overdue') {
        again.push(one.ord);
        for (const holdId of one.overdueHolds ?? []) overdue.add(holdId);
      } else {
        const ord = 'code' in one ? one.ord : one[0];
        results[ord] = resultOf(one, requests[ord] as HoldRequest);
      }
    }
    if (again.length === 0) return results;
    // A whole hold expires at once, with its fan's counters: one home for that, so expire first and ask once more.
    await end([...overdue], 'expired');
    const asked = again.map((index) => requests[index] as HoldRequest);
    for (const one of await ask(asked)) {
      const ord = 'code' in one ? one.ord : one[0];
      results[again[ord] as number] = resultOf(one, asked[ord] as HoldRequest);
    }
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

const resultOf = (decision: Grant | Verdict, request: HoldRequest): HoldResult => {
  if (!('code' in decision)) return { kind: 'held', hold: holdOf(request, decision), replayed: false };
  const { code, hold, inTheWay } = decision;
  if (code === 'replayed') {
    if (hold === null) throw new Error('decide_holds found a hold again and did not name it');
    return { kind: 'held', hold, replayed: true };
  }
  // Still overdue after it was to be expired: somebody extended it in between, so it is theirs.
  if (code === 'hold_overdue') return refuse('seat_taken');
  return refuse(code, code === 'seat_taken' && inTheWay !== null ? { seatIds: inTheWay } : {});
};

const holdOf = (
  { holdId, eventId, sectionId, fanId, seatIds }: HoldRequest,
  [, fences, amountMinor, currency, expiresAtMs]: Grant,
): Hold => ({
  holdId,
  eventId,
  sectionId,
  fanId,
  seatIds,
  fences,
  amountMinor,
  currency,
  expiresAtMs,
  extended: false,
  state: 'active',
});
