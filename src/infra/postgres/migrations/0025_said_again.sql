-- Up Migration

-- When a row that was sent is to be said again; null: it was not sent before. Its age on the way counts from then on: an hour of
-- old messages said again looked like an hour's delay, and the closed loop let nobody in. After a lost queue the times are spread,
-- so that what happens now does not stand behind what happened then (src/infra/postgres/outbox.ts).
ALTER TABLE tickets.outbox ADD COLUMN again_at timestamptz;
ALTER TABLE payments.outbox ADD COLUMN again_at timestamptz;

-- Two, so that a claim reads no row that is not due.
CREATE INDEX outbox_fresh ON tickets.outbox (position) WHERE sent_at IS NULL AND again_at IS NULL;
CREATE INDEX outbox_again ON tickets.outbox (again_at, position) WHERE sent_at IS NULL AND again_at IS NOT NULL;
CREATE INDEX outbox_fresh ON payments.outbox (position) WHERE sent_at IS NULL AND again_at IS NULL;
CREATE INDEX outbox_again ON payments.outbox (again_at, position) WHERE sent_at IS NULL AND again_at IS NOT NULL;
