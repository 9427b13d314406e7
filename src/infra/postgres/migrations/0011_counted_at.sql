-- Up Migration

-- When the line got to `serving`, by the clock of whoever counted it, in milliseconds; 0: nobody has said. Frames of several
-- nodes are put in order by it.
ALTER TABLE line.counters ADD COLUMN counted_at_ms bigint NOT NULL DEFAULT 0;
