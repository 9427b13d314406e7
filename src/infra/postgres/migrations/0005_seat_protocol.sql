-- Up Migration

-- The protocol of a seat, decided here and nowhere else.
--
-- Lock order, the same in every function, or two of them deadlock:
--   orders (by id) → holds (by id) → seats (by event, section, seat) → fan_usage (by event, fan).
-- Time is clock_timestamp() read after the locks were taken: now() is the start of the transaction, and whoever waited for
-- a lock would judge expiry by a clock that stood still.

-- Decides many holds at once; each gets all of its seats or none. `requests` is an array of
--   {ord, hold_id, event_id, section_id, fan_id, pass_id, seat_ids, ttl_ms, fingerprint}
-- in which no seat and no fan stands twice (the writer sees to that; here it would be refused, never granted twice).
-- One row per request. `code` is 'held', 'replayed', 'hold_overdue' (expire the holds named, then ask again) or a refusal.
CREATE FUNCTION tickets.hold_seats(requests jsonb)
RETURNS TABLE (
  ord integer, code text, in_the_way text[], overdue_holds uuid[], hold_id uuid, event_id uuid, section_id text, fan_id uuid,
  seat_ids text[], fences bigint[], amount_minor bigint, currency text, expires_at timestamptz, extended boolean, state text
)
LANGUAGE plpgsql
-- A few hundred keys against large tables: go by the keys, whatever the row estimates of jsonb say.
SET enable_mergejoin = off
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
BEGIN
  -- MATERIALIZED, here and below: seats are looked up by their whole key. Left to itself the planner, which cannot know how
  -- few keys a jsonb holds, reads a section for each of them (measured: 1.4 ms a hold instead of 0.03).
  PERFORM 1 FROM (
    WITH wanted AS MATERIALIZED (
      SELECT r.event_id, r.section_id, w.seat_id
        FROM jsonb_to_recordset(requests) AS r (event_id uuid, section_id text, seat_ids text[])
       CROSS JOIN LATERAL unnest(r.seat_ids) AS w (seat_id)
    )
    SELECT 1
      FROM wanted w
      JOIN tickets.seats s ON s.event_id = w.event_id AND s.section_id = w.section_id AND s.seat_id = w.seat_id
     ORDER BY s.event_id, s.section_id, s.seat_id
       FOR UPDATE OF s
  ) locked;

  moment := clock_timestamp();

  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT r.*, cardinality(r.seat_ids) AS n
      FROM jsonb_to_recordset(requests) AS r (
        ord integer, hold_id uuid, event_id uuid, section_id text, fan_id uuid, pass_id uuid, seat_ids text[],
        ttl_ms bigint, fingerprint text)
  ),
  -- Of two requests for one seat in this batch only the first may have it.
  wanted AS MATERIALIZED (
    SELECT a.ord, a.event_id, a.section_id, w.seat_id,
           row_number() OVER (PARTITION BY a.event_id, a.section_id, w.seat_id ORDER BY a.ord) AS turn
      FROM asked a
     CROSS JOIN LATERAL unnest(a.seat_ids) AS w (seat_id)
  ),
  -- The official map, as it stands under our locks.
  found AS MATERIALIZED (
    SELECT w.ord,
           count(s.seat_id) AS seats,
           array_agg(s.seat_id) FILTER (WHERE s.status IN ('paying', 'sold') OR s.status = 'held' AND s.held_until > moment
                                           OR w.turn > 1) AS taken,
           array_agg(DISTINCT s.hold_id) FILTER (WHERE s.status = 'held' AND s.held_until <= moment) AS overdue
      FROM wanted w
      LEFT JOIN tickets.seats s
        ON s.event_id = w.event_id AND s.section_id = w.section_id AND s.seat_id = w.seat_id
     GROUP BY w.ord
  ),
  verdicts AS (
    SELECT a.*, e.currency::text AS currency, sec.price_minor, f.taken, f.overdue,
           CASE
             WHEN prior.hold_id IS NOT NULL AND prior.fan_id = a.fan_id AND prior.fingerprint = a.fingerprint THEN 'replayed'
             WHEN prior.hold_id IS NOT NULL THEN 'idempotency_key_reused'
             WHEN sec.section_id IS NULL THEN 'not_found'
             WHEN NOT (e.phase_setting = 'open' OR e.phase_setting = 'scheduled' AND e.opens_at <= moment) THEN 'event_not_open'
             WHEN pass.pass_id IS NULL THEN 'pass_invalid'
             WHEN pass.left_at IS NOT NULL OR pass.expires_at <= moment THEN 'pass_expired'
             WHEN coalesce(f.seats, 0) < a.n OR a.n = 0 THEN 'seat_unknown'
             WHEN f.taken IS NOT NULL THEN 'seat_taken'
             WHEN a.n > e.seats_per_fan THEN 'fan_limit'
             WHEN f.overdue IS NOT NULL THEN 'hold_overdue'
             ELSE 'held'
           END AS verdict
      FROM asked a
      LEFT JOIN found f ON f.ord = a.ord
      LEFT JOIN tickets.events e ON e.event_id = a.event_id
      LEFT JOIN tickets.sections sec ON sec.event_id = a.event_id AND sec.section_id = a.section_id
      LEFT JOIN line.admissions pass
        ON pass.pass_id = a.pass_id AND pass.event_id = a.event_id AND pass.fan_id = a.fan_id
      LEFT JOIN tickets.holds prior ON prior.hold_id = a.hold_id
  ),
  -- `ok` is what later steps ask for: of a text the planner believes one row in two hundred, and then joins the batch with
  -- itself row by row (measured with 64 holds: 90 µs of CPU a hold instead of 25).
  judged AS MATERIALIZED (
    SELECT v.*, v.verdict = 'held' AS ok FROM verdicts v
  ),
  -- The per-fan limit: compare-and-set on the fan's row. What does not come back here is over the limit.
  counted AS (
    INSERT INTO tickets.fan_usage AS u (event_id, fan_id, seats, holds)
    SELECT DISTINCT ON (j.event_id, j.fan_id) j.event_id, j.fan_id, j.n, 1
      FROM judged j
     WHERE j.ok
     ORDER BY j.event_id, j.fan_id, j.ord
    ON CONFLICT (event_id, fan_id) DO UPDATE
       SET seats = u.seats + excluded.seats, holds = u.holds + 1
     WHERE (SELECT u.seats + excluded.seats <= e.seats_per_fan AND u.holds + 1 <= e.holds_per_fan
              FROM tickets.events e WHERE e.event_id = excluded.event_id)
    RETURNING u.event_id, u.fan_id
  ),
  granted AS MATERIALIZED (
    SELECT DISTINCT ON (j.event_id, j.fan_id) j.*
      FROM judged j
      JOIN counted c ON c.event_id = j.event_id AND c.fan_id = j.fan_id
     WHERE j.ok
     ORDER BY j.event_id, j.fan_id, j.ord
  ),
  seats_granted AS MATERIALIZED (
    SELECT g.ord, g.hold_id, g.ttl_ms, g.event_id, g.section_id, w.seat_id, w.position
      FROM granted g
     CROSS JOIN LATERAL unnest(g.seat_ids) WITH ORDINALITY AS w (seat_id, position)
  ),
  taken AS (
    UPDATE tickets.seats s
       SET status = 'held', hold_id = g.hold_id, held_until = moment + g.ttl_ms * interval '1 millisecond',
           fence = s.fence + 1, revision = s.revision + 1, changed_at = moment
      FROM seats_granted g
     WHERE s.event_id = g.event_id AND s.section_id = g.section_id AND s.seat_id = g.seat_id AND s.status = 'free'
    RETURNING g.ord, g.position, s.fence
  ),
  fenced AS MATERIALIZED (
    SELECT t.ord, array_agg(t.fence ORDER BY t.position) AS fences FROM taken t GROUP BY t.ord
  ),
  kept AS (
    INSERT INTO tickets.holds AS h (hold_id, event_id, section_id, fan_id, pass_id, seat_ids, fences, amount_minor, currency,
                                    fingerprint, held_at, expires_at)
    SELECT g.hold_id, g.event_id, g.section_id, g.fan_id, g.pass_id, g.seat_ids, f.fences, g.price_minor * g.n, g.currency,
           g.fingerprint, moment, moment + g.ttl_ms * interval '1 millisecond'
      FROM granted g
      JOIN fenced f ON f.ord = g.ord
    RETURNING h.*
  )
  SELECT j.ord,
         CASE WHEN j.verdict = 'held' AND k.hold_id IS NULL THEN 'fan_limit' ELSE j.verdict END,
         j.taken, j.overdue,
         h.hold_id, h.event_id, h.section_id, h.fan_id, h.seat_ids, h.fences, h.amount_minor, h.currency::text, h.expires_at,
         h.extended, h.state
    FROM judged j
    LEFT JOIN kept k ON k.hold_id = j.hold_id AND j.ok
    LEFT JOIN LATERAL (
      SELECT k.* WHERE k.hold_id IS NOT NULL
      UNION ALL
      SELECT p.* FROM tickets.holds p WHERE p.hold_id = j.hold_id AND j.verdict = 'replayed'
    ) h ON true
   ORDER BY j.ord;
