-- Up Migration

-- The rates that are planned for the sale, and whether they are in force: a number set by hand takes them out of force.
ALTER TABLE tickets.events
  ADD COLUMN launch_curve  jsonb,
  ADD COLUMN launch_active boolean NOT NULL DEFAULT true;
