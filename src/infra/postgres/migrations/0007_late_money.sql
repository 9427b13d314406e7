-- Up Migration

-- Late money: what becomes of a payment whose seats are not there any more. The ticket service decides about the seats
-- (honoured, reseated, or not to be had), the payment service about the money; what neither may decide waits for a person.

ALTER TABLE tickets.events ADD COLUMN late_money_reseat boolean NOT NULL DEFAULT false;

ALTER TABLE tickets.orders
  -- How an order ended whose payment did not find its seats waiting; null for every other order.
  ADD COLUMN ending text CHECK (ending IN ('honoured', 'reseated', 'refunded', 'review')),
  -- The seats that were asked for, where the order got others.
  ADD COLUMN reseated_from text[];

-- A grant that late money brought: it stands on the admission of the first one, which may be over by now.
ALTER TABLE tickets.holds ADD COLUMN late boolean NOT NULL DEFAULT false;

ALTER TABLE payments.attempts DROP CONSTRAINT attempts_status_check, DROP CONSTRAINT attempts_reason_check;
ALTER TABLE payments.attempts
  ADD CONSTRAINT attempts_status_check CHECK (status IN (
    'new', 'open', 'cancelling', 'authorised', 'cancelled', 'late', 'lapsed', 'capturing', 'captured', 'voiding', 'voided',
    'refunding', 'refunded', 'review', 'honouring', 'keeping', 'kept', 'returning', 'dismissed')),
  ADD CONSTRAINT attempts_reason_check CHECK (reason IN (
    'declined', 'cancelled', 'expired', 'seats_lost', 'fan_limit', 'amount_mismatch', 'unknown_order', 'refunded'));

-- What waits for a person. One matter is one row, however often it is reported; its row is also its history.
CREATE TABLE payments.reviews (
  review_id    uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  kind         text        NOT NULL,
  payment_ref  text        NOT NULL,
  -- The attempt that a resolution moves; null: a matter that only the gateway's own pages can settle.
  attempt_id   uuid,
  order_id     uuid,
  details      jsonb       NOT NULL,
  opened_at    timestamptz NOT NULL DEFAULT now(),
  action       text        CHECK (action IN ('refund', 'honour', 'dismiss')),
  note         text,
  resolved_by  text,
  resolved_at  timestamptz,
  UNIQUE (kind, payment_ref),
  CHECK ((action IS NULL) = (resolved_at IS NULL))
);

CREATE INDEX reviews_open ON payments.reviews (opened_at) WHERE resolved_at IS NULL;

-- Every function here goes by its keys, whatever the planner guesses (see 0006).

-- tickets.free_order_seats as in 0005, and the order's holds end with it: who finds a lock of one of them that its process
-- left behind must see that nobody stands behind it any more.
CREATE OR REPLACE FUNCTION tickets.free_order_seats(o tickets.orders)
RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  freed integer;
BEGIN
  UPDATE tickets.holds h SET state = 'expired', expires_at = least(h.expires_at, clock_timestamp())
   WHERE h.hold_id = ANY (o.hold_ids);
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

-- Sells the seats named to an order whose money came when they were not waiting for it. Each must be free, or still the
-- order's own; all of them or none. The caller has locked the order and every seat named, in the order of the seats' key.
-- 'sold', 'taken' or 'fan_limit'.
CREATE FUNCTION tickets.sell_late(o tickets.orders, new_sections text[], new_seats text[])
RETURNS text
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  moment      timestamptz := clock_timestamp();
  wanted      integer := cardinality(new_seats);
  to_be_had   integer;
  new_holds   uuid[];
  new_fences  bigint[];
