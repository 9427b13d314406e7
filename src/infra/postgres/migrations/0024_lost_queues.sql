-- Up Migration

-- A queue of the broker that was found missing. What the broker had taken for it, and nobody had consumed, is gone with it: the
-- service that sends to it says again what it has said (src/infra/postgres/outbox.ts), and the receiver's inbox counts each
-- message once. `rounds`: how often that was done; twice, because a message confirmed just before may be ticked off just after.
CREATE TABLE bus.lost_queues (
  queue    text        NOT NULL,
  lost_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  rounds   smallint    NOT NULL DEFAULT 0,
  PRIMARY KEY (queue, lost_at)
);

CREATE INDEX lost_queues_open ON bus.lost_queues (queue) WHERE rounds < 2;
