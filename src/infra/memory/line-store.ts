import type { EventId } from '../../domain/ids.ts';
import { raiseLine, restoreLine, type Line } from '../../domain/line-state.ts';
import { assurePass, forgetEnded, leaveLine, nextInLane, redeemPlace, stepLine } from '../../domain/line.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { LineStore, Lost } from '../../domain/ports/line.ts';

const LOST: Lost = { lost: true };
const FORGET_EVERY_MS = 10_000;

/** The lines of one process. They die with it, and the journal brings them back. */
export const createMemoryLineStore = (options: {
  readonly clock: Clock;
  readonly callTtlMs: number;
}): LineStore => {
  const { clock, callTtlMs } = options;
  const lines = new Map<EventId, Line>();
  const forgottenAtMs = new Map<EventId, number>();

  const forgetSometimes = (eventId: EventId, line: Line): void => {
    const nowMs = clock.nowMs();
    if (nowMs - (forgottenAtMs.get(eventId) ?? 0) < FORGET_EVERY_MS) return;
    forgottenAtMs.set(eventId, nowMs);
    forgetEnded(line);
  };

  return {
    async nextNumber(eventId, behind = 0, lane = 0) {
      const line = lines.get(eventId);
      return line === undefined ? LOST : { number: nextInLane(line, lane, behind) };
    },
    async step(eventId, input) {
      const line = lines.get(eventId);
      if (line === undefined) return LOST;
      const result = stepLine(line, input, callTtlMs, clock.nowMs());
      forgetSometimes(eventId, line);
      return result;
    },
    async redeem(eventId, place, passTtlMs, knobs) {
      const line = lines.get(eventId);
      return line === undefined ? LOST : redeemPlace(line, place, passTtlMs, knobs, clock.nowMs());
    },
    async assure(eventId, place, remainingMs) {
      const line = lines.get(eventId);
      if (line === undefined) return LOST;
      return { counted: assurePass(line, place, remainingMs, clock.nowMs()) };
    },
    async leave(eventId, place) {
      const line = lines.get(eventId);
      if (line !== undefined) leaveLine(line, place, clock.nowMs());
    },
    async restore(eventId, snapshot) {
      const line = lines.get(eventId);
      if (line === undefined) lines.set(eventId, restoreLine(snapshot, clock.nowMs()));
      else raiseLine(line, snapshot);
    },
    healthy: () => true,
  };
};
