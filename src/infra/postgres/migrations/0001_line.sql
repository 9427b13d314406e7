-- Up Migration

-- The durable side of the waiting room.
CREATE SCHEMA line;

-- One fan a number, and one place a fan and event until it is spent: both are promises, so both are keys. A place is
-- spent when its admission is over and the fan joins again, at the end and with a new number.
CREATE TABLE line.places (
  event_id     uuid        NOT NULL,
  number       bigint      NOT NULL CHECK (number > 0),
  fan_id       uuid        NOT NULL,
  joined_at    timestamptz NOT NULL DEFAULT now(),
  spent_at     timestamptz,
  PRIMARY KEY (event_id, number)
);

CREATE UNIQUE INDEX one_place_a_fan ON line.places (event_id, fan_id) WHERE spent_at IS NULL;

-- Who was let in. Every hold is checked against this table in the statement that grants it. One admission a place, ever:
-- that key, and no lock, is why two hundred redemptions of one place make one pass.
CREATE TABLE line.admissions (
  pass_id      uuid        PRIMARY KEY,
  event_id     uuid        NOT NULL,
  fan_id       uuid        NOT NULL,
  number       bigint      NOT NULL,
  admitted_at  timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  left_at      timestamptz,
  UNIQUE (event_id, number)
);

CREATE INDEX admissions_of_fan ON line.admissions (event_id, fan_id, admitted_at DESC);
-- For the restoring of a lost line: who is inside now.
CREATE INDEX admissions_by_end ON line.admissions (event_id, expires_at) WHERE left_at IS NULL;

-- The counters of each line, journalled so that a flushed Redis loses no place. They only ever rise.
CREATE TABLE line.counters (
  event_id     uuid        PRIMARY KEY,
  epoch        bigint      NOT NULL DEFAULT 1,
  joined       bigint      NOT NULL DEFAULT 0,
  serving      bigint      NOT NULL DEFAULT 0,
  admitted     bigint      NOT NULL DEFAULT 0,
  saved_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
