-- Up Migration

-- The other functions of the protocol go by their keys as well. Left to itself the planner read every seat of the event and
-- every hold to end one hold (measured: 20,000 seats and 13,000 holds for a fan's release). Whoever replaces one of these
-- functions repeats its settings: CREATE OR REPLACE forgets them.
ALTER FUNCTION tickets.end_holds(uuid[], text)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
ALTER FUNCTION tickets.extend_hold(uuid, uuid, bigint)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
ALTER FUNCTION tickets.place_order(uuid, uuid, uuid, uuid[], bigint, text)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
ALTER FUNCTION tickets.free_order_seats(tickets.orders)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
ALTER FUNCTION tickets.settle_payments(jsonb)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
