import test from 'ava';
import { LIMIT_TEXTS } from '../../src/domain/binding-limit.ts';
import { nextFrame, type LineReading } from '../../src/domain/frame.ts';

const event = { eventId: 'e', opensAtMs: 1_800_000_000_000, phase: 'open' as const };
const reading: LineReading = {
  epoch: 2,
  joined: 50,
  serving: 20,
  inside: 7,
  effectiveRatePerMinute: 600,
  binding: 'rate',
  countedAtMs: 1_800_000_000_900,
};

test('a frame says what the step read, and when', (t) => {
  t.deepEqual(nextFrame(null, event, reading, 1_800_000_001_000), {
    eventId: 'e',
    epoch: 2,
    phase: 'open',
    asOf: '2027-01-15T08:00:00.900Z',
    serving: 20,
    joined: 50,
    inside: 7,
    ratePerMinute: 600,
    drawn: false,
    reason: 'rate',
    because: { code: 'rate', parameters: {}, text: LIMIT_TEXTS.rate },
    opensAt: '2027-01-15T08:00:00.000Z',
    at: '2027-01-15T08:00:01.000Z',
  });
});

test('what people were told never goes back, whatever the store says', (t) => {
  const first = nextFrame(null, event, reading, 0);
  const second = nextFrame(first, event, { ...reading, epoch: 1, joined: 40, serving: 10, inside: 0 }, 0);
  t.like(second, { epoch: 2, joined: 50, serving: 20, inside: 0 });
});

test('without a reading the numbers stand and nobody is let in', (t) => {
  const first = nextFrame(null, event, reading, 0);
  t.like(nextFrame(first, event, null, 0), {
    asOf: first.asOf,
    joined: 50,
    serving: 20,
    inside: 7,
    ratePerMinute: 0,
    reason: 'degraded',
  });
  t.like(nextFrame(null, event, null, 0), {
    epoch: 0,
    asOf: null,
    joined: 0,
    serving: 0,
    reason: 'degraded',
  });
});

test('the phase comes before every other reason', (t) => {
  const reasonIn = (phase: 'pending' | 'open' | 'paused' | 'closed') =>
    nextFrame(null, { ...event, phase }, { ...reading, binding: 'inside' }, 0).reason;
  t.deepEqual(
    (['pending', 'open', 'paused', 'closed'] as const).map((phase) => reasonIn(phase)),
    ['pending', 'inside', 'closed', 'closed'],
  );
});

test('the figures of a limit are shown with that limit and with no other', (t) => {
  const slowed = {
    ...reading,
    binding: 'holds_slow' as const,
    parameters: { measuredMs: 900, allowedMs: 400 },
  };
  t.deepEqual(nextFrame(null, event, slowed, 0).because, {
    code: 'holds_slow',
    parameters: { measuredMs: 900, allowedMs: 400 },
    text: LIMIT_TEXTS.holds_slow,
  });
  t.like(nextFrame(null, { ...event, phase: 'paused' }, slowed, 0).because, {
    code: 'closed',
    parameters: {},
  });
});
