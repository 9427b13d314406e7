-- Up Migration

-- Lanes of a line (docs/LANES.md). The number of a place says its lane: the first has the numbers from 1, the next those from
-- 1,000,000,000,001 on, and so forth.
-- The lanes as the operator defined them, in an order that never changes: [{"id", "name", "sharePercent", "access"}].
ALTER TABLE tickets.events ADD COLUMN lanes jsonb;

-- How far each lane is: joined and serving of the first, joined and serving of the second, …; the line's own columns are the
-- sums. Null: the line has none.
ALTER TABLE line.counters ADD COLUMN lanes bigint[];

-- For each lane the further of both.
CREATE FUNCTION line.furthest_lanes(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(greatest(coalesce(a[i], 0), coalesce(b[i], 0)) ORDER BY i)
    FROM generate_series(1, greatest(cardinality(a), cardinality(b))) AS i;
$$;

-- `line.enter_draw` for a lane behind the first: it has a draw of its own, and its indices become numbers behind `p_base`. The
-- first lane's draw is locked as well, so that one fan in two lanes at once gets one place and not an error.
CREATE FUNCTION line.enter_lane_draw(p_event uuid, p_draw uuid, p_base bigint, p_fans uuid[], p_leaves bytea[])
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
       WHERE NOT EXISTS (SELECT 1 FROM line.places p
                          WHERE p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL)
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
      LEFT JOIN line.places p ON p.event_id = p_event AND p.fan_id = w.fan AND p.spent_at IS NULL;
END $$;
