-- Up Migration

-- Who counts the lines now: Redis, or these tables while Redis is away. Each change raises the term, and every step names
-- the term it belongs to; so a step that was sent in an older term, and comes late, moves nothing.
CREATE TABLE line.keeper (
  one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
  term         bigint      NOT NULL DEFAULT 1,
  standing_in  boolean     NOT NULL DEFAULT false,
  changed_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO line.keeper DEFAULT VALUES;

-- A node counts in Redis only while its row here is alive, and Postgres stands in only when none is: otherwise a node that
-- still reaches Redis and one that does not would both let people in at the full rate.
CREATE TABLE line.leases (
  node_id      uuid        PRIMARY KEY,
  expires_at   timestamptz NOT NULL
);

-- The counters of each line while Postgres keeps it: what the other stores keep in memory, without the places.
CREATE TABLE line.standby (
  event_id     uuid        PRIMARY KEY,
  term         bigint      NOT NULL,
  state        jsonb
) WITH (fillfactor = 50);

-- The places that have a slot, or wait for one.
CREATE TABLE line.standby_slots (
  event_id     uuid        NOT NULL,
  number       bigint      NOT NULL,
  ends_at_ms   bigint,
  bucket       bigint,
  want_bucket  bigint,
  PRIMARY KEY (event_id, number)
);
