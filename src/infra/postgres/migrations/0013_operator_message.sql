-- Up Migration

-- What the operator tells everybody who waits; both null: nothing.
ALTER TABLE tickets.events
  ADD COLUMN message    text CHECK (length(message) BETWEEN 1 AND 500),
  ADD COLUMN message_at timestamptz;
