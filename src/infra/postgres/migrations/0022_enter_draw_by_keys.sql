-- Up Migration

-- A line that fills for the first time has no statistics yet. For the planner it has one row, so it read the event's whole line
-- into memory and compared it with each of the fans: a statement of 500 entries took 27 ms among none and 3.5 s among 30,000. The
-- limits leave no other plan than one look by key for each fan.
-- Gives each fan an index and the chain's next link, unless the fan has a place: then that one. A row for every fan; without
-- a number where the draw is sealed and the fan has no place. The row lock makes all of it one after the other.
CREATE OR REPLACE FUNCTION line.enter_draw(p_event uuid, p_fans uuid[], p_leaves bytea[])
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
       WHERE (SELECT true FROM line.places p
               WHERE p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL LIMIT 1) IS NULL
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
      LEFT JOIN LATERAL (SELECT * FROM line.places o
                          WHERE o.event_id = p_event AND o.fan_id = w.fan AND o.spent_at IS NULL LIMIT 1) p ON true;
END $$;

-- The same for a lane behind the first.
CREATE OR REPLACE FUNCTION line.enter_lane_draw(p_event uuid, p_draw uuid, p_base bigint, p_fans uuid[], p_leaves bytea[])
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
  PERFORM 1 FROM line.draws d WHERE d.event_id = p_draw FOR UPDATE;
  PERFORM line.seal_draw(p_draw, false);
  SELECT * INTO STRICT v_draw FROM line.draws d WHERE d.event_id = p_draw;
  IF v_draw.sealed_at IS NULL THEN
    FOR v_fan IN
      SELECT DISTINCT ON (w.fan) w.fan, w.leaf FROM unnest(p_fans, p_leaves) WITH ORDINALITY AS w (fan, leaf, position)
       WHERE (SELECT true FROM line.places p
               WHERE p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL LIMIT 1) IS NULL
       ORDER BY w.fan, w.position
    LOOP
      v_draw.entrants := v_draw.entrants + 1;
      v_draw.head := sha256(v_draw.head || int8send(v_draw.entrants) || v_fan.leaf);
      v_fans := v_fans || v_fan.fan;
      v_numbers := v_numbers || (p_base + v_draw.entrants);
      v_leaves := v_leaves || v_fan.leaf;
      v_heads := v_heads || v_draw.head;
    END LOOP;
    INSERT INTO line.places (event_id, fan_id, number, leaf, head)
    SELECT p_event, n.fan, n.number, n.leaf, n.head FROM unnest(v_fans, v_numbers, v_leaves, v_heads) AS n (fan, number, leaf, head);
    UPDATE line.draws d SET entrants = v_draw.entrants, head = v_draw.head
     WHERE d.event_id = p_draw AND d.entrants < v_draw.entrants;
  END IF;
  RETURN QUERY
    SELECT w.fan, p.number, p.joined_at, p.leaf, p.head, coalesce(p.number = ANY (v_numbers), false)
      FROM unnest(p_fans) AS w (fan)
      LEFT JOIN LATERAL (SELECT * FROM line.places o
                          WHERE o.event_id = p_event AND o.fan_id = w.fan AND o.spent_at IS NULL LIMIT 1) p ON true;
END $$;
