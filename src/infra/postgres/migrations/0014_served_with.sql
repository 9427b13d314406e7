-- Up Migration

-- What no service owns: what a node must know before it has any.
CREATE SCHEMA app;

-- Servers that some node has reached while it served this database. A node may start without one of these; see
-- docs/decisions/0010-starting-in-an-outage.md.
CREATE TABLE app.served_with (
  server       text        NOT NULL,
  address      text        NOT NULL,
  reached_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (server, address)
);