END
$$;

-- Ends active holds: 'released' by their fan, or 'expired' (then only those whose time is over). Returns those it ended.
CREATE FUNCTION tickets.end_holds(ids uuid[], ending text)
RETURNS SETOF tickets.holds
LANGUAGE plpgsql
AS $$
DECLARE
  moment timestamptz;
  ended  uuid[];
BEGIN
  PERFORM 1 FROM tickets.holds h WHERE h.hold_id = ANY (ids) ORDER BY h.hold_id FOR UPDATE;
  moment := clock_timestamp();

  SELECT array_agg(h.hold_id) INTO ended
    FROM tickets.holds h
   WHERE h.hold_id = ANY (ids) AND h.state = 'active' AND (ending <> 'expired' OR h.expires_at <= moment);

  PERFORM 1
    FROM tickets.holds h
    JOIN tickets.seats s
      ON s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids)
   WHERE h.hold_id = ANY (ended)
   ORDER BY s.event_id, s.section_id, s.seat_id
     FOR UPDATE OF s;

  -- Only seats that are still held by this very hold: an old owner frees nobody else's seat.
  UPDATE tickets.seats s
     SET status = 'free', hold_id = NULL, held_until = NULL, revision = s.revision + 1, changed_at = clock_timestamp()
    FROM tickets.holds h
   WHERE h.hold_id = ANY (ended)
     AND s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids)
     AND s.status = 'held' AND s.hold_id = h.hold_id;

  PERFORM 1
    FROM tickets.fan_usage u
   WHERE (u.event_id, u.fan_id) IN (SELECT h.event_id, h.fan_id FROM tickets.holds h WHERE h.hold_id = ANY (ended))
   ORDER BY u.event_id, u.fan_id
     FOR UPDATE;

  UPDATE tickets.fan_usage u
     SET seats = u.seats - given.seats, holds = u.holds - given.holds
    FROM (SELECT h.event_id, h.fan_id, sum(cardinality(h.seat_ids))::integer AS seats, count(*)::integer AS holds
            FROM tickets.holds h WHERE h.hold_id = ANY (ended) GROUP BY h.event_id, h.fan_id) given
   WHERE u.event_id = given.event_id AND u.fan_id = given.fan_id;

  RETURN QUERY
  UPDATE tickets.holds h SET state = ending WHERE h.hold_id = ANY (ended) RETURNING h.*;
