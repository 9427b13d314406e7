-- Up Migration

-- The ticket service: events, the official map, holds, orders, tickets.
CREATE SCHEMA tickets;

CREATE TABLE tickets.events (
  event_id          uuid        PRIMARY KEY,
  name              text        NOT NULL,
  venue             text        NOT NULL,
  currency          char(3)     NOT NULL,
  opens_at          timestamptz NOT NULL,
  phase_setting     text        NOT NULL DEFAULT 'scheduled' CHECK (phase_setting IN ('scheduled', 'open', 'paused', 'closed')),
  seats_per_fan     integer     NOT NULL CHECK (seats_per_fan > 0),
  holds_per_fan     integer     NOT NULL CHECK (holds_per_fan > 0),
  rate_per_minute   integer     NOT NULL CHECK (rate_per_minute >= 0),
  inside_max        integer     NOT NULL CHECK (inside_max >= 0),
  admission_paused  boolean     NOT NULL DEFAULT false,
  knobs_version     bigint      NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tickets.sections (
  event_id     uuid    NOT NULL REFERENCES tickets.events,
  section_id   text    NOT NULL,
  ordinal      integer NOT NULL,
  name         text    NOT NULL,
  price_minor  bigint  NOT NULL CHECK (price_minor >= 0),
  rows         jsonb,
  capacity     integer,
  PRIMARY KEY (event_id, section_id)
);

-- The only truth about a seat. No index but the key, and room on each page, so that every change of a seat is a HOT
-- update: with an index on status a rush would write the indexes instead of the seats.
CREATE TABLE tickets.seats (
  event_id    uuid        NOT NULL,
  section_id  text        NOT NULL,
  ordinal     integer     NOT NULL,
  seat_id     text        NOT NULL COLLATE "C",
  row_name    text        NOT NULL,
  number      integer     NOT NULL,
  status      text        NOT NULL DEFAULT 'free' CHECK (status IN ('free', 'held', 'paying', 'sold')),
  hold_id     uuid,
  held_until  timestamptz,
  fence       bigint      NOT NULL DEFAULT 0,
  revision    bigint      NOT NULL DEFAULT 0,
  -- Lets a node ask for what it does not know yet. Not indexed: see above.
  changed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, section_id, seat_id),
  FOREIGN KEY (event_id, section_id) REFERENCES tickets.sections,
  CHECK ((status = 'free') = (hold_id IS NULL)),
  CHECK ((status = 'held') = (held_until IS NOT NULL))
) WITH (fillfactor = 60);

CREATE TABLE tickets.holds (
  hold_id       uuid        PRIMARY KEY,
  event_id      uuid        NOT NULL,
  section_id    text        NOT NULL,
  fan_id        uuid        NOT NULL,
  pass_id       uuid        NOT NULL,
  seat_ids      text[]      NOT NULL,
  fences        bigint[]    NOT NULL,
  amount_minor  bigint      NOT NULL,
  currency      char(3)     NOT NULL,
  fingerprint   text        NOT NULL,
  state         text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'released', 'expired', 'ordered')),
  extended      boolean     NOT NULL DEFAULT false,
  held_at       timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  CHECK (cardinality(fences) = cardinality(seat_ids))
);

CREATE INDEX holds_to_expire ON tickets.holds (expires_at) WHERE state = 'active';

-- What each fan has in each event. Compare-and-set on this row is the per-fan limit: counting rows is not safe.
CREATE TABLE tickets.fan_usage (
  event_id  uuid    NOT NULL,
  fan_id    uuid    NOT NULL,
  seats     integer NOT NULL DEFAULT 0 CHECK (seats >= 0),
  holds     integer NOT NULL DEFAULT 0 CHECK (holds >= 0),
  PRIMARY KEY (event_id, fan_id)
) WITH (fillfactor = 70);

CREATE TABLE tickets.orders (
  order_id      uuid        PRIMARY KEY,
  event_id      uuid        NOT NULL,
  fan_id        uuid        NOT NULL,
  attempt_id    uuid        NOT NULL,
  hold_ids      uuid[]      NOT NULL,
  section_ids   text[]      NOT NULL,
  seat_ids      text[]      NOT NULL,
  fences        bigint[]    NOT NULL,
  amount_minor  bigint      NOT NULL,
  currency      char(3)     NOT NULL,
  fingerprint   text        NOT NULL,
  status        text        NOT NULL DEFAULT 'awaiting_payment'
                CHECK (status IN ('awaiting_payment', 'confirmed', 'failed', 'expired', 'rejected', 'refunded')),
  reason        text,
  pay_by        timestamptz NOT NULL,
  reminded_at   timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  settled_at    timestamptz
);

CREATE INDEX orders_unsettled ON tickets.orders (pay_by) WHERE status = 'awaiting_payment';
CREATE INDEX orders_of_fan ON tickets.orders (fan_id, created_at DESC);
CREATE INDEX orders_of_event ON tickets.orders (event_id, status);

CREATE TABLE tickets.tickets (
  ticket_id   uuid        PRIMARY KEY,
  order_id    uuid        NOT NULL REFERENCES tickets.orders,
  event_id    uuid        NOT NULL,
  section_id  text        NOT NULL,
  seat_id     text        NOT NULL,
  fan_id      uuid        NOT NULL,
  issued_at   timestamptz NOT NULL DEFAULT now(),
  voided_at   timestamptz
);

-- No seat has two live tickets, whatever any code above believes.
CREATE UNIQUE INDEX one_live_ticket_a_seat ON tickets.tickets (event_id, section_id, seat_id) WHERE voided_at IS NULL;
CREATE INDEX tickets_of_order ON tickets.tickets (order_id);

CREATE TABLE tickets.inbox (
  message_id   uuid        PRIMARY KEY,
  received_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tickets.outbox (
  position      bigserial   PRIMARY KEY,
  message_id    uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  type          text        NOT NULL,
  event_id      uuid        NOT NULL,
  order_id      uuid        NOT NULL,
  data          jsonb       NOT NULL,
  occurred_at   timestamptz NOT NULL DEFAULT now(),
  leased_until  timestamptz,
  sent_at       timestamptz
);

CREATE INDEX outbox_unsent ON tickets.outbox (position) WHERE sent_at IS NULL;

-- Stored answers of creating POSTs, and who did what.
CREATE SCHEMA edge;

CREATE TABLE edge.idempotency_keys (
  subject      text        NOT NULL,
  key          text        NOT NULL,
  fingerprint  text        NOT NULL,
  leased_until timestamptz,
  status       integer,
  body         jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, key)
);

CREATE INDEX idempotency_keys_by_age ON edge.idempotency_keys (created_at);

CREATE TABLE edge.audit (
  position    bigserial   PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT now(),
  actor       text        NOT NULL,
  role        text        NOT NULL,
  action      text        NOT NULL,
  target      text        NOT NULL,
  before      jsonb,
  after       jsonb,
  request_id  text        NOT NULL
);
