import type { EventId, FanId, PassId, PlaceNumber } from '../../domain/ids.ts';
import type { AdmissionRecord, AdmissionState, LineJournal, PlaceRecord } from '../../domain/ports/line.ts';
import { BYPASS_LANE, LANE_SPAN, MOST_LANES, positionOf, withLanes } from '../../domain/lanes.ts';
import { furthestSnapshot } from '../../domain/line-snapshot.ts';
import { retryingConflicts } from './conflicts.ts';
import { groupCommit } from './group-commit.ts';
import { laneColumn, lanesFromColumn } from './lane-column.ts';
import { inTransaction, type Pool } from './pool.ts';

const LIMITS = { maxItems: 500, maxInFlight: 2, maxWaiting: 20_000 };

interface PlaceRow {
  readonly event_id: EventId;
  readonly fan_id: FanId;
  readonly number: PlaceNumber;
  readonly joined_at_ms: number;
  readonly ended: boolean;
  readonly claim: number;
  readonly leaf: string | null;
  readonly head: string | null;
}

interface AdmissionRow {
  readonly pass_id: PassId;
  readonly event_id: EventId;
  readonly fan_id: FanId;
  readonly number: PlaceNumber;
  readonly turn: PlaceNumber;
  readonly expires_at_ms: number;
  readonly remaining_ms: number;
  readonly state: AdmissionState;
  readonly claim: number;
}

/** Without a pass: nothing was written. */
type RecordedRow =
  | (AdmissionRow & { readonly superseded: boolean })
  | { readonly pass_id: null; readonly superseded: boolean };

interface CountersRow {
  readonly epoch: number;
  readonly joined: number;
  readonly serving: number;
  readonly counted_at_ms: number;
  readonly lanes: readonly string[] | null;
}

const placeOf = (row: PlaceRow): PlaceRecord => ({
  eventId: row.event_id,
  fanId: row.fan_id,
  number: row.number,
  joinedAtMs: row.joined_at_ms,
  ended: row.ended,
  claim: row.claim,
  receipt: row.leaf === null || row.head === null ? null : { leaf: row.leaf, head: row.head },
});

const admissionOf = (row: AdmissionRow): AdmissionRecord => ({
  passId: row.pass_id,
  eventId: row.event_id,
  fanId: row.fan_id,
  number: row.number,
  turn: row.turn,
  expiresAtMs: row.expires_at_ms,
  remainingMs: row.remaining_ms,
  state: row.state,
  claim: row.claim,
});

/** By keys, whatever the planner believes: of a line that fills for the first time it knows nothing, and reads all of it. */
const FIND_PLACES = `
  SELECT p.event_id, p.fan_id, p.number, (extract(epoch FROM p.joined_at) * 1000)::bigint AS joined_at_ms,
         coalesce(a.left_at IS NOT NULL OR a.expires_at <= now(), false) AS ended, p.claim,
         encode(p.leaf, 'hex') AS leaf, encode(p.head, 'hex') AS head
  FROM unnest($1::uuid[], $2::uuid[]) AS wanted (event_id, fan_id)
  CROSS JOIN LATERAL (SELECT * FROM line.places o
                       WHERE o.event_id = wanted.event_id AND o.fan_id = wanted.fan_id AND o.spent_at IS NULL LIMIT 1) p
  LEFT JOIN LATERAL (SELECT left_at, expires_at FROM line.admissions o
                      WHERE o.event_id = p.event_id AND o.number = p.number LIMIT 1) a ON true`;

const RECORD_PLACES = `
  INSERT INTO line.places (event_id, fan_id, number)
  SELECT event_id, fan_id, number
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) WITH ORDINALITY AS new (event_id, fan_id, number, position)
  ORDER BY position
  ON CONFLICT DO NOTHING
  RETURNING event_id, fan_id, number, (extract(epoch FROM joined_at) * 1000)::bigint AS joined_at_ms, false AS ended,
            0 AS claim, NULL AS leaf, NULL AS head`;

