-- Up Migration

-- When and where the show is, and until when a fan may give a paid order back. Null: nobody has said; refunds: never.
ALTER TABLE tickets.events
  ADD COLUMN show_at       timestamptz,
  ADD COLUMN doors_at      timestamptz,
  ADD COLUMN address       text,
  ADD COLUMN refunds_until timestamptz;