END
$$;

-- Prolongs an active hold once, from now. One row: its code and the hold as it stands.
CREATE FUNCTION tickets.extend_hold(the_hold uuid, the_fan uuid, ttl_ms bigint)
RETURNS TABLE (code text, hold_row tickets.holds)
LANGUAGE plpgsql
AS $$
DECLARE
  h tickets.holds;
BEGIN
  SELECT x.* INTO h FROM tickets.holds x WHERE x.hold_id = the_hold AND x.fan_id = the_fan FOR UPDATE;
  IF h.hold_id IS NULL THEN
    RETURN QUERY SELECT 'not_found', h;
  ELSIF h.state = 'expired' OR h.state = 'active' AND h.expires_at <= clock_timestamp() THEN
    RETURN QUERY SELECT 'hold_expired', h;
  ELSIF h.state <> 'active' THEN
    RETURN QUERY SELECT 'hold_not_active', h;
  ELSIF h.extended THEN
    RETURN QUERY SELECT 'hold_already_extended', h;
  ELSE
    UPDATE tickets.holds x
       SET extended = true, expires_at = clock_timestamp() + ttl_ms * interval '1 millisecond'
     WHERE x.hold_id = the_hold
    RETURNING x.* INTO h;
    PERFORM 1
      FROM tickets.seats s
     WHERE s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids)
     ORDER BY s.seat_id
       FOR UPDATE;
    UPDATE tickets.seats s
       SET held_until = h.expires_at, revision = s.revision + 1, changed_at = clock_timestamp()
     WHERE s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids)
       AND s.status = 'held' AND s.hold_id = h.hold_id;
    RETURN QUERY SELECT 'extended', h;
  END IF;