const ADMISSION = `pass_id, event_id, fan_id, number, coalesce(turn, number) AS turn,
  (extract(epoch FROM expires_at) * 1000)::bigint AS expires_at_ms,
  greatest(0, ceil(extract(epoch FROM expires_at - now()) * 1000))::bigint AS remaining_ms,
  CASE WHEN left_at IS NOT NULL THEN 'left' WHEN expires_at <= now() THEN 'expired' ELSE 'live' END AS state,
  coalesce((SELECT p.claim FROM line.places p
             WHERE p.event_id = admissions.event_id AND p.number = admissions.number), 0) AS claim`;

/**
 * From `places`, so that not even a well-signed number that was never recorded gets in. Under a share lock on the line's
 * counters, which whoever loads the line raises first: a loader either sees this row, or has raised the epoch and it is not
 * written. Otherwise a slot of a forgotten line could become one person more than the operator allows. The place is locked as a
 * hand-over locks it: whichever comes second sees the other, so no pass is left with a device that has lost the place; so does who gives it up.
 */
const RECORD_ADMISSION = `
  WITH standing AS MATERIALIZED (
    SELECT epoch FROM line.counters WHERE event_id = $2 FOR SHARE
  ), recorded AS (
    INSERT INTO line.admissions (pass_id, event_id, fan_id, number, turn, expires_at)
    SELECT $1::uuid, event_id, fan_id, number, nullif($6::bigint, number), now() + $5::bigint * interval '1 millisecond'
    FROM line.places
    WHERE event_id = $2 AND fan_id = $3 AND number = $4 AND claim = $8 AND spent_at IS NULL
      AND coalesce((SELECT epoch FROM standing), 0) <= $7::bigint
    FOR SHARE
    ON CONFLICT (event_id, number) DO NOTHING
    RETURNING ${ADMISSION}
  )
  SELECT r.*, coalesce((SELECT epoch FROM standing), 0) > $7::bigint AS superseded
  FROM (SELECT) one LEFT JOIN recorded r ON true`;

const FIND_ADMISSION = `SELECT ${ADMISSION} FROM line.admissions WHERE event_id = $1 AND number = $2`;

const FIND_PASS = `SELECT ${ADMISSION} FROM line.admissions WHERE pass_id = $1`;

const NEWEST_ADMISSION = `
  SELECT ${ADMISSION} FROM line.admissions WHERE event_id = $1 AND fan_id = $2 ORDER BY admitted_at DESC LIMIT 1`;

const END_ADMISSION = `
  UPDATE line.admissions SET left_at = now()
  WHERE event_id = $1 AND fan_id = $2 AND left_at IS NULL AND expires_at > now()`;

const SPEND_PLACE = `
  UPDATE line.places p SET spent_at = now()
  FROM line.admissions a
  WHERE p.event_id = $1 AND p.fan_id = $2 AND p.number = $3 AND p.spent_at IS NULL
    AND a.event_id = p.event_id AND a.number = p.number AND (a.left_at IS NOT NULL OR a.expires_at <= now())`;

const LOCK_PLACE = 'SELECT 1 FROM line.places WHERE event_id = $1 AND fan_id = $2 AND number = $3 FOR UPDATE';

/** A statement behind the lock: an admission that was written while we waited must be seen. */
const GIVE_UP_PLACE = `
  UPDATE line.places p SET spent_at = now()
  WHERE p.event_id = $1 AND p.fan_id = $2 AND p.number = $3 AND p.spent_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM line.admissions a WHERE a.event_id = p.event_id AND a.number = p.number)`;

/** The time goes with the number it belongs to, and never back: a clock may have been set back meanwhile. */
const SAVE_COUNTERS = `
  INSERT INTO line.counters AS c (event_id, epoch, joined, serving, admitted, counted_at_ms, lanes)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (event_id) DO UPDATE SET
    epoch = greatest(c.epoch, excluded.epoch), joined = greatest(c.joined, excluded.joined),
    serving = greatest(c.serving, excluded.serving), admitted = greatest(c.admitted, excluded.admitted),
    counted_at_ms = CASE WHEN excluded.serving > c.serving OR c.counted_at_ms = 0
      THEN greatest(c.counted_at_ms, excluded.counted_at_ms) ELSE c.counted_at_ms END,
    lanes = line.furthest_lanes(c.lanes, excluded.lanes), saved_at = now()
  RETURNING epoch, joined, serving, counted_at_ms, lanes`;

