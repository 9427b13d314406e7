-- Up Migration

-- The durable side of the waiting room.
CREATE SCHEMA line;

-- One place a fan and event, one fan a number: both are promises, so both are keys.
CREATE TABLE line.places (
  event_id     uuid        NOT NULL,
  number       bigint      NOT NULL CHECK (number > 0),
  fan_id       uuid        NOT NULL,
  joined_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, number),
  UNIQUE (event_id, fan_id)
);

-- Who was let in. Every hold is checked against this table in the statement that grants it.
CREATE TABLE line.admissions (
  pass_id      uuid        PRIMARY KEY,
  event_id     uuid        NOT NULL,
  fan_id       uuid        NOT NULL,
  number       bigint      NOT NULL,
  admitted_at  timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  left_at      timestamptz
);

CREATE INDEX admissions_of_fan ON line.admissions (event_id, fan_id, admitted_at DESC);

-- The counters of each line, journalled so that a flushed Redis loses no place. They only ever rise.
CREATE TABLE line.counters (
  event_id     uuid        PRIMARY KEY,
  epoch        bigint      NOT NULL DEFAULT 1,
  joined       bigint      NOT NULL DEFAULT 0,
  serving      bigint      NOT NULL DEFAULT 0,
  admitted     bigint      NOT NULL DEFAULT 0,
  saved_at     timestamptz NOT NULL DEFAULT now()
);
