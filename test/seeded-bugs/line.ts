import type { SeededBug } from './seeded-bug.ts';

const JOURNAL = 'infra/postgres/line-journal.js';

export const LINE_BUGS: readonly SeededBug[] = [
  {
    name: 'place-redeemed-twice',
    what: 'one place makes two admissions',
    promise: 6,
    changes: [
      {
        file: 'infra/postgres/migrations/0001_line.sql',
        find: 'left_at      timestamptz,\n  UNIQUE (event_id, number)\n',
        replace: 'left_at      timestamptz\n',
      },
      { file: JOURNAL, find: '  ON CONFLICT (event_id, number) DO NOTHING\n', replace: '' },
    ],
    caughtBy: {
      file: 'integration/line-journal',
      title: 'one admission a place, two hundred redemptions or not',
    },
  },
  {
    name: 'two-places-a-fan',
    what: 'a fan who joins twice stands in line twice',
    promise: 7,
    changes: [
      {
        file: 'infra/postgres/migrations/0001_line.sql',
        find: 'CREATE UNIQUE INDEX one_place_a_fan',
        replace: 'CREATE INDEX one_place_a_fan',
      },
    ],
    caughtBy: {
      file: 'integration/line-journal',
      title: 'one place a fan and event, whichever of many numbers comes first',
    },
  },
  {
    name: 'rate-refilled-by-every-node',
    what: 'each step earns all of the time since the start again',
    promise: 6,
    changes: [{ file: 'infra/redis/lua/line-shared.lua', find: '  line.at = now\n', replace: '' }],
    caughtBy: {
      file: 'conformance/line-store.redis',
      title: 'Redis: many steppers at once let in no more than the rate, and no less',
    },
  },
  {
    name: 'rate-refilled-in-memory',
    what: 'the same, in the store without Redis',
    promise: 6,
    changes: [{ file: 'domain/line.js', find: '    line.atMs = nowMs;\n', replace: '' }],
    caughtBy: {
      file: 'domain/line',
      title: 'in every window no more are let in than the rate times the window, plus the burst',
    },
  },
  {
    name: 'serving-goes-back',
    what: 'a node that journals late moves the line backward',
    promise: 7,
    changes: [{ file: JOURNAL, find: 'greatest(c.serving, excluded.serving)', replace: 'excluded.serving' }],
    caughtBy: {
      file: 'integration/line-journal',
      title: 'counters only rise, and each loading raises the epoch',
    },
  },
  {
    name: 'slot-of-another-device-freed',
    what: 'a device that lost its place gives back the slot of the one that is inside with it',
    promise: 6,
    changes: [
      {
        file: 'waiting-room/redeeming.js',
        find: 'if (recorded === null)',
        replace:
          'if (recorded === null) await giveBack(eventId, place.turn);\n                if (recorded === null)',
      },
    ],
    caughtBy: {
      file: 'waiting-room/recovering',
      title: 'memory: a device whose admission comes too late leaves the slot to the one that has the place',
    },
  },
  {
    name: 'slot-of-a-forgotten-line',
    what: 'an admission is written although its line was loaded again without it: one more inside than allowed',
    promise: 6,
    changes: [
      {
        file: JOURNAL,
        find: 'AND coalesce((SELECT epoch FROM standing), 0) <= $7::bigint',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'integration/line-journal',
      title:
        'an admission of a line that was loaded again since is not written, not even while the loading is under way',
    },
  },
  {
    name: 'loader-not-waited-for',
    what: 'an admission is written beside a loading of its line that does not see it',
    promise: 6,
    changes: [{ file: JOURNAL, find: 'WHERE event_id = $2 FOR SHARE', replace: 'WHERE event_id = $2' }],
    caughtBy: {
      file: 'integration/line-journal',
      title:
        'an admission of a line that was loaded again since is not written, not even while the loading is under way',
    },
  },
  {
    name: 'frame-before-journal',
    what: 'a frame tells what the journal does not have yet, and whoever dies with it un-calls people',
    promise: 6,
    changes: [
      {
        file: 'waiting-room/line-telling.js',
        find: 'told === null || now.serving > told.serving || now.epoch > told.epoch',
        replace: 'told === null',
      },
      { file: 'waiting-room/line-telling.js', find: 'return told;', replace: 'return now;' },
    ],
    caughtBy: {
      file: 'waiting-room/waiting-room',
      title: 'memory: a node that dies with the store takes back nothing that it told',
    },
  },
  {
    name: 'restored-line-goes-back',
    what: 'a line that is restored a second time forgets whom it has called',
    promise: 7,
    changes: [
      {
        file: 'domain/line-state.js',
        find: 'lane.serving = Math.max(lane.serving, floor.serving);',
        replace: 'lane.serving = floor.serving;',
      },
    ],
    caughtBy: {
      file: 'conformance/line-store.memory',
      title: 'memory: a restored line keeps its places and the people inside',
    },
  },
  {
    name: 'not-called-let-in',
    what: 'whoever asks first gets in, called or not',
    promise: 6,
    changes: [
      { file: 'domain/line.js', find: 'if (number > servingFor(line, number))', replace: 'if (false)' },
    ],
    caughtBy: {
      file: 'conformance/line-store.memory',
      title: 'memory: calls nobody while closed or paused, and says so',
    },
  },
  {
    name: 'loop-above-the-operator',
    what: 'the closed loop keeps its own rate when the operator’s number is turned below it',
    promise: 6,
    changes: [
      {
        file: 'domain/closed-loop.js',
        find: 'ratePerMinute: Math.min(state.ratePerMinute, ceiling),',
        replace: 'ratePerMinute: state.ratePerMinute,',
      },
    ],
    caughtBy: {
      file: 'domain/closed-loop',
      title: 'whatever happens to the sale and to the operator’s number, the rate is never above it',
    },
  },
  {
    name: 'slowdown-makes-faster',
    what: 'whoever asks for less may ask for more than the operator allows',
    promise: 6,
    changes: [
      {
        file: 'domain/line.js',
        find: 'Math.min(line.knobs.ratePerMinute, line.slowdown.ratePerMinute)',
        replace: 'line.slowdown.ratePerMinute',
      },
    ],
    caughtBy: {
      file: 'conformance/line-store.memory',
      title: 'memory: a slowdown never makes a line faster than its operator says',
    },
  },
];
