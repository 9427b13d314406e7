-- Up Migration

-- Whether a join must bring a proof of work.
ALTER TABLE tickets.events
  ADD COLUMN join_proof text NOT NULL DEFAULT 'off' CHECK (join_proof IN ('off', 'auto', 'always'));

-- Fans who were refused at the door of a line, or cannot do what is asked there, and what a person decided.
CREATE TABLE line.appeals (
  appeal_id   uuid        PRIMARY KEY,
  event_id    uuid        NOT NULL REFERENCES tickets.events,
  fan_id      uuid        NOT NULL,
  message     text        NOT NULL CHECK (length(message) <= 2000),
  filed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  decision    text        CHECK (decision IN ('granted', 'denied')),
  note        text,
  decided_by  text,
  decided_at  timestamptz,
  UNIQUE (event_id, fan_id),
  CHECK ((decision IS NULL) = (decided_at IS NULL))
);