END
$$;

-- `held → paying` for all seats of the holds, the order, and its outbox row; or a refusal and nothing at all.
CREATE FUNCTION tickets.place_order(
  the_order uuid, the_attempt uuid, the_fan uuid, holds_wanted uuid[], pay_within_ms bigint, the_fingerprint text)
RETURNS TABLE (code text, order_row tickets.orders)
LANGUAGE plpgsql
AS $$
DECLARE
  moment  timestamptz;
  prior   tickets.orders;
  made    tickets.orders;
  theirs  integer;
  events  integer;
  usable  integer;
  alive   integer;
  wanted  integer;
  ready   integer;
  title   text;
BEGIN
  PERFORM 1 FROM tickets.holds h WHERE h.hold_id = ANY (holds_wanted) ORDER BY h.hold_id FOR UPDATE;
  moment := clock_timestamp();

  SELECT o.* INTO prior FROM tickets.orders o WHERE o.order_id = the_order;
  IF FOUND THEN
    IF prior.fan_id = the_fan AND prior.fingerprint = the_fingerprint THEN
      RETURN QUERY SELECT 'placed', prior;
    ELSE
      RETURN QUERY SELECT 'idempotency_key_reused', NULL::tickets.orders;
    END IF;
    RETURN;
  END IF;

  SELECT count(*), count(DISTINCT h.event_id), count(*) FILTER (WHERE h.state = 'active'),
         count(*) FILTER (WHERE h.state = 'active' AND h.expires_at > moment), coalesce(sum(cardinality(h.seat_ids)), 0)
    INTO theirs, events, usable, alive, wanted
    FROM tickets.holds h
   WHERE h.hold_id = ANY (holds_wanted) AND h.fan_id = the_fan;

  IF theirs = 0 OR theirs < cardinality(holds_wanted) THEN
    RETURN QUERY SELECT 'not_found', NULL::tickets.orders;
    RETURN;
  ELSIF events > 1 THEN
    RETURN QUERY SELECT 'mixed_holds', NULL::tickets.orders;
    RETURN;
  ELSIF usable < theirs THEN
    RETURN QUERY SELECT
      CASE WHEN EXISTS (SELECT 1 FROM tickets.holds h WHERE h.hold_id = ANY (holds_wanted) AND h.state = 'expired')
           THEN 'hold_expired' ELSE 'hold_not_active' END, NULL::tickets.orders;
    RETURN;
  ELSIF alive < theirs THEN
    RETURN QUERY SELECT 'hold_expired', NULL::tickets.orders;
    RETURN;
  END IF;

  PERFORM 1
    FROM tickets.holds h
    JOIN tickets.seats s ON s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids)
   WHERE h.hold_id = ANY (holds_wanted)
   ORDER BY s.event_id, s.section_id, s.seat_id
     FOR UPDATE OF s;

  UPDATE tickets.seats s
     SET status = 'paying', held_until = NULL, revision = s.revision + 1, changed_at = clock_timestamp()
    FROM tickets.holds h
   CROSS JOIN LATERAL unnest(h.seat_ids, h.fences) AS mine (seat_id, fence)
   WHERE h.hold_id = ANY (holds_wanted)
     AND s.event_id = h.event_id AND s.section_id = h.section_id AND s.seat_id = mine.seat_id
     AND s.status = 'held' AND s.hold_id = h.hold_id AND s.fence = mine.fence;
  GET DIAGNOSTICS ready = ROW_COUNT;
  IF ready <> wanted THEN
    -- Cannot happen while the functions of this file are the only writers. If it does, nothing may stay half done.
    RAISE EXCEPTION 'holds % name % seats of which only % are held by them', holds_wanted, wanted, ready;
  END IF;

  UPDATE tickets.holds h SET state = 'ordered' WHERE h.hold_id = ANY (holds_wanted);

  UPDATE tickets.fan_usage u
     SET holds = u.holds - theirs
    FROM tickets.holds h
   WHERE h.hold_id = holds_wanted[1] AND u.event_id = h.event_id AND u.fan_id = h.fan_id;

  INSERT INTO tickets.orders AS o (order_id, event_id, fan_id, attempt_id, hold_ids, section_ids, seat_ids, fences,
                                   amount_minor, currency, fingerprint, pay_by, created_at)
  SELECT the_order, min(h.event_id::text)::uuid, the_fan, the_attempt, holds_wanted,
         array_agg(h.section_id ORDER BY h.hold_id, mine.position), array_agg(mine.seat_id ORDER BY h.hold_id, mine.position),
         array_agg(mine.fence ORDER BY h.hold_id, mine.position),
         (SELECT sum(x.amount_minor) FROM tickets.holds x WHERE x.hold_id = ANY (holds_wanted)), min(h.currency),
         the_fingerprint, moment + pay_within_ms * interval '1 millisecond', moment
    FROM tickets.holds h
   CROSS JOIN LATERAL unnest(h.seat_ids, h.fences) WITH ORDINALITY AS mine (seat_id, fence, position)
   WHERE h.hold_id = ANY (holds_wanted)
  RETURNING o.* INTO made;

  SELECT e.name INTO title FROM tickets.events e WHERE e.event_id = made.event_id;

  INSERT INTO tickets.outbox (type, event_id, order_id, data)
  VALUES ('PedidoCriado', made.event_id, made.order_id, tickets.checkout_data(made, title));

  RETURN QUERY SELECT 'placed', made;
