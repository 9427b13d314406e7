import type { SeatId, SectionId } from '../../domain/ids.ts';
import { pickSeats } from '../../domain/pick-seats.ts';
import type { Pool } from './pool.ts';

/** What `tickets.settle_payments` is asked about one message. */
export interface SettleRequest {
  readonly id: string;
  readonly order_id: string;
  readonly seats?: readonly { readonly section_id: SectionId; readonly seat_id: SeatId }[];
  readonly final?: true;
  readonly [member: string]: unknown;
}

/** The part of its answer that says whether it has decided. */
export interface SettleAnswer {
  readonly message_id: string;
  readonly outcome: string;
}

/** In a rush others take the seats that we propose: so often we choose again before the money goes back. */
const PROPOSALS_MAX = 5;

const isUndecided = ({ outcome }: SettleAnswer): boolean => outcome === 'overdue' || outcome === 'reseat';

interface MapSeat {
  readonly seatId: SeatId;
  readonly row: string;
  readonly number: number;
  readonly free: boolean;
}

/** A section's seats, front row first. What is still the order's own may be chosen again. */
const SECTION = `
  SELECT s.seat_id AS "seatId", s.row_name AS row, s.number,
         s.status = 'free' OR s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AS free
    FROM tickets.orders o
    JOIN tickets.seats s ON s.event_id = o.event_id AND s.section_id = $2
   WHERE o.order_id = $1
   ORDER BY s.ordinal`;

/** Ends the holds whose time is over and that stand on seats of the order, as a fan's hold in their way would. */
const END_OVERDUE = `
  SELECT count(*) FROM tickets.end_holds(
    ARRAY(SELECT DISTINCT s.hold_id
            FROM tickets.orders o
           CROSS JOIN LATERAL unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
            JOIN tickets.seats s
              ON s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
           WHERE o.order_id = $1 AND s.status = 'held' AND s.held_until <= clock_timestamp()),
    'expired')`;

/** As many other seats in each of the order's sections as it has there: the same price. Null: they are not to be had. */
const propose = async (pool: Pool, orderId: string): Promise<SettleRequest['seats'] | null> => {
  const { rows } = await pool.query<{ section_id: SectionId; n: number }>(
    `SELECT w.section_id, count(*) AS n FROM tickets.orders o CROSS JOIN LATERAL unnest(o.section_ids) AS w (section_id)
      WHERE o.order_id = $1 GROUP BY w.section_id ORDER BY w.section_id`,
    [orderId],
  );
  const chosen: { section_id: SectionId; seat_id: SeatId }[] = [];
  for (const { section_id, n } of rows) {
    const map = await pool.query<MapSeat>(SECTION, [orderId, section_id]);
    const picked = pickSeats(map.rows, n, (seat) => seat.free, 0);
    if (picked === null) return null;
    chosen.push(...picked.map((seat) => ({ section_id, seat_id: seat.seatId })));
  }
  return chosen;
};

const prepared = async (pool: Pool, request: SettleRequest, outcome: string): Promise<SettleRequest> => {
  if (outcome === 'overdue') {
    await pool.query(END_OVERDUE, [request.order_id]);
    return request;
  }
  const seats = await propose(pool, request.order_id);
  return seats === null || seats === undefined ? { ...request, final: true } : { ...request, seats };
};

/**
 * Asks until every message is decided. Holds in the way that are over are ended, other seats are chosen by the rules of best
 * available on a fresh look at the map; whether they can be had is decided under the locks of the next call alone.
 */
export const settleUntilDecided = async <A extends SettleAnswer>(
  pool: Pool,
  requests: readonly SettleRequest[],
  settle: (requests: readonly SettleRequest[]) => Promise<readonly A[]>,
): Promise<readonly A[]> => {
  const decided = new Map<string, A>();
  // A message that stands here twice is asked about once.
  let open = new Map(requests.map((request) => [request.id, request]));
  for (let proposals = 0; open.size > 0; proposals += 1) {
    const answers = await settle([...open.values()]);
    const next = new Map<string, SettleRequest>();
    for (const answer of answers) {
      const request = open.get(answer.message_id);
      if (request === undefined || !isUndecided(answer)) {
        decided.set(answer.message_id, answer);
        continue;
      }
      const again = await prepared(pool, request, answer.outcome);
      next.set(request.id, proposals < PROPOSALS_MAX ? again : { ...again, final: true });
    }
    open = next;
  }
  return [...new Set(requests.map(({ id }) => id))].flatMap((id) => decided.get(id) ?? []);
};
