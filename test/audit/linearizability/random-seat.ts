import fc from 'fast-check';
import type { SeatOperation, SeatOutcome } from '../../../src/audit/linearizability/operation.ts';

/** How long a hold of these histories lives. */
export const TTL_MS = 20;

export const operation = (
  kind: SeatOperation['kind'],
  holdId: string,
  [invokedAtMs, completedAtMs]: readonly [number, number | null],
  outcome: SeatOutcome = { kind: 'ok' },
): SeatOperation => ({
  process: `fan of ${holdId}`,
  kind,
  seatKey: 'A/1',
  holdId,
  fanId: `fan of ${holdId}`,
  invokedAtMs,
  completedAtMs,
  outcome,
});

export const refused = (code: string): SeatOutcome => ({ kind: 'refused', code });
export const heldUntil = (expiresAtMs: number): SeatOutcome => ({ kind: 'ok', expiresAtMs });

/** What one seat really went through, one thing at a time, as the last to know tells it. */
export interface RealSeat {
  readonly operations: readonly SeatOperation[];
  readonly nowMs: number;
  readonly is: 'free' | 'held' | 'ordered' | 'sold';
  readonly by: string;
  readonly expiresAtMs: number;
}

interface Turn {
  readonly what: 'hold' | 'release' | 'order' | 'sell' | 'end' | 'lost';
  readonly gapMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly answered: boolean;
}

const turnOf = (spreadMs: number, silence: boolean): fc.Arbitrary<Turn> =>
  fc.record({
    what: fc.constantFrom<Turn['what'][]>('hold', 'hold', 'hold', 'release', 'order', 'sell', 'end', 'lost'),
    gapMs: fc.integer({ min: 1, max: 8 }),
    beforeMs: fc.integer({ min: 0, max: spreadMs }),
    afterMs: fc.integer({ min: 0, max: spreadMs }),
    answered: silence ? fc.boolean() : fc.constant(true),
  });

/** The seat after `turn`, and what was seen of it. */
const take = (seat: RealSeat, turn: Turn, index: number): RealSeat => {
  const nowMs = seat.nowMs + turn.gapMs;
  // Postgres' way: a hold ends when its time is over, and somebody notices.
  const isOver = seat.is === 'held' && nowMs >= seat.expiresAtMs;
  const now: RealSeat = { ...seat, nowMs, ...(isOver && turn.what !== 'lost' ? { is: 'free' } : {}) };
  const times = [nowMs - turn.beforeMs, turn.answered ? nowMs + turn.afterMs : null] as const;
  const say = (
    kind: SeatOperation['kind'],
    holdId: string,
    outcome: SeatOutcome,
    change: Partial<RealSeat>,
  ): RealSeat => ({
    ...now,
    ...change,
    operations: [
      ...seat.operations,
      operation(kind, holdId, times, turn.answered ? outcome : { kind: 'unknown' }),
    ],
  });
  const { is, by } = now;
  const ok: SeatOutcome = { kind: 'ok' };
  if (turn.what === 'hold') {
    const holdId = `h${index}`;
    const expiresAtMs = nowMs + TTL_MS;
    return is === 'free'
      ? say('hold', holdId, heldUntil(expiresAtMs), { is: 'held', by: holdId, expiresAtMs })
      : say('hold', holdId, refused('seat_taken'), {});
  }
  if (turn.what === 'lost')
    return is === 'held' || by === '' ? now : say('order', by, refused('hold_not_active'), {});
  if (turn.what === 'release' && is === 'held') return say('release', by, ok, { is: 'free' });
  if (turn.what === 'order' && is === 'held') return say('order', by, ok, { is: 'ordered' });
  if (turn.what === 'sell' && is === 'ordered') return say('sell', by, ok, { is: 'sold' });
  if (turn.what === 'end' && is === 'ordered') return { ...now, is: 'free' };
  return now;
};

/**
 * Histories of a real register: every answer was right at some moment between question and answer. `spreadMs`: how far from
 * that moment both may lie. `silence`: some answers never came.
 */
export const realSeat = (spreadMs: number, silence: boolean, turns = 25): fc.Arbitrary<RealSeat> =>
  fc.array(turnOf(spreadMs, silence), { maxLength: turns }).map((all) =>
    all.reduce<RealSeat>((seat, turn, index) => take(seat, turn, index), {
      operations: [],
      nowMs: 1_000,
      is: 'free',
      by: '',
      expiresAtMs: 0,
    }),
  );

/** Any answers at all, right or wrong, about a few holds within a short time. */
export const anySeat = (maxLength: number): fc.Arbitrary<readonly SeatOperation[]> =>
  fc.array(
    fc
      .record({
        kind: fc.constantFrom<SeatOperation['kind'][]>('hold', 'hold', 'release', 'order', 'sell'),
        holdId: fc.constantFrom('a', 'b', 'c'),
        fromMs: fc.integer({ min: 0, max: 30 }),
        tookMs: fc.integer({ min: 0, max: 10 }),
        outcome: fc.constantFrom<SeatOutcome[]>(
          { kind: 'ok' },
          { kind: 'ok' },
          { kind: 'unknown' },
          refused('seat_taken'),
          refused('hold_expired'),
        ),
      })
      .map(({ kind, holdId, fromMs, tookMs, outcome }) =>
        operation(
          kind,
          holdId,
          [fromMs, fromMs + tookMs],
          kind === 'hold' && outcome.kind === 'ok' ? heldUntil(fromMs + TTL_MS) : outcome,
        ),
      ),
    { maxLength },
  );
