import type { EventId, PlaceNumber } from '../../domain/ids.ts';
import { hasJoined, isServing, lanesOf, raiseLine, restoreLine, type Line } from '../../domain/line-state.ts';
import { assurePass, leaveLine, nextInLane, redeemPlace, stepLine } from '../../domain/line.ts';
import type { LineStore, Lost } from '../../domain/ports/line.ts';
import { PartAway } from '../../domain/refusal.ts';
import { groupCommit } from './group-commit.ts';
import { laneColumn } from './lane-column.ts';
import { packLine, slotsOf, unpackLine, type LineState, type SlotRow } from './line-state.ts';
import { inTransaction, type Client, type Pool } from './pool.ts';

const LOST: Lost = { lost: true };
/** One transaction a line at a time on this node; what comes meanwhile shares the next. */
const LIMITS = { maxItems: 500, maxInFlight: 1, maxWaiting: 20_000 };

/** Postgres does not keep the lines in this term (any more). Nothing was counted. */
export class TermOver extends PartAway {
  constructor(term: number) {
    super(`Postgres does not keep the lines in term ${term}`);
    this.name = 'TermOver';
  }
}

interface Move {
  /** The place it is about; null: none. */
  readonly place: PlaceNumber | null;
  readonly on: (line: Line, nowMs: number) => object;
}

/** By the clock of Postgres, once the line's row is ours: a time taken before the wait could lie behind the last step's. */
const READ_TERM = `
  SELECT term, standing_in, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms FROM line.keeper`;

const READ_SLOTS = `
  SELECT number, ends_at_ms, bucket, want_bucket FROM line.standby_slots WHERE event_id = $1 AND number = ANY($2::bigint[])`;

const WRITE_SLOTS = `
  INSERT INTO line.standby_slots (event_id, number, ends_at_ms, bucket, want_bucket)
  SELECT $1, number, ends_at_ms, bucket, want_bucket
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS slot (number, ends_at_ms, bucket, want_bucket)
  ON CONFLICT (event_id, number) DO UPDATE SET
    ends_at_ms = excluded.ends_at_ms, bucket = excluded.bucket, want_bucket = excluded.want_bucket`;

/** In the same transaction: what is told to people from here is in the journal already, and a later keeper starts from it. */
const WRITE_COUNTERS = `
  UPDATE line.counters SET
    epoch = greatest(epoch, $2), joined = greatest(joined, $3), serving = greatest(serving, $4),
    admitted = greatest(admitted, $5), saved_at = now(),
    counted_at_ms = CASE WHEN $4 > serving OR counted_at_ms = 0 THEN greatest(counted_at_ms, $6) ELSE counted_at_ms END,
    lanes = line.furthest_lanes(lanes, $7::bigint[])
  WHERE event_id = $1`;

/**
 * The lines in Postgres, for while Redis is away: the same rule over one row a line, locked for each batch of moves. Slower
 * than Redis and as strict. `term` is the one in which Postgres stands in; in any other every move rejects with `TermOver`.
 */