END
$$;

-- What the payment service must know to take the money of an order.
CREATE FUNCTION tickets.checkout_data(o tickets.orders, title text)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
AS $$
  SELECT jsonb_build_object(
    'attemptId', o.attempt_id, 'fanId', o.fan_id, 'amountMinor', o.amount_minor, 'currency', o.currency,
    'payByMs', floor(extract(epoch FROM o.pay_by) * 1000)::bigint,
    'description', title || ': ' || array_to_string(o.seat_ids, ', '))
$$;

-- Seats of an order go back: from `paying`, and only where they are still its own.
CREATE FUNCTION tickets.free_order_seats(o tickets.orders)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
  freed integer;
BEGIN
  UPDATE tickets.seats s
     SET status = 'free', hold_id = NULL, revision = s.revision + 1, changed_at = clock_timestamp()
    FROM unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
   WHERE s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
     AND s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;
  GET DIAGNOSTICS freed = ROW_COUNT;
  UPDATE tickets.fan_usage u SET seats = u.seats - cardinality(o.seat_ids)
   WHERE u.event_id = o.event_id AND u.fan_id = o.fan_id;
  RETURN freed;
END
$$;

-- The commit of the sale, for a batch of PagamentoOK and PagamentoFalhou messages:
--   [{ord, id, type, order_id, attempt_id, amount_minor, currency, reason}]
-- Everything a message does, its inbox row included, is in this one transaction; a message seen before does nothing.
CREATE FUNCTION tickets.settle_payments(messages jsonb)
RETURNS TABLE (message_id uuid, outcome text, order_row tickets.orders)
LANGUAGE plpgsql
AS $$
DECLARE
  m     record;
  o     tickets.orders;
  ours  integer;
  did   text;
