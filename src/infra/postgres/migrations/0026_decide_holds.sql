-- Up Migration

-- What tickets.hold_seats of 0006 decides, with less to do for each hold. The old one stays for nodes of the version before.
--
-- Requests come as arrays and not as objects with names, and the answer is one document: to take apart the one and to keep a table of
-- fifteen columns for the other cost as much as locking the seats. What a seat's fence becomes is known as soon as it is locked and read, so what
-- is kept of a hold waits for nothing that the change of its seats returns: matching the two row by row grew with the square of the statement.
--
-- A request: [hold_id, event_id, section_id, fan_id, pass_id, seat_ids as the text of a text[], ttl_ms, fingerprint].
-- A decision: [place of the request, fences, amount_minor, currency, ms at which it expires] for a hold that was granted; else an object with
-- its place as `ord`, a `code`, and what belongs to it. A hold that was there before is told whole.
CREATE FUNCTION tickets.decide_holds(requests jsonb) RETURNS json
LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
-- The planner takes the guess of a hundred keys for work that is worth compiling.
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  decisions json;
BEGIN
  -- In the order of the seats' key, or two of these deadlock.
  PERFORM 1
    FROM (
      SELECT (r.asked ->> 1)::uuid AS event_id, r.asked ->> 2 AS section_id, w.seat_id
        FROM jsonb_array_elements(requests) AS r (asked)
       CROSS JOIN LATERAL unnest((r.asked ->> 5)::text[]) AS w (seat_id)
       ORDER BY event_id, section_id, w.seat_id COLLATE "C"
      OFFSET 0
    ) wanted
   CROSS JOIN LATERAL (
      SELECT 1
        FROM tickets.seats s
       WHERE s.event_id = wanted.event_id AND s.section_id = wanted.section_id AND s.seat_id = wanted.seat_id
         FOR UPDATE
    ) locked;

  moment := clock_timestamp();

  WITH asked AS MATERIALIZED (
    SELECT r.*, cardinality(r.seat_ids) AS n
      FROM (
        SELECT (r.ord - 1)::integer AS ord, (r.asked ->> 0)::uuid AS hold_id, (r.asked ->> 1)::uuid AS event_id,
               r.asked ->> 2 AS section_id, (r.asked ->> 3)::uuid AS fan_id, (r.asked ->> 4)::uuid AS pass_id,
               (r.asked ->> 5)::text[] AS seat_ids, (r.asked ->> 6)::bigint AS ttl_ms, r.asked ->> 7 AS fingerprint
          FROM jsonb_array_elements(requests) WITH ORDINALITY AS r (asked, ord)
        OFFSET 0
      ) r
  ),
  -- The official map, as it stands under our locks. Of two requests for one seat in this batch only the first may have it.
  found AS MATERIALIZED (
    SELECT w.ord,
           count(s.status) AS seats,
           array_agg(s.fence + 1 ORDER BY w.position) AS fences,
           array_agg(w.seat_id) FILTER (WHERE s.status IN ('paying', 'sold') OR s.status = 'held' AND s.held_until > moment
                                           OR s.status IS NOT NULL AND w.turn > 1) AS taken,
           array_agg(s.hold_id) FILTER (WHERE s.status = 'held' AND s.held_until <= moment) AS overdue
      FROM (
        SELECT a.ord, a.event_id, a.section_id, u.seat_id, u.position,
               row_number() OVER (PARTITION BY a.event_id, a.section_id, u.seat_id ORDER BY a.ord) AS turn
          FROM asked a
         CROSS JOIN LATERAL unnest(a.seat_ids) WITH ORDINALITY AS u (seat_id, position)
      ) w
      LEFT JOIN LATERAL (
        SELECT x.status, x.hold_id, x.held_until, x.fence
          FROM tickets.seats x
         WHERE x.event_id = w.event_id AND x.section_id = w.section_id AND x.seat_id = w.seat_id
        OFFSET 0
      ) s ON true
     GROUP BY w.ord
  ),
  judged AS MATERIALIZED (
    SELECT v.*, v.verdict = 'held' AS ok
      FROM (
        SELECT a.*, e.currency, e.seats_per_fan, e.holds_per_fan, sec.price_minor, f.taken, f.overdue, f.fences,
               CASE
                 WHEN prior.fan_id = a.fan_id AND prior.fingerprint = a.fingerprint THEN 'replayed'
                 WHEN prior.fan_id IS NOT NULL THEN 'idempotency_key_reused'
                 WHEN sec.price_minor IS NULL THEN 'not_found'
                 WHEN NOT (e.phase_setting = 'open' OR e.phase_setting = 'scheduled' AND e.opens_at <= moment)
                   THEN 'event_not_open'
                 WHEN pass.expires_at IS NULL THEN 'pass_invalid'
                 WHEN pass.left_at IS NOT NULL OR pass.expires_at <= moment THEN 'pass_expired'
                 WHEN coalesce(f.seats, 0) < a.n OR a.n = 0 THEN 'seat_unknown'
                 WHEN f.taken IS NOT NULL THEN 'seat_taken'
                 WHEN a.n > e.seats_per_fan THEN 'fan_limit'
                 WHEN f.overdue IS NOT NULL THEN 'hold_overdue'
                 ELSE 'held'
               END AS verdict
          FROM asked a
          LEFT JOIN found f ON f.ord = a.ord
          LEFT JOIN LATERAL (
            SELECT x.currency::text, x.seats_per_fan, x.holds_per_fan, x.phase_setting, x.opens_at
              FROM tickets.events x WHERE x.event_id = a.event_id
            OFFSET 0
          ) e ON true
          LEFT JOIN LATERAL (
            SELECT x.price_minor FROM tickets.sections x WHERE x.event_id = a.event_id AND x.section_id = a.section_id
            OFFSET 0
          ) sec ON true
          LEFT JOIN LATERAL (
            SELECT x.expires_at, x.left_at
              FROM line.admissions x
             WHERE x.pass_id = a.pass_id AND x.event_id = a.event_id AND x.fan_id = a.fan_id
            OFFSET 0
          ) pass ON true
          LEFT JOIN LATERAL (
            SELECT x.fan_id, x.fingerprint FROM tickets.holds x WHERE x.hold_id = a.hold_id
            OFFSET 0
          ) prior ON true
      ) v
  ),
  chosen AS MATERIALIZED (
    SELECT DISTINCT ON (j.event_id, j.fan_id) j.*
      FROM judged j
     WHERE j.ok
     ORDER BY j.event_id, j.fan_id, j.ord
  ),
  -- The per-fan limit: compare-and-set on the fan's row. What does not come back here is over the limit.
  counted AS (
    INSERT INTO tickets.fan_usage AS u (event_id, fan_id, seats, holds)
    SELECT c.event_id, c.fan_id, c.n, 1 FROM chosen c
    ON CONFLICT (event_id, fan_id) DO UPDATE
       SET seats = u.seats + excluded.seats, holds = u.holds + 1
     WHERE (SELECT u.seats + excluded.seats <= e.seats_per_fan AND u.holds + 1 <= e.holds_per_fan
              FROM tickets.events e WHERE e.event_id = excluded.event_id)
    RETURNING u.event_id, u.fan_id
  ),
  granted AS MATERIALIZED (
    SELECT c.*, moment + c.ttl_ms * interval '1 millisecond' AS until
      FROM chosen c
      JOIN counted u ON u.event_id = c.event_id AND u.fan_id = c.fan_id
  ),
  taken AS (
    UPDATE tickets.seats s
       SET status = 'held', hold_id = g.hold_id, held_until = g.until,
           fence = s.fence + 1, revision = s.revision + 1, changed_at = moment
      FROM (
        SELECT g.hold_id, g.until, g.event_id, g.section_id, w.seat_id
          FROM granted g
         CROSS JOIN LATERAL unnest(g.seat_ids) AS w (seat_id)
        OFFSET 0
      ) g
     WHERE s.event_id = g.event_id AND s.section_id = g.section_id AND s.seat_id = g.seat_id AND s.status = 'free'
    RETURNING 1
  ),
  kept AS (
    INSERT INTO tickets.holds AS h (hold_id, event_id, section_id, fan_id, pass_id, seat_ids, fences, amount_minor, currency,
                                    fingerprint, held_at, expires_at)
    SELECT g.hold_id, g.event_id, g.section_id, g.fan_id, g.pass_id, g.seat_ids,
           -- Under our locks every seat that was free still is. Were it not, this fails, and nothing of the statement stands.
           CASE WHEN (SELECT count(*) FROM taken) = (SELECT sum(x.n) FROM granted x) THEN g.fences END,
           g.price_minor * g.n, g.currency, g.fingerprint, moment, g.until
      FROM granted g
    RETURNING h.hold_id, h.expires_at
  )
  SELECT json_agg(
           CASE WHEN k.hold_id IS NOT NULL
             THEN json_build_array(j.ord, j.fences, j.price_minor * j.n, j.currency,
                                   floor(extract(epoch FROM k.expires_at) * 1000)::bigint)
             ELSE json_build_object(
               'ord', j.ord, 'code', CASE WHEN j.ok THEN 'fan_limit' ELSE j.verdict END,
               'inTheWay', j.taken, 'overdueHolds', j.overdue,
               'hold', CASE WHEN h.hold_id IS NOT NULL THEN json_build_object(
                 'holdId', h.hold_id, 'eventId', h.event_id, 'sectionId', h.section_id, 'fanId', h.fan_id,
                 'seatIds', h.seat_ids, 'fences', h.fences, 'amountMinor', h.amount_minor, 'currency', h.currency,
                 'expiresAtMs', floor(extract(epoch FROM h.expires_at) * 1000)::bigint, 'extended', h.extended, 'state', h.state) END)
             END)
    INTO decisions
    FROM judged j
    LEFT JOIN kept k ON k.hold_id = j.hold_id AND j.ok
    LEFT JOIN LATERAL (
      SELECT p.* FROM tickets.holds p WHERE p.hold_id = j.hold_id AND j.verdict = 'replayed' OFFSET 0
    ) h ON true;

  RETURN decisions;
END
$$;
