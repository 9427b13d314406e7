-- Up Migration

-- Which device has a place: 0, whoever joined; one more with each hand-over by recovery code. A signed place carries the
-- number it was made for, so that only the newest stands. A default, so nothing is rewritten.
ALTER TABLE line.places ADD COLUMN claim integer NOT NULL DEFAULT 0;

-- Every hand-over: it is how the other nodes learn of it, how a repeat of a request whose answer was lost is known again, and
-- where a pass that was replaced is found by the holds that were made with it.
CREATE TABLE line.hand_overs (
  event_id     uuid        NOT NULL,
  number       bigint      NOT NULL,
  claim        integer     NOT NULL,
  request_id   uuid        NOT NULL,
  old_pass_id  uuid,
  at_ms        bigint      NOT NULL DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000),
  PRIMARY KEY (event_id, number, claim)
);

CREATE INDEX hand_overs_by_time ON line.hand_overs (event_id, at_ms);
CREATE INDEX replaced_passes ON line.hand_overs (old_pass_id) WHERE old_pass_id IS NOT NULL;

-- The place goes to the next claimant, once for each code: only whoever knows the code of the claim that stands. The same
-- request again finds what it did. The row lock of the place comes first, as it does where an admission is recorded; so the pass
-- that is replaced here is every pass there is. Returns the claim that stands for the caller; null: another was quicker.
CREATE FUNCTION line.hand_over(p_event uuid, p_number bigint, p_claim integer, p_request uuid, p_pass uuid)
RETURNS integer LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  v_claim integer;
  v_old   uuid;
BEGIN
  UPDATE line.places SET claim = claim + 1
   WHERE event_id = p_event AND number = p_number AND claim = p_claim AND spent_at IS NULL
  RETURNING claim INTO v_claim;
  IF v_claim IS NULL THEN
    SELECT p.claim INTO v_claim FROM line.places p
      JOIN line.hand_overs h ON h.event_id = p.event_id AND h.number = p.number AND h.claim = p.claim
     WHERE p.event_id = p_event AND p.number = p_number AND p.claim = p_claim + 1 AND h.request_id = p_request;
    RETURN v_claim;
  END IF;
  SELECT pass_id INTO v_old FROM line.admissions
   WHERE event_id = p_event AND number = p_number AND left_at IS NULL AND expires_at > now() FOR UPDATE;
  UPDATE line.admissions SET pass_id = p_pass WHERE event_id = p_event AND number = p_number AND pass_id = v_old;
  INSERT INTO line.hand_overs (event_id, number, claim, request_id, old_pass_id)
  VALUES (p_event, p_number, v_claim, p_request, v_old);
  RETURN v_claim;
END $$;