BEGIN
  SELECT count(*) INTO to_be_had
    FROM unnest(new_sections, new_seats) AS w (section_id, seat_id)
    JOIN tickets.seats s ON s.event_id = o.event_id AND s.section_id = w.section_id AND s.seat_id = w.seat_id
    LEFT JOIN unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
      ON mine.section_id = s.section_id AND mine.seat_id = s.seat_id
   WHERE s.status = 'free' OR s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;
  IF wanted <> cardinality(o.seat_ids) OR to_be_had <> wanted THEN
    RETURN 'taken';
  END IF;

  -- An order that waits for its money counts already. One that had ended gave its room back, and the fan may have used it.
  IF o.status <> 'awaiting_payment' THEN
    UPDATE tickets.fan_usage u SET seats = u.seats + wanted
      FROM tickets.events e
     WHERE u.event_id = o.event_id AND u.fan_id = o.fan_id AND e.event_id = o.event_id
       AND u.seats + wanted <= e.seats_per_fan;
    IF NOT FOUND THEN
      RETURN 'fan_limit';
    END IF;
  END IF;

  UPDATE tickets.seats s
     SET status = 'free', hold_id = NULL, revision = s.revision + 1, changed_at = moment
    FROM unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
   WHERE s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
     AND s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;

  WITH grants AS (
    INSERT INTO tickets.holds AS h (hold_id, event_id, section_id, fan_id, pass_id, seat_ids, fences, amount_minor, currency,
                                    fingerprint, state, held_at, expires_at, late)
    SELECT gen_random_uuid(), o.event_id, w.section_id, o.fan_id, given.pass_id, array_agg(w.seat_id ORDER BY w.position),
           array_agg(s.fence + 1 ORDER BY w.position), sec.price_minor * count(*), o.currency, given.fingerprint, 'ordered',
           moment, moment, true
      FROM unnest(new_sections, new_seats) WITH ORDINALITY AS w (section_id, seat_id, position)
      JOIN tickets.seats s ON s.event_id = o.event_id AND s.section_id = w.section_id AND s.seat_id = w.seat_id
      JOIN tickets.sections sec ON sec.event_id = o.event_id AND sec.section_id = w.section_id
      JOIN tickets.holds given ON given.hold_id = o.hold_ids[1]
     GROUP BY w.section_id, sec.price_minor, given.pass_id, given.fingerprint
    RETURNING h.*
  )
  SELECT array_agg(g.hold_id) INTO new_holds FROM grants g;

  UPDATE tickets.seats s
     SET status = 'sold', hold_id = h.hold_id, fence = s.fence + 1, revision = s.revision + 1, changed_at = moment
    FROM tickets.holds h
   WHERE h.hold_id = ANY (new_holds)
     AND s.event_id = o.event_id AND s.section_id = h.section_id AND s.seat_id = ANY (h.seat_ids) AND s.status = 'free';

  SELECT array_agg(s.fence ORDER BY w.position) INTO new_fences
    FROM unnest(new_sections, new_seats) WITH ORDINALITY AS w (section_id, seat_id, position)
    JOIN tickets.seats s ON s.event_id = o.event_id AND s.section_id = w.section_id AND s.seat_id = w.seat_id
   WHERE s.status = 'sold' AND s.hold_id = ANY (new_holds);
  IF cardinality(new_fences) IS DISTINCT FROM wanted THEN
    -- Cannot happen while the functions of this schema are the only writers. If it does, nothing may stay half done.
    RAISE EXCEPTION 'order % could take only % of its % seats', o.order_id, cardinality(new_fences), wanted;
  END IF;

  -- The first grant ended when its seats went back: whoever had them in between had them rightly.
  UPDATE tickets.holds h SET state = 'expired', expires_at = least(h.expires_at, coalesce(o.settled_at, moment))
   WHERE h.hold_id = ANY (o.hold_ids);
  UPDATE tickets.orders x
     SET hold_ids = new_holds, section_ids = new_sections, seat_ids = new_seats, fences = new_fences,
         reseated_from = CASE WHEN new_seats @> o.seat_ids THEN NULL ELSE o.seat_ids END,
         ending = CASE WHEN new_seats @> o.seat_ids THEN 'honoured' ELSE 'reseated' END
   WHERE x.order_id = o.order_id;
  RETURN 'sold';
END
$$;

-- The sale of an order whose seats are `sold` by now: tickets, order, and the word to the payment service.
CREATE FUNCTION tickets.confirm_order(the_order uuid)
RETURNS void
LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
  INSERT INTO tickets.tickets (ticket_id, order_id, event_id, section_id, seat_id, fan_id)
  SELECT gen_random_uuid(), o.order_id, o.event_id, mine.section_id, mine.seat_id, o.fan_id
    FROM tickets.orders o
   CROSS JOIN LATERAL unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
   WHERE o.order_id = the_order;
  UPDATE tickets.orders SET status = 'confirmed', reason = NULL, settled_at = clock_timestamp() WHERE order_id = the_order;
  INSERT INTO tickets.outbox (type, event_id, order_id, data)
  SELECT 'PedidoConfirmado', o.event_id, o.order_id, jsonb_build_object('seatIds', to_jsonb(o.seat_ids))
    FROM tickets.orders o WHERE o.order_id = the_order;
$$;