/** Raising the epoch in the same statement makes exactly one loader the first, and none of them equal. */
const LOAD_COUNTERS = `
  INSERT INTO line.counters AS c (event_id) VALUES ($1)
  ON CONFLICT (event_id) DO UPDATE SET epoch = c.epoch + 1
  RETURNING epoch, joined, serving, admitted, lanes, xmax = 0 AS first_use`;

/** A row for each lane in which anybody has a place; each of them is one look into an index. */
const LOAD_FURTHEST = `
  SELECT l.lane,
         (SELECT coalesce(max(number), 0) FROM line.places
           WHERE event_id = $1 AND number > l.lane * ${LANE_SPAN} AND number < (l.lane + 1) * ${LANE_SPAN}) AS joined,
         (SELECT coalesce(max(coalesce(turn, number)), 0) FROM line.admissions
           WHERE event_id = $1 AND coalesce(turn, number) > l.lane * ${LANE_SPAN}
             AND coalesce(turn, number) < (l.lane + 1) * ${LANE_SPAN}) AS serving
    FROM generate_series(0, (SELECT least(${MOST_LANES - 1}, coalesce(max(number), 0) / ${LANE_SPAN})
                               FROM line.places WHERE event_id = $1 AND number < ${BYPASS_LANE} * ${LANE_SPAN})) AS l (lane)
   ORDER BY l.lane`;

const COUNT_ADMITTED = 'SELECT count(*) AS admitted FROM line.admissions WHERE event_id = $1';

const LOAD_INSIDE = `
  SELECT coalesce(turn, number) AS number, ceil(extract(epoch FROM expires_at - now()) * 1000)::bigint AS remaining_ms
  FROM line.admissions WHERE event_id = $1 AND left_at IS NULL AND expires_at > now()`;

interface PlaceKey {
  readonly eventId: EventId;
  readonly fanId: FanId;
}

interface NewPlace extends PlaceKey {
  readonly number: PlaceNumber;
}

const keyOf = (place: PlaceKey): string => `${place.eventId} ${place.fanId}`;

