import test from 'ava';
import type { HoldCommand, TicketService } from '../../src/domain/ports/services.ts';
import { refuse, type RefusalCode } from '../../src/domain/refusal.ts';
import { createHoldTally } from '../../src/operators/hold-tally.ts';

const create = () => {
  let nowMs = 1_000;
  const tally = createHoldTally({ nowMs: () => nowMs });
  let outcome: RefusalCode | 'held' | 'replayed' = 'held';
  let tookMs = 0;
  const tickets = tally.counting({
    hold: () => {
      nowMs += tookMs;
      return Promise.resolve(
        outcome === 'held' || outcome === 'replayed'
          ? { kind: 'held', hold: {}, replayed: outcome === 'replayed' }
          : refuse(outcome),
      );
    },
  } as unknown as TicketService);
  return {
    tally,
    pass: (ms: number) => void (nowMs += ms),
    ask: async (eventId: string, what: typeof outcome, ms = 0) => {
      outcome = what;
      tookMs = ms;
      return tickets.hold({ eventId } as HoldCommand);
    },
  };
};

test('holds are counted by what became of them, each event for itself, a repeat not at all', async (t) => {
  const { tally, ask } = create();
  for (const what of ['held', 'replayed', 'seat_taken', 'seat_taken', 'fan_limit'] as const)
    await ask('e-1', what);
  await ask('e-2', 'held');
  t.like(tally.of('e-1'), { granted: 1, conflicts: 2, refused: 1 });
  t.like(tally.of('e-2'), { granted: 1, conflicts: 0, refused: 0 });
});

test('the times of holds are those of the last ten seconds', async (t) => {
  const { tally, ask, pass } = create();
  for (let n = 0; n < 99; n += 1) await ask('e-1', 'held', 4);
  await ask('e-1', 'seat_taken', 80);
  t.like(tally.of('e-1'), { p50Ms: 4, p99Ms: 4 });
  await ask('e-1', 'held', 90);
  await ask('e-1', 'held', 90);
  t.is(tally.of('e-1').p99Ms, 90);
  pass(10_001);
  t.like(tally.of('e-1'), { granted: 101, p50Ms: null, p99Ms: null });
});

test('an event that does not exist leaves no tally, and the oldest goes when there are too many', async (t) => {
  const { tally, ask } = create();
  await ask('nobody', 'not_found');
  for (let n = 0; n < 201; n += 1) await ask(`e-${n}`, 'held');
  t.is(tally.of('nobody').refused, 0);
  t.is(tally.of('e-0').granted, 0);
  t.is(tally.of('e-200').granted, 1);
});