-- The end of a confirmed order whose money a person sent back: its tickets are void, its seats free.
CREATE FUNCTION tickets.undo_order(o tickets.orders)
RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
BEGIN
  UPDATE tickets.holds h SET state = 'expired', expires_at = least(h.expires_at, clock_timestamp())
   WHERE h.hold_id = ANY (o.hold_ids);
  UPDATE tickets.tickets t SET voided_at = clock_timestamp() WHERE t.order_id = o.order_id AND t.voided_at IS NULL;
  UPDATE tickets.seats s
     SET status = 'free', hold_id = NULL, revision = s.revision + 1, changed_at = clock_timestamp()
    FROM unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
   WHERE s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
     AND s.status = 'sold' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;
  UPDATE tickets.fan_usage u SET seats = u.seats - cardinality(o.seat_ids)
   WHERE u.event_id = o.event_id AND u.fan_id = o.fan_id;
  UPDATE tickets.orders x SET status = 'refunded', reason = 'refunded', settled_at = clock_timestamp()
   WHERE x.order_id = o.order_id;
END
$$;

-- tickets.settle_payments as 0005 describes it, with the four endings of late money. A message may carry more:
--   {…, event_id, approved, seats: [{section_id, seat_id}], final}
-- `approved`: a person wants the order honoured whatever sum was paid. `seats`: those that the caller proposes instead of
-- the order's own. `final`: decide with what is there. Two outcomes decide nothing yet and count nothing: 'overdue' (end
-- the holds in the way whose time is over, then ask again) and 'reseat' (propose seats, then ask again).
CREATE OR REPLACE FUNCTION tickets.settle_payments(messages jsonb)
RETURNS TABLE (message_id uuid, outcome text, order_row tickets.orders)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  m     record;
  o     tickets.orders;
  ours  integer;
  did   text;
  why   text;
