import type { SeededBug } from './seeded-bug.ts';

const RECOVERING = 'waiting-room/recovering';
const HAND_OVER = 'infra/postgres/migrations/0020_hand_over.sql';
const DRAW_BOOK = 'infra/postgres/draw-book.js';

/** The draw, and the place that goes from hand to hand. */
export const PLACE_BUGS: readonly SeededBug[] = [
  {
    name: 'draw-without-the-chain',
    what: 'what fans have added does not decide the order, so whoever knows the secret beforehand knows it too',
    promise: 7,
    changes: [
      {
        file: 'domain/draw.js',
        find: 'key\\n`), head, uint64(entrants)',
        replace: 'key\\n`), uint64(entrants)',
      },
    ],
    caughtBy: {
      file: 'domain/draw',
      title: 'golden vector 1: chain, key and every turn are what they were published to be',
    },
  },
  {
    name: 'entropy-not-chained',
    what: 'the chain takes no notice of what an entry adds',
    promise: 7,
    changes: [
      {
        file: 'domain/draw.js',
        find: 'joined(head, uint64(index), leaf)',
        replace: 'joined(head, uint64(index))',
      },
    ],
    caughtBy: {
      file: 'domain/draw',
      title: 'each way of cheating is seen by somebody who kept a receipt',
    },
  },
  {
    name: 'draw-secret-reused',
    what: 'every event is drawn with one secret: the first that is revealed tells all others',
    promise: 7,
    changes: [
      {
        file: DRAW_BOOK,
        find: 'const secret = randomBytes(DRAW_BYTES);',
        replace: 'const secret = Buffer.alloc(DRAW_BYTES, 7);',
      },
    ],
    caughtBy: {
      file: 'waiting-room/draw-properties',
      title: 'two events with the same entrants are drawn with other keys',
    },
  },
  {
    name: 'secret-before-the-opening',
    what: 'the secret is told while people may still choose what they add',
    promise: 7,
    changes: [
      {
        file: DRAW_BOOK,
        find: 'CASE WHEN sealed_at IS NOT NULL AND (beacon_source IS NULL OR beacon IS NOT NULL)',
        replace: 'CASE WHEN true',
      },
    ],
    caughtBy: {
      file: 'waiting-room/draw-properties',
      title: 'two events with the same entrants are drawn with other keys',
    },
  },
  {
    name: 'recovery-code-good-twice',
    what: 'a code that was used takes the place once more',
    promise: 7,
    changes: [
      {
        file: HAND_OVER,
        find: 'AND claim = p_claim AND spent_at IS NULL',
        replace: 'AND spent_at IS NULL',
      },
    ],
    caughtBy: {
      file: RECOVERING,
      title:
        'memory: a code replayed, forged, of another line, or of a place that has had its turn is refused by its name',
    },
  },
  {
    name: 'old-pass-still-opens',
    what: 'the device that lost the place keeps the pass',
    promise: 7,
    changes: [
      { file: HAND_OVER, find: 'SET pass_id = p_pass WHERE', replace: 'SET pass_id = pass_id WHERE' },
    ],
    caughtBy: {
      file: RECOVERING,
      title: 'memory: inside, the pass goes along: the old one opens nothing, and the slot is taken once',
    },
  },
  {
    name: 'hand-over-not-waited-for',
    what: 'an admission that meets a hand-over leaves a pass with the device before',
    promise: 7,
    changes: [
      {
        file: 'infra/postgres/line-journal.js',
        find: '    FOR SHARE\n    ON CONFLICT',
        replace: '    ON CONFLICT',
      },
    ],
    caughtBy: {
      file: 'integration/line-journal',
      title: 'an admission that meets a hand-over under way is of the device that has the place after it',
    },
  },
];
