-- Up Migration

-- The message bus where no broker is configured, and the way out when the broker is gone.
CREATE SCHEMA bus;

-- `available_at` says both when a message may be handed out and until when it is lent: whoever takes it moves it ahead.
CREATE TABLE bus.messages (
  queue         text        NOT NULL,
  message_id    uuid        NOT NULL,
  envelope      jsonb       NOT NULL,
  attempt       integer     NOT NULL DEFAULT 0,
  available_at  timestamptz NOT NULL DEFAULT now(),
  parked_at     timestamptz,
  reason        text,
  PRIMARY KEY (queue, message_id)
);

CREATE INDEX messages_to_deliver ON bus.messages (queue, available_at) WHERE parked_at IS NULL;
CREATE INDEX messages_parked ON bus.messages (queue, parked_at) WHERE parked_at IS NOT NULL;

-- Rows live for milliseconds and the table is small by nature: clear up often, or every claim wades through the dead.
ALTER TABLE bus.messages SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