BEGIN
  PERFORM 1
    FROM tickets.orders x
   WHERE x.order_id IN (SELECT r.order_id FROM jsonb_to_recordset(messages) AS r (order_id uuid))
   ORDER BY x.order_id
     FOR UPDATE;

  PERFORM 1
    FROM (
      SELECT x.event_id, mine.section_id, mine.seat_id COLLATE "C" AS seat_id
        FROM tickets.orders x
       CROSS JOIN LATERAL unnest(x.section_ids, x.seat_ids) AS mine (section_id, seat_id)
       WHERE x.order_id IN (SELECT r.order_id FROM jsonb_to_recordset(messages) AS r (order_id uuid))
      UNION
      SELECT x.event_id, w.section_id, w.seat_id COLLATE "C"
        FROM jsonb_to_recordset(messages) AS r (order_id uuid, seats jsonb)
        JOIN tickets.orders x ON x.order_id = r.order_id
       CROSS JOIN LATERAL jsonb_to_recordset(r.seats) AS w (section_id text, seat_id text)
       WHERE r.seats IS NOT NULL
       ORDER BY 1, 2, 3
      OFFSET 0
    ) wanted
   CROSS JOIN LATERAL (
      SELECT 1
        FROM tickets.seats s
       WHERE s.event_id = wanted.event_id AND s.section_id = wanted.section_id AND s.seat_id = wanted.seat_id
         FOR UPDATE
    ) locked;

  FOR m IN
    SELECT r.*,
           (SELECT array_agg(w.section_id ORDER BY w.position)
              FROM ROWS FROM (jsonb_to_recordset(r.seats) AS (section_id text, seat_id text)) WITH ORDINALITY
                   AS w (section_id, seat_id, position)) AS new_sections,
           (SELECT array_agg(w.seat_id ORDER BY w.position)
              FROM ROWS FROM (jsonb_to_recordset(r.seats) AS (section_id text, seat_id text)) WITH ORDINALITY
                   AS w (section_id, seat_id, position)) AS new_seats
      FROM jsonb_to_recordset(messages) AS r (
        ord integer, id uuid, type text, event_id uuid, order_id uuid, attempt_id uuid, amount_minor bigint, currency text,
        reason text, approved boolean, seats jsonb, final boolean)
     ORDER BY r.ord
  LOOP
    SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = m.order_id;
    INSERT INTO tickets.inbox AS i (message_id) VALUES (m.id) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RETURN QUERY SELECT m.id, 'nothing', o;
      CONTINUE;
    END IF;

    did := 'nothing';
    why := 'seats_lost';

    IF o.order_id IS NULL THEN
      IF m.type = 'PagamentoOK' THEN
        -- Money for an order that we do not have: what we cannot know a person must find out.
        INSERT INTO tickets.outbox (type, event_id, order_id, data)
        VALUES ('PedidoRejeitado', m.event_id, m.order_id, jsonb_build_object('reason', 'unknown_order'));
      END IF;
    ELSIF m.type = 'PagamentoOK' AND o.status = 'confirmed' AND m.approved THEN
      INSERT INTO tickets.outbox (type, event_id, order_id, data)
      VALUES ('PedidoConfirmado', o.event_id, o.order_id, jsonb_build_object('seatIds', to_jsonb(o.seat_ids)));
    ELSIF m.type = 'PagamentoOK' AND o.status = 'refunded' AND m.approved THEN
      INSERT INTO tickets.outbox (type, event_id, order_id, data)
      VALUES ('PedidoRejeitado', o.event_id, o.order_id, jsonb_build_object('reason', 'refunded'));
    ELSIF m.type = 'PagamentoOK'
          AND (o.status IN ('awaiting_payment', 'failed', 'expired') OR o.status = 'rejected' AND m.approved) THEN
      SELECT count(*) INTO ours
        FROM unnest(o.section_ids, o.seat_ids, o.fences) AS mine (section_id, seat_id, fence)
        JOIN tickets.seats s
          ON s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
         AND s.status = 'paying' AND s.hold_id = ANY (o.hold_ids) AND s.fence = mine.fence;

      IF m.approved IS NOT TRUE AND (m.amount_minor <> o.amount_minor OR upper(m.currency) <> o.currency) THEN
        did := 'review';
        why := 'amount_mismatch';
      ELSIF o.reason = 'refunded' AND m.approved IS NOT TRUE THEN
        did := 'rejected'; -- A person has sent this very money back; its OK was overtaken by that.
        why := 'refunded';
      ELSIF o.status = 'awaiting_payment' AND ours = cardinality(o.seat_ids) THEN
        UPDATE tickets.seats s
           SET status = 'sold', revision = s.revision + 1, changed_at = clock_timestamp()
          FROM unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
         WHERE s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id;
        did := 'sold';
      ELSIF m.final IS NOT TRUE AND EXISTS (
          SELECT 1
            FROM unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
            JOIN tickets.seats s
              ON s.event_id = o.event_id AND s.section_id = mine.section_id AND s.seat_id = mine.seat_id
           WHERE s.status = 'held' AND s.held_until <= clock_timestamp()) THEN
        did := 'overdue';
      ELSE
        did := tickets.sell_late(o, o.section_ids, o.seat_ids);
        IF did = 'taken' AND m.new_seats IS NOT NULL THEN
          did := tickets.sell_late(o, m.new_sections, m.new_seats);
        END IF;
        IF did = 'taken' AND m.final IS NOT TRUE
           AND (SELECT e.late_money_reseat FROM tickets.events e WHERE e.event_id = o.event_id) THEN
          did := 'reseat';
        ELSIF did IN ('taken', 'fan_limit') THEN
          why := CASE did WHEN 'fan_limit' THEN 'fan_limit' ELSE 'seats_lost' END;
          did := 'rejected';
        END IF;
      END IF;
    ELSIF m.type = 'PagamentoFalhou' AND o.status = 'awaiting_payment' THEN
      PERFORM tickets.free_order_seats(o);
      UPDATE tickets.orders x
         SET status = CASE m.reason WHEN 'expired' THEN 'expired' ELSE 'failed' END, reason = m.reason,
             settled_at = clock_timestamp()
       WHERE x.order_id = o.order_id;
      did := 'freed';
    ELSIF m.type = 'PagamentoFalhou' AND m.reason = 'refunded' AND o.status = 'confirmed' THEN
      PERFORM tickets.undo_order(o);
      did := 'freed';
    ELSIF m.type = 'PagamentoFalhou' AND m.reason = 'refunded' AND o.ending = 'review' THEN
      UPDATE tickets.orders x SET ending = 'refunded' WHERE x.order_id = o.order_id;
      did := 'rejected_already';
    END IF;

    IF did = 'sold' THEN
      PERFORM tickets.confirm_order(o.order_id);
      did := 'confirmed';
    ELSIF did IN ('rejected', 'review') THEN
      IF o.status = 'awaiting_payment' THEN
        PERFORM tickets.free_order_seats(o);
      END IF;
      UPDATE tickets.orders x
         SET status = 'rejected', reason = why, ending = CASE did WHEN 'review' THEN 'review' ELSE 'refunded' END,
             -- When its seats went back, which may have been long ago: others have had them since.
             settled_at = coalesce(x.settled_at, clock_timestamp())
       WHERE x.order_id = o.order_id;
      INSERT INTO tickets.outbox (type, event_id, order_id, data)
      VALUES ('PedidoRejeitado', o.event_id, o.order_id, jsonb_build_object('reason', why));
    ELSIF did IN ('overdue', 'reseat') THEN
      DELETE FROM tickets.inbox i WHERE i.message_id = m.id;
    ELSIF did = 'rejected_already' THEN
      did := 'rejected';
    END IF;

    SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = m.order_id;
    RETURN QUERY SELECT m.id, did, o;
  END LOOP;
END
$$;
