-- Up Migration

-- The payment service: attempts at the money, what was counted, what is to be said.
CREATE SCHEMA payments;

CREATE TABLE payments.attempts (
  attempt_id     uuid        PRIMARY KEY,
  order_id       uuid        NOT NULL,
  event_id       uuid        NOT NULL,
  intent_id      text,
  status         text        NOT NULL CHECK (status IN ('new', 'open', 'cancelling', 'authorised', 'cancelled', 'lapsed', 'capturing',
                                                        'captured', 'voiding', 'voided', 'refunding', 'refunded', 'review')),
  amount_minor   bigint      NOT NULL CHECK (amount_minor >= 0),
  currency       char(3)     NOT NULL,
  description    text        NOT NULL,
  pay_by         timestamptz NOT NULL,
  reason         text        CHECK (reason IN ('declined', 'cancelled', 'expired', 'seats_lost')),
  -- When the sweeper comes back; null when nothing is wanted. `checks` counts its visits since the last change.
  next_check_at  timestamptz,
  checks         integer     NOT NULL DEFAULT 0,
  leased_until   timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- One intent is one attempt's.
CREATE UNIQUE INDEX attempts_by_intent ON payments.attempts (intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX attempts_of_order ON payments.attempts (order_id, created_at DESC);
CREATE INDEX attempts_due ON payments.attempts (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX attempts_to_review ON payments.attempts (updated_at) WHERE status = 'review';

-- The gateway's own events, each counted once.
CREATE TABLE payments.gateway_events (
  gateway_event_id  text        PRIMARY KEY,
  attempt_id        uuid        NOT NULL,
  received_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payments.inbox (
  message_id   uuid        PRIMARY KEY,
  received_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payments.outbox (
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

CREATE INDEX outbox_unsent ON payments.outbox (position) WHERE sent_at IS NULL;
-- For saying again what an order's receiver has not heard.
CREATE INDEX outbox_of_order ON payments.outbox (order_id);