/** The line's durable side in Postgres. Joins share statements: thousands a second are a few dozen round trips. */
export const createLineJournal = (pool: Pool): LineJournal => {
  const findAll = async (wanted: readonly PlaceKey[]): Promise<ReadonlyMap<string, PlaceRecord>> => {
    const columns = [wanted.map(({ eventId }) => eventId), wanted.map(({ fanId }) => fanId)];
    const { rows } = await pool.query<PlaceRow>(FIND_PLACES, columns);
    return new Map(rows.map((row) => placeOf(row)).map((place) => [keyOf(place), place]));
  };

  const findPlaces = async (wanted: readonly PlaceKey[]): Promise<readonly (PlaceRecord | null)[]> => {
    const found = await findAll(wanted);
    return wanted.map((place) => found.get(keyOf(place)) ?? null);
  };

  const insertPlaces = async (places: readonly NewPlace[]): Promise<readonly PlaceRecord[]> => {
    // In one order on every node: two batches with the same fans would wait for each other for ever otherwise.
    const sorted = places.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const columns = [
      sorted.map(({ eventId }) => eventId),
      sorted.map(({ fanId }) => fanId),
      sorted.map(({ number }) => number),
    ];
    const { rows } = await retryingConflicts(() => pool.query<PlaceRow>(RECORD_PLACES, columns));
    return rows.map((row) => placeOf(row));
  };

  const recordPlaces = async (places: readonly NewPlace[]) => {
    const created = new Map((await insertPlaces(places)).map((place) => [keyOf(place), place]));
    const isOurs = (place: NewPlace): boolean => created.get(keyOf(place))?.number === place.number;
    const others = places.filter((place) => !isOurs(place));
    // A statement of its own: the row that stood in the way was committed after ours had begun.
    const found = others.length > 0 ? await findAll(others) : new Map<string, PlaceRecord>();
    return places.map((place) => {
      const record = isOurs(place) ? created.get(keyOf(place)) : found.get(keyOf(place));
      return record === undefined ? null : { ...record, created: isOurs(place) };
    });
  };

  const find = groupCommit({ run: findPlaces, ...LIMITS });
  const record = groupCommit({ run: recordPlaces, ...LIMITS });

  const findAdmission = async (eventId: EventId, number: PlaceNumber): Promise<AdmissionRecord | null> => {
    const { rows } = await pool.query<AdmissionRow>(FIND_ADMISSION, [eventId, number]);
    return rows[0] === undefined ? null : admissionOf(rows[0]);
  };

  return {
    recordPlace: (eventId, fanId, number) => record({ eventId, fanId, number }),
    findPlace: (eventId, fanId) => find({ eventId, fanId }),
    findAdmission,

    async findPass(passId) {
      const { rows } = await pool.query<AdmissionRow>(FIND_PASS, [passId]);
      return rows[0] === undefined ? null : admissionOf(rows[0]);
    },

    async spendPlace(eventId, fanId, number) {
      await pool.query(SPEND_PLACE, [eventId, fanId, number]);
    },

    giveUpPlace: (eventId, fanId, number) =>
      inTransaction(pool, async (client) => {
        await client.query(LOCK_PLACE, [eventId, fanId, number]);
        const { rowCount } = await client.query(GIVE_UP_PLACE, [eventId, fanId, number]);
        return rowCount === 1;
      }),

    async recordAdmission({ passId, eventId, fanId, number, turn, ttlMs, epoch, claim = 0 }) {
      const values = [passId, eventId, fanId, number, Math.ceil(ttlMs), turn, epoch, claim];
      const { rows } = await pool.query<RecordedRow>(RECORD_ADMISSION, values);
      const [row] = rows;
      if (row === undefined) throw new Error('Postgres returned no row for an admission');
      if (row.pass_id !== null) return { ...admissionOf(row), created: true };
      const earlier = await findAdmission(eventId, number);
      if (earlier !== null) {
        const own = earlier.fanId === fanId && earlier.claim === claim;
        return own ? { ...earlier, created: false } : null;
      }
      return row.superseded ? 'superseded' : null;
    },

    async endAdmission(eventId, fanId) {
      await pool.query(END_ADMISSION, [eventId, fanId]);
      const { rows } = await pool.query<AdmissionRow>(NEWEST_ADMISSION, [eventId, fanId]);
      return rows[0] === undefined ? null : admissionOf(rows[0]);
    },

    async saveCounters(eventId, counters) {
      const { rows } = await pool.query<CountersRow>(SAVE_COUNTERS, [
        eventId,
        counters.epoch,
        counters.joined,
        counters.serving,
        counters.admitted,
        counters.countedAtMs,
        laneColumn(counters.lanes),
      ]);
      const [row] = rows;
      if (row === undefined) throw new Error('Postgres returned no counters');
      const { epoch, joined, serving, counted_at_ms: countedAtMs } = row;
      return withLanes({ epoch, joined, serving, countedAtMs }, lanesFromColumn(row.lanes));
    },

    async loadSnapshot(eventId) {
      const saved = await pool.query<{
        epoch: number;
        joined: number;
        serving: number;
        admitted: number;
        lanes: readonly string[] | null;
        first_use: boolean;
      }>(LOAD_COUNTERS, [eventId]);
      const furthest = await pool.query<{ joined: number; serving: number }>(LOAD_FURTHEST, [eventId]);
      const counted = await pool.query<{ admitted: number }>(COUNT_ADMITTED, [eventId]);
      const inside = await pool.query<{ number: number; remaining_ms: number }>(LOAD_INSIDE, [eventId]);
      const [counters] = saved.rows;
      if (counters === undefined) throw new Error('Postgres returned no counters');
      return furthestSnapshot({
        counters,
        saved: lanesFromColumn(counters.lanes),
        furthest: furthest.rows.map((lane) => ({
          joined: positionOf(lane.joined),
          serving: positionOf(lane.serving),
        })),
        admitted: counted.rows[0]?.admitted ?? 0,
        firstUse: counters.first_use,
        passes: inside.rows.map((row) => ({ number: row.number, remainingMs: row.remaining_ms })),
      });
    },
  };
};
