-- Up Migration

-- A fan gives a confirmed order back, while the event allows it: its tickets are void, its seats free, and the payment service
-- is told to return the whole money, in one transaction. Whoever comes second finds it done: 'returned' once, then 'repeated'.
-- Else 'not_found' (also for another fan's order), 'not_confirmed' or 'too_late'. By the database's clock.
CREATE FUNCTION tickets.give_back(the_order uuid, the_fan uuid)
RETURNS TABLE (code text, order_row tickets.orders)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  o    tickets.orders;
  did  text;
BEGIN
  SELECT x.* INTO o FROM tickets.orders x WHERE x.order_id = the_order AND x.fan_id = the_fan FOR UPDATE;
  IF o.order_id IS NULL THEN
    RETURN QUERY SELECT 'not_found', NULL::tickets.orders;
    RETURN;
  END IF;

  IF o.status = 'refunded' AND o.reason = 'cancelled' THEN
    did := 'repeated';
  ELSIF o.status <> 'confirmed' THEN
    did := 'not_confirmed';
  ELSIF NOT EXISTS (SELECT 1 FROM tickets.events e WHERE e.event_id = o.event_id AND e.refunds_until > clock_timestamp()) THEN
    did := 'too_late';
  ELSE
    -- In the order of the seats' key, as everybody locks them.
    PERFORM 1
      FROM (
        SELECT mine.section_id, mine.seat_id COLLATE "C" AS seat_id
          FROM unnest(o.section_ids, o.seat_ids) AS mine (section_id, seat_id)
         ORDER BY 1, 2
        OFFSET 0
      ) wanted
     CROSS JOIN LATERAL (
        SELECT 1
          FROM tickets.seats s
         WHERE s.event_id = o.event_id AND s.section_id = wanted.section_id AND s.seat_id = wanted.seat_id
           FOR UPDATE
      ) locked;
    PERFORM tickets.undo_order(o);
    UPDATE tickets.orders x SET reason = 'cancelled' WHERE x.order_id = o.order_id;
    INSERT INTO tickets.outbox (type, event_id, order_id, data)
    VALUES ('PedidoRejeitado', o.event_id, o.order_id, jsonb_build_object('reason', 'cancelled'));
    did := 'returned';
  END IF;
  RETURN QUERY SELECT did, x FROM tickets.orders x WHERE x.order_id = the_order;
END
$$;
