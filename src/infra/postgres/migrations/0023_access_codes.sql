-- Up Migration

-- Access codes (docs/LANES.md), by a keyed hash: whoever reads this table has no code.
CREATE TABLE line.access_codes (
  code_id     uuid        PRIMARY KEY,
  event_id    uuid        NOT NULL REFERENCES tickets.events,
  code_hash   bytea       NOT NULL CHECK (length(code_hash) = 32),
  -- The lane that it opens; null: none, it is a bypass.
  lane        text,
  label       text        NOT NULL DEFAULT '',
  -- Fans that may redeem it; null: any number.
  uses_max    integer     CHECK (uses_max > 0),
  uses        integer     NOT NULL DEFAULT 0,
  starts_at   timestamptz,
  ends_at     timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (event_id, code_hash)
);
CREATE INDEX access_codes_in_order ON line.access_codes (event_id, created_at, code_id);

-- Who has redeemed which: once a fan and code, however often it is asked for.
CREATE TABLE line.redemptions (
  code_id      uuid        NOT NULL REFERENCES line.access_codes,
  event_id     uuid        NOT NULL,
  fan_id       uuid        NOT NULL,
  redeemed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (code_id, fan_id)
);
CREATE INDEX redemptions_of_fan ON line.redemptions (event_id, fan_id, redeemed_at DESC);

-- Who is let into a lane without a code: a fan, or whoever comes from a network.
CREATE TABLE line.invitations (
  event_id    uuid        NOT NULL REFERENCES tickets.events,
  fan_id      uuid,
  network     inet,
  lane        text        NOT NULL,
  invited_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((fan_id IS NULL) <> (network IS NULL))
);
CREATE UNIQUE INDEX one_invitation_a_fan ON line.invitations (event_id, fan_id) WHERE fan_id IS NOT NULL;
CREATE UNIQUE INDEX one_invitation_a_network ON line.invitations (event_id, network) WHERE network IS NOT NULL;

-- Everybody who went past the line.
CREATE TABLE line.bypasses (
  event_id  uuid        NOT NULL,
  fan_id    uuid        NOT NULL,
  code_id   uuid,
  at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX bypasses_of_event ON line.bypasses (event_id);

-- Redeems a code for a fan. The row lock makes redemptions of one code one after the other, so a code that may be used once is
-- used once however many come at the same moment. By the clock of Postgres.
CREATE FUNCTION line.redeem_code(p_event uuid, p_hash bytea, p_fan uuid)
RETURNS TABLE (outcome text, code_id uuid, lane text, wait_ms bigint) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_code line.access_codes;
  v_now  timestamptz;
BEGIN
  SELECT * INTO v_code FROM line.access_codes c WHERE c.event_id = p_event AND c.code_hash = p_hash FOR UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'unknown', NULL::uuid, NULL::text, NULL::bigint;
    RETURN;
  END IF;
  v_now := clock_timestamp();
  IF v_code.revoked_at IS NOT NULL THEN
    outcome := 'revoked';
  ELSIF EXISTS (SELECT 1 FROM line.redemptions r WHERE r.code_id = v_code.code_id AND r.fan_id = p_fan) THEN
    outcome := 'redeemed';
  ELSIF v_code.starts_at > v_now THEN
    outcome := 'too_early';
    wait_ms := ceil(extract(epoch FROM v_code.starts_at - v_now) * 1000);
  ELSIF v_code.ends_at <= v_now THEN
    outcome := 'expired';
  ELSIF v_code.uses >= v_code.uses_max THEN
    outcome := 'used';
  ELSE
    INSERT INTO line.redemptions (code_id, event_id, fan_id) VALUES (v_code.code_id, p_event, p_fan);
    UPDATE line.access_codes c SET uses = c.uses + 1 WHERE c.code_id = v_code.code_id;
    outcome := 'redeemed';
  END IF;
  code_id := v_code.code_id;
  lane := v_code.lane;
  RETURN NEXT;
END $$;