export const createPostgresLineStore = (options: {
  readonly pool: Pool;
  readonly term: number;
  readonly callTtlMs: number;
}): LineStore => {
  const { pool, term, callTtlMs } = options;
  const queues = new Map<EventId, (move: Move) => Promise<object>>();
  let healthy = true;

  const nowInTerm = async (client: Client): Promise<number> => {
    const { rows } = await client.query<{ term: number; standing_in: boolean; now_ms: number }>(READ_TERM);
    const [keeper] = rows;
    if (keeper === undefined || !keeper.standing_in || keeper.term !== term) throw new TermOver(term);
    return keeper.now_ms;
  };

  const write = async (client: Client, eventId: EventId, line: Line, slots: readonly SlotRow[]) => {
    const state = JSON.stringify(packLine(line));
    await client.query('UPDATE line.standby SET term = $2, state = $3 WHERE event_id = $1', [
      eventId,
      term,
      state,
    ]);
    const { epoch, admitted, atMs } = line;
    const counts = [hasJoined(line), isServing(line), admitted, atMs, laneColumn(lanesOf(line))];
    await client.query(WRITE_COUNTERS, [eventId, epoch, ...counts]);
    if (slots.length === 0) return;
    const columns = [
      slots.map((slot) => slot.number),
      slots.map((slot) => slot.ends_at_ms),
      slots.map((slot) => slot.bucket),
      slots.map((slot) => slot.want_bucket),
    ];
    await client.query(WRITE_SLOTS, [eventId, ...columns]);
  };

  const run = (eventId: EventId, moves: readonly Move[]): Promise<readonly object[]> =>
    inTransaction(pool, async (client) => {
      const found = await client.query<{ state: LineState }>(
        'SELECT state FROM line.standby WHERE event_id = $1 AND term = $2 FOR UPDATE',
        [eventId, term],
      );
      const nowMs = await nowInTerm(client);
      const [row] = found.rows;
      if (row === undefined) return moves.map(() => LOST);
      const places = new Set(moves.flatMap(({ place }) => (place === null ? [] : [place])));
      const slots =
        places.size === 0 ? [] : (await client.query<SlotRow>(READ_SLOTS, [eventId, [...places]])).rows;
      const line = unpackLine(row.state, slots);
      const answers = moves.map((move) => move.on(line, nowMs));
      await write(client, eventId, line, slotsOf(line, places));
      return answers;
    });

  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const answer = await work;
      healthy = true;
      return answer;
    } catch (error) {
      healthy = false;
      throw error;
    }
  };

  const move = <T extends object>(
    eventId: EventId,
    place: PlaceNumber | null,
    on: (line: Line, nowMs: number) => T,
  ): Promise<T | Lost> => {
    let queue = queues.get(eventId);
    if (queue === undefined) {
      queue = groupCommit({ run: (moves: readonly Move[]) => run(eventId, moves), ...LIMITS });
      queues.set(eventId, queue);
    }
    return watched(queue({ place, on }) as Promise<T | Lost>);
  };

  return {
    nextNumber: (eventId, behind = 0, lane = 0) =>
      move(eventId, null, (line) => ({ number: nextInLane(line, lane, behind) })),
    step: (eventId, input) => move(eventId, null, (line, nowMs) => stepLine(line, input, callTtlMs, nowMs)),
    redeem: (eventId, place, passTtlMs, knobs) =>
      move(eventId, place, (line, nowMs) => redeemPlace(line, place, passTtlMs, knobs, nowMs)),
    assure: (eventId, place, remainingMs) =>
      move(eventId, place, (line, nowMs) => ({ counted: assurePass(line, place, remainingMs, nowMs) })),
    async leave(eventId, place) {
      await move(eventId, place, (line, nowMs) => ({ left: leaveLine(line, place, nowMs) }));
    },
    restore: (eventId, snapshot) =>
      watched(
        inTransaction(pool, async (client) => {
          await client.query(
            'INSERT INTO line.standby (event_id, term) VALUES ($1, 0) ON CONFLICT DO NOTHING',
            [eventId],
          );
          const { rows } = await client.query<{ term: number; state: LineState }>(
            'SELECT term, state FROM line.standby WHERE event_id = $1 FOR UPDATE',
            [eventId],
          );
          const nowMs = await nowInTerm(client);
          const [row] = rows;
          if (row?.term === term) {
            const line = unpackLine(row.state, []);
            raiseLine(line, snapshot);
            await write(client, eventId, line, []);
            return;
          }
          const line = restoreLine(snapshot, nowMs);
          await client.query('DELETE FROM line.standby_slots WHERE event_id = $1', [eventId]);
          await write(client, eventId, line, slotsOf(line, line.passes.keys()));
        }),
      ),
    healthy: () => healthy,
  };
};
