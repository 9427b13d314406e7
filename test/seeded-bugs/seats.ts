import type { SeededBug } from './seeded-bug.ts';

const PROTOCOL = 'infra/postgres/migrations/0005_seat_protocol.sql';
/** `decide_holds` as it stands: a later migration that replaces it must be named here. */
const HOLDING = 'infra/postgres/migrations/0026_decide_holds.sql';
const SELLING = 'infra/postgres/migrations/0007_late_money.sql';
const LEDGER = 'infra/postgres/seat-ledger.js';

export const SEAT_BUGS: readonly SeededBug[] = [
  {
    name: 'fence-not-compared',
    what: 'the sale asks whose hold it is and not which fence the seat had',
    promise: 1,
    changes: [
      {
        file: SELLING,
        find: ' AND s.fence = mine.fence;\n\n      IF m.approved',
        replace: ';\n\n      IF m.approved',
      },
    ],
    caughtBy: {
      file: 'integration/order-book',
      title: 'a sale whose fence no longer matches is rejected, never sold',
    },
  },
  {
    name: 'fence-not-raised',
    what: 'a new hold leaves the fence of the old one',
    promise: 1,
    changes: [
      { file: HOLDING, find: 'fence = s.fence + 1, ', replace: '' },
      { file: HOLDING, find: 'array_agg(s.fence + 1 ORDER', replace: 'array_agg(s.fence ORDER' },
    ],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'a hold takes all of its seats, raises their fences, and is refused to the next fan',
    },
  },
  {
    name: 'partial-sale',
    what: 'an order is sold when some of its seats are still its own',
    promise: 2,
    changes: [
      {
        file: SELLING,
        find: "o.status = 'awaiting_payment' AND ours = cardinality(o.seat_ids)",
        replace: "o.status = 'awaiting_payment' AND ours > 0",
      },
    ],
    caughtBy: {
      file: 'integration/order-book',
      title: 'a sale whose fence no longer matches is rejected, never sold',
    },
  },
  {
    name: 'no-unique-ticket',
    what: 'the index that allows one live ticket a seat is not unique',
    promise: 1,
    changes: [
      {
        file: 'infra/postgres/migrations/0002_tickets.sql',
        find: 'CREATE UNIQUE INDEX one_live_ticket_a_seat',
        replace: 'CREATE INDEX one_live_ticket_a_seat',
      },
    ],
    caughtBy: {
      file: 'integration/order-book',
      title: 'Postgres itself refuses a second live ticket for a seat, whoever writes it',
    },
  },
  {
    name: 'limit-not-compared-and-set',
    what: 'the limit per fan is judged by a look, not by the fan’s own row',
    promise: 16,
    changes: [
      {
        file: HOLDING,
        find: 'WHERE (SELECT u.seats + excluded.seats <= e.seats_per_fan AND u.holds + 1 <= e.holds_per_fan\n              FROM tickets.events e WHERE e.event_id = excluded.event_id)',
        replace: 'WHERE true',
      },
    ],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'the limits per fan hold under fifty parallel requests of one fan',
    },
  },
  {
    name: 'pass-not-asked-for',
    what: 'a hold without any admission is granted',
    promise: 5,
    changes: [{ file: HOLDING, find: 'WHEN pass.expires_at IS NULL THEN', replace: 'WHEN false THEN' }],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'nobody holds a seat without a live admission of their own for that event',
    },
  },
  {
    name: 'pass-of-another-fan',
    what: 'anybody’s admission opens the door',
    promise: 5,
    changes: [{ file: HOLDING, find: ' AND x.fan_id = a.fan_id\n', replace: '\n' }],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'nobody holds a seat without a live admission of their own for that event',
    },
  },
  {
    name: 'held-seat-resold',
    what: 'a seat that is held may be held by the next fan',
    promise: 8,
    changes: [
      {
        file: HOLDING,
        find: " OR s.status = 'held' AND s.held_until > moment\n",
        replace: '\n',
      },
      { file: HOLDING, find: " AND s.status = 'free'\n", replace: '\n' },
    ],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'many fans after the same seats from many connections: each seat goes to one of them',
    },
  },
  {
    name: 'held-seat-resold-under-liars',
    what: 'the same, and only a crowd behind a lying lock looks',
    promise: 8,
    changes: [
      {
        file: HOLDING,
        find: " OR s.status = 'held' AND s.held_until > moment\n",
        replace: '\n',
      },
      { file: HOLDING, find: " AND s.status = 'free'\n", replace: '\n' },
    ],
    caughtBy: {
      file: 'liars/liars',
      title:
        'with a lying lock, no actors and everything three times at once every promise of a sale is kept',
    },
  },
  {
    name: 'paying-seat-freed',
    what: 'the sweeper frees the seats of an order that is being paid',
    promise: 3,
    changes: [
      {
        file: LEDGER,
        find: "WHERE state = 'active' AND expires_at <= now()",
        replace: "WHERE state IN ('active', 'ordered') AND expires_at <= now()",
      },
      {
        file: PROTOCOL,
        find: "h.state = 'active' AND (ending",
        replace: "h.state IN ('active', 'ordered') AND (ending",
      },
      {
        file: PROTOCOL,
        find: "AND s.status = 'held' AND s.hold_id = h.hold_id;\n\n  PERFORM 1",
        replace: "AND s.status IN ('held', 'paying') AND s.hold_id = h.hold_id;\n\n  PERFORM 1",
      },
    ],
    caughtBy: {
      file: 'integration/clocks-and-locks',
      title: 'a seat that is being paid for is not freed when its hold would have been over',
    },
  },
  {
    name: 'expiry-by-the-nodes-clock',
    what: 'a node whose clock is ahead ends holds before their time',
    promise: 8,
    changes: [
      {
        file: LEDGER,
        find: 'client.query({ ...OVERDUE, values: [limit] })',
        replace: "client.query(OVERDUE.text.replace('now()', `to_timestamp(${Date.now() / 1000})`), [limit])",
      },
      { file: PROTOCOL, find: " AND (ending <> 'expired' OR h.expires_at <= moment)", replace: '' },
    ],
    caughtBy: {
      file: 'integration/clocks-and-locks',
      title: 'a node whose clock is an hour ahead ends no hold before its time',
    },
  },
  {
    name: 'seats-locked-in-the-order-asked',
    what: 'two holds that name the same seats the other way round wait for each other',
    promise: 16,
    changes: [
      {
        file: HOLDING,
        find: '       ORDER BY event_id, section_id, w.seat_id COLLATE "C"\n',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'integration/clocks-and-locks',
      title: 'holds that name the same seats in opposite orders never wait for each other',
    },
  },
  {
    name: 'hold-fingerprint-ignored',
    what: 'another request under the same key is answered with the first one’s hold',
    promise: 15,
    changes: [{ file: HOLDING, find: ' AND prior.fingerprint = a.fingerprint', replace: '' }],
    caughtBy: {
      file: 'integration/seat-ledger',
      title: 'the same hold id with the same request finds the first; with another request it is refused',
    },
  },
  {
    name: 'lock-deleted-unseen',
    what: 'a late release takes the lock away from whoever has it by now',
    promise: 8,
    changes: [
      {
        file: 'infra/redis/lua/lock-release.lua',
        find: "if value and string.sub(value, -#hold - 1) == ':' .. hold then",
        replace: 'if value then',
      },
    ],
    caughtBy: {
      file: 'conformance/seat-locks.redis',
      title: "an old owner's release does not remove the new owner's lock",
    },
  },
  {
    name: 'lock-not-exclusive',
    what: 'a seat whose lock somebody has is locked for the next as well',
    promise: 8,
    changes: [
      {
        file: 'infra/redis/lua/lock-acquire.lua',
        find: 'if string.sub(holder, -#hold) == hold then',
        replace: 'if true then',
      },
    ],
    caughtBy: {
      file: 'conformance/seat-locks.redis',
      title: 'a thousand holds after one seat at once: one has it',
    },
  },
  {
    name: 'no-lock-no-sale',
    what: 'with Redis away nobody gets a seat',
    promise: 12,
    changes: [
      {
        file: 'tickets/hold-protocol.js',
        find: "if (lock.kind === 'taken') {",
        replace: "if (lock.kind !== 'acquired') {",
      },
    ],
    caughtBy: {
      file: 'tickets/hold-protocol',
      title: 'without a working lock service Postgres is asked all the same',
    },
  },
  {
    name: 'lock-kept-after-a-no',
    what: 'a refused hold keeps its locks, and the seats stay blocked',
    promise: 9,
    changes: [{ file: 'tickets/hold-protocol.js', find: 'if (stray.length > 0)', replace: 'if (false)' }],
    caughtBy: { file: 'tickets/hold-protocol', title: 'after a no of Postgres the lock is given back' },
  },
  {
    name: 'late-commit-missed',
    what: 'a look at changes begins at the newest transaction, and never shows what an older one commits after it',
    promise: 9,
    changes: [
      { file: 'infra/postgres/row-changes.js', find: 'pg_snapshot_xmin(', replace: 'pg_snapshot_xmax(' },
    ],
    caughtBy: {
      file: 'integration/seat-ledger',
      title:
        'a look at changes tells what was committed since the last one, also by a transaction that had begun before it',
    },
  },
  {
    name: 'left-out-news-forgotten',
    what: 'news of a seat that is being decided is passed over, and not told again',
    promise: 9,
    changes: [
      {
        file: 'domain/section.js',
        find: 'section.knownUntil = Math.min(section.knownUntil, row.changedIn);',
        replace: ';',
      },
    ],
    caughtBy: {
      file: 'domain/section',
      title: 'news that had to be left out is told again by the next look at changes',
    },
  },
];
