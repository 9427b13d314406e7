import type { SeatLedger } from '../../domain/ports/seat-ledger.ts';
import type { SeatNews, SeatRow, SectionLook } from '../../domain/seat.ts';
import type { Pool } from './pool.ts';
import { changedSince, fullXid, KNOWN_UNTIL, sinceParameter } from './row-changes.ts';

/**
 * Both answer with one document of bare arrays: in a rush a section is told each second of every seat that was held in between,
 * and rows as pg reads them, or objects with their names said again for each seat, cost several times as much on both sides.
 */
const NEWS =
  'seat_id, status, hold_id, floor(extract(epoch FROM held_until) * 1000)::bigint, revision, xmin::text::bigint';

const SECTION = {
  name: 'read-section',
  text: `SELECT ${KNOWN_UNTIL}, coalesce(json_agg(json_build_array(${NEWS}, row_name, number, fence) ORDER BY ordinal), '[]') AS seats
           FROM tickets.seats
          WHERE event_id = $1 AND section_id = $2`,
};

/** A look two seconds back by the time of the change had every seat told three times, a third of all that Postgres did in a rush. */
const CHANGES = {
  name: 'read-section-changes',
  text: `SELECT ${KNOWN_UNTIL}, coalesce(json_agg(json_build_array(${NEWS})), '[]') AS seats
           FROM tickets.seats
          WHERE event_id = $1 AND section_id = $2 AND ${changedSince('$3')}`,
};

type NewsColumns = readonly [
  seatId: string,
  status: SeatRow['status'],
  holdId: string | null,
  heldUntilMs: number | null,
  revision: number,
  xmin: number,
];
type SeatColumns = readonly [...NewsColumns, row: string, number: number, fence: number];

interface Answer<Columns> {
  readonly knownUntil: number;
  readonly seats: readonly Columns[];
}

const newsFrom = (columns: NewsColumns, knownUntil: number): SeatNews => ({
  seatId: columns[0],
  status: columns[1],
  holdId: columns[2],
  heldUntilMs: columns[3],
  revision: columns[4],
  changedIn: fullXid(columns[5], knownUntil),
});

// Not by way of `newsFrom`: a second object for each of some thousand seats in one go was seen by whoever waited behind it.
const seatFrom = (columns: SeatColumns, knownUntil: number): SeatRow => ({
  seatId: columns[0],
  status: columns[1],
  holdId: columns[2],
  heldUntilMs: columns[3],
  revision: columns[4],
  changedIn: fullXid(columns[5], knownUntil),
  row: columns[6],
  number: columns[7],
  fence: columns[8],
});

const lookFrom = <Columns, Seat>(
  answer: Answer<Columns> | undefined,
  seatOf: (columns: Columns, knownUntil: number) => Seat,
): SectionLook<Seat> => {
  if (answer === undefined) throw new Error('a look at a section was not answered');
  const { knownUntil, seats } = answer;
  return { knownUntil, seats: seats.map((columns) => seatOf(columns, knownUntil)) };
};

/** What a section reads of itself. */
export const createSectionReader = (pool: Pool): Pick<SeatLedger, 'readSection' | 'readChanges'> => ({
  async readSection(eventId, sectionId) {
    const values = [eventId, sectionId];
    const { rows } = await pool.query<Answer<SeatColumns>>({ ...SECTION, values });
    return lookFrom(rows[0], seatFrom);
  },

  async readChanges(eventId, sectionId, since) {
    const values = [eventId, sectionId, sinceParameter(since)];
    const { rows } = await pool.query<Answer<NewsColumns>>({ ...CHANGES, values });
    return lookFrom(rows[0], newsFrom);
  },
});
