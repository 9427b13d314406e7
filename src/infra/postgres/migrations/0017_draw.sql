-- Up Migration

-- The draw of each event's line (docs/DRAW.md). Whoever joins before the opening gets the next index; at the opening the
-- order is a permutation of the indices that only this row decides. The secret is made with the row, and its SHA-256 is
-- public before anybody has joined. One row an event is locked for every batch of entries: so the chain has one order, the
-- indices have no holes, and both are as durable as the places themselves.
CREATE TABLE line.draws (
  event_id       uuid        PRIMARY KEY,
  opens_at       timestamptz NOT NULL,
  secret         bytea       NOT NULL CHECK (length(secret) = 32),
  entrants       bigint      NOT NULL DEFAULT 0,
  -- The chain's last link.
  head           bytea       NOT NULL CHECK (length(head) = 32),
  -- Which public randomness goes into the key as well, and, once known, what it was.
  beacon_source  text,
  beacon         text,
  sealed_at      timestamptz,
  -- Opened by an operator before its time.
  by_hand        boolean     NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- What the definition says of it: the waiting room copies it when it opens the draw.
ALTER TABLE tickets.events ADD COLUMN draw_beacon text;

-- What went into the chain with a place, and the link that came out: the fan's receipt. Null: joined after the opening.
ALTER TABLE line.places ADD COLUMN leaf bytea, ADD COLUMN head bytea;

-- Where the place stood in the order of calling. Null: where its number says.
ALTER TABLE line.admissions ADD COLUMN turn bigint;

-- Nobody enters any more. A beacon that is to come is waited for after this. By the clock of Postgres: the nodes' may differ.
CREATE FUNCTION line.seal_draw(p_event uuid, p_by_hand boolean) RETURNS void LANGUAGE sql AS $$
  UPDATE line.draws SET sealed_at = clock_timestamp(), by_hand = opens_at > clock_timestamp()
   WHERE event_id = p_event AND sealed_at IS NULL AND (p_by_hand OR opens_at <= clock_timestamp());
$$;

-- Gives each fan an index and the chain's next link, unless the fan has a place: then that one. A row for every fan; without
-- a number where the draw is sealed and the fan has no place. The row lock makes all of it one after the other.
CREATE FUNCTION line.enter_draw(p_event uuid, p_fans uuid[], p_leaves bytea[])
RETURNS TABLE (fan_id uuid, number bigint, joined_at timestamptz, leaf bytea, head bytea, created boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_draw    line.draws;
  v_fan     record;
  v_fans    uuid[] := '{}';
  v_numbers bigint[] := '{}';
  v_leaves  bytea[] := '{}';
  v_heads   bytea[] := '{}';
BEGIN
  PERFORM 1 FROM line.draws d WHERE d.event_id = p_event FOR UPDATE;
  PERFORM line.seal_draw(p_event, false);
  SELECT * INTO STRICT v_draw FROM line.draws d WHERE d.event_id = p_event;
  IF v_draw.sealed_at IS NULL THEN
    FOR v_fan IN
      SELECT DISTINCT ON (w.fan) w.fan, w.leaf FROM unnest(p_fans, p_leaves) WITH ORDINALITY AS w (fan, leaf, position)
       WHERE NOT EXISTS (SELECT 1 FROM line.places p
                          WHERE p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL)
       ORDER BY w.fan, w.position
    LOOP
      v_draw.entrants := v_draw.entrants + 1;
      v_draw.head := sha256(v_draw.head || int8send(v_draw.entrants) || v_fan.leaf);
      v_fans := v_fans || v_fan.fan;
      v_numbers := v_numbers || v_draw.entrants;
      v_leaves := v_leaves || v_fan.leaf;
      v_heads := v_heads || v_draw.head;
    END LOOP;
    INSERT INTO line.places (event_id, fan_id, number, leaf, head)
    SELECT p_event, n.fan, n.number, n.leaf, n.head FROM unnest(v_fans, v_numbers, v_leaves, v_heads) AS n (fan, number, leaf, head);
    UPDATE line.draws d SET entrants = v_draw.entrants, head = v_draw.head
     WHERE d.event_id = p_event AND d.entrants < v_draw.entrants;
  END IF;
  RETURN QUERY
    SELECT w.fan, p.number, p.joined_at, p.leaf, p.head, coalesce(p.number = ANY (v_numbers), false)
      FROM unnest(p_fans) AS w (fan)
      LEFT JOIN line.places p ON p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL;
END $$;
