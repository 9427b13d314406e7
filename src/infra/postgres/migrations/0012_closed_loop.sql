-- Up Migration

-- Whether the rate follows the health of the sale. Nodes from before read and write events without it.
ALTER TABLE tickets.events ADD COLUMN closed_loop boolean NOT NULL DEFAULT true;