BEGIN
  PERFORM 1
    FROM tickets.orders x
   WHERE x.order_id IN (SELECT r.order_id FROM jsonb_to_recordset(messages) AS r (order_id uuid))
   ORDER BY x.order_id
     FOR UPDATE;

  PERFORM 1
    FROM tickets.orders x
   CROSS JOIN LATERAL unnest(x.section_ids, x.seat_ids) AS mine (section_id, seat_id)
    JOIN tickets.seats s
      ON s.event_id = x.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
   WHERE x.order_id IN (SELECT r.order_id FROM jsonb_to_recordset(messages) AS r (order_id uuid))
   ORDER BY s.event_id, s.section_id, s.seat_id
     FOR UPDATE OF s;

  FOR m IN
    SELECT * FROM jsonb_to_recordset(messages) AS r (
      ord integer, id uuid, type text, order_id uuid, attempt_id uuid, amount_minor bigint, currency text, reason text)
     ORDER BY ord
  LOOP
    INSERT INTO tickets.inbox AS i (message_id) VALUES (m.id) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = m.order_id;
      RETURN QUERY SELECT m.id, 'nothing', o;
      CONTINUE;
    END IF;

    SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = m.order_id;
    did := 'nothing';

    IF o.order_id IS NULL THEN
      NULL; -- Not ours. The reconciler sees its money.
    ELSIF m.type = 'PagamentoOK' AND o.status = 'awaiting_payment' THEN
      SELECT count(*) INTO ours
        FROM unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
        JOIN tickets.seats s
          ON s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
         AND s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;

      IF ours = cardinality(o.seat_ids) AND m.amount_minor = o.amount_minor AND upper(m.currency) = o.currency THEN
        UPDATE tickets.seats s
           SET status = 'sold', revision = s.revision + 1, changed_at = clock_timestamp()
          FROM unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
         WHERE s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id;
        INSERT INTO tickets.tickets (ticket_id, order_id, event_id, section_id, seat_id, fan_id)
        SELECT gen_random_uuid(), o.order_id, o.event_id, mine.section_id, mine.seat_id, o.fan_id
          FROM unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id);
        UPDATE tickets.orders x SET status = 'confirmed', settled_at = clock_timestamp() WHERE x.order_id = o.order_id;
        INSERT INTO tickets.outbox (type, event_id, order_id, data)
        VALUES ('PedidoConfirmado', o.event_id, o.order_id, jsonb_build_object('seatIds', to_jsonb(o.seat_ids)));
        did := 'confirmed';
      ELSE
        PERFORM tickets.free_order_seats(o);
        did := 'rejected';
      END IF;
    ELSIF m.type = 'PagamentoOK' AND o.status IN ('failed', 'expired') THEN
      did := 'rejected'; -- Money after the seats went back: it is returned, never kept in silence.
    ELSIF m.type = 'PagamentoFalhou' AND o.status = 'awaiting_payment' THEN
      PERFORM tickets.free_order_seats(o);
      UPDATE tickets.orders x
         SET status = CASE m.reason WHEN 'expired' THEN 'expired' ELSE 'failed' END, reason = m.reason,
             settled_at = clock_timestamp()
       WHERE x.order_id = o.order_id;
      did := 'freed';
    END IF;

    IF did = 'rejected' THEN
      UPDATE tickets.orders x SET status = 'rejected', reason = 'seats_lost', settled_at = clock_timestamp()
       WHERE x.order_id = o.order_id;
      INSERT INTO tickets.outbox (type, event_id, order_id, data)
      VALUES ('PedidoRejeitado', o.event_id, o.order_id, jsonb_build_object('reason', 'seats_lost'));
    END IF;

    SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = m.order_id;
    RETURN QUERY SELECT m.id, did, o;
  END LOOP;
END
$$;
