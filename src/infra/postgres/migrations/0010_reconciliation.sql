-- Up Migration

-- Whose turn it is to hold the gateway's ledger against ours, and what the last look found.
CREATE TABLE payments.reconciliation (
  only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  begun_at      timestamptz NOT NULL DEFAULT '-infinity',
  leased_until  timestamptz NOT NULL DEFAULT '-infinity',
  looked_at     timestamptz,
  outcome       jsonb
);

INSERT INTO payments.reconciliation DEFAULT VALUES;

-- Where the two do not say the same. A difference is acted upon once looks have seen it unchanged for a while.
CREATE TABLE payments.differences (
  subject        text        PRIMARY KEY,
  signature      text        NOT NULL,
  found          jsonb       NOT NULL,
  first_seen_at  timestamptz NOT NULL DEFAULT now()
);
