import type { Hold, HoldRequest, HoldResult } from '../domain/hold.ts';
import type { HoldId, SeatId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import type { LockOutcome, LockRequest, SeatLocks } from '../domain/ports/seat-locks.ts';
import { refuse } from '../domain/refusal.ts';
import { createTurnBatcher } from '../domain/turn-batcher.ts';

/** Two statements in flight keep Postgres busy while the next batch gathers; more only make the batches smaller. */
const STATEMENTS_IN_FLIGHT = 2;
/**
 * Measured over HTTP with 128 connections (`bench/`): 64 a statement served a tenth more than 48, 16 or 8 a tenth less. Small
 * lock calls, so that the first of a wave are locked while the rest of it is still being parsed.
 */
const HOLDS_PER_STATEMENT = 64;
const LOCKS_PER_CALL = 32;
const LOCK_CALLS_IN_FLIGHT = 4;
const MAX_WAITING = 10_000;
/** The lock outlives the hold by this much, so that it never ends before Postgres has ended the hold. */
export const LOCK_MARGIN_MS = 30_000;
/** A lock that has refused people for this long is worth a look: its taker may have died before it reached Postgres. */
const SUSPECT_AFTER_MS = 5_000;
const MAX_SUSPECTS = 10_000;

export interface HoldProtocolOptions {
  readonly locks: SeatLocks;
  readonly ledger: SeatLedger;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface HoldProtocol {
  /**
   * The temporary lock, then the official map and the hold in one statement, then, if that said no, the lock given back.
   * Without a working lock service Postgres decides alone. Rejects when it is not known whether the seats were held.
   */
  decide(request: HoldRequest, owner: string): Promise<HoldResult>;
}

interface Suspect {
  readonly holder: string;
  readonly sinceMs: number;
}

/** Seats that were locked for a hold that does not have them: after a refusal all; a repeat may find other seats, or an ended hold. */
const withoutHold = ({ seatIds }: HoldRequest, result: HoldResult): readonly SeatId[] => {
  if (result.kind === 'refused' || isEnded(result.hold)) return seatIds;
  return seatIds.filter((seatId) => !result.hold.seatIds.includes(seatId));
};

const isEnded = (hold: Hold): boolean => hold.state === 'released' || hold.state === 'expired';

/** The protocol of a hold, shared by all sections of this process so that they share batches. */
export const createHoldProtocol = ({ locks, ledger, clock }: HoldProtocolOptions): HoldProtocol => {
  const locking = createTurnBatcher<LockRequest, LockOutcome>({
    run: (requests) => locks.acquire(requests),
    maxItems: LOCKS_PER_CALL,
    maxInFlight: LOCK_CALLS_IN_FLIGHT,
    maxWaiting: MAX_WAITING,
  });
  const holding = createTurnBatcher<HoldRequest, HoldResult>({
    run: (requests) => ledger.holdSeats(requests),
    maxItems: HOLDS_PER_STATEMENT,
    maxInFlight: STATEMENTS_IN_FLIGHT,
    maxWaiting: MAX_WAITING,
    gather: 'tick',
    // The hold statement judges each fan's and each seat's row once.
    keysOf: (request) => [
      `${request.eventId}/${request.fanId}`,
      ...request.seatIds.map((seatId) => `${request.eventId}/${seatId}`),
    ],
  });
  const suspects = new Map<string, Suspect>();

  /** Whoever took the lock and died before Postgres knew of it would block the seat until the TTL. */
  const suspect = (request: HoldRequest, outcome: LockOutcome & { readonly kind: 'taken' }): void => {
    const key = `${request.eventId}/${outcome.seatId}`;
    const known = suspects.get(key);
    if (known === undefined || known.holder !== outcome.holder) {
      if (suspects.size >= MAX_SUSPECTS) suspects.clear();
      suspects.set(key, { holder: outcome.holder, sinceMs: clock.nowMs() });
      return;
    }
    if (clock.nowMs() - known.sinceMs < SUSPECT_AFTER_MS) return;
    suspects.delete(key);
    const holdId: HoldId = outcome.holder.slice(outcome.holder.lastIndexOf(':') + 1);
    ledger
      .findHold(holdId)
      .then((hold) =>
        hold === null || isEnded(hold)
          ? locks.release([{ eventId: request.eventId, seatIds: [outcome.seatId], holdId }])
          : undefined,
      )
      // Postgres away: the next refusal looks again.
      .catch(() => undefined);
  };

  return {
    async decide(request, owner) {
      const lock = await locking.add({
        eventId: request.eventId,
        seatIds: request.seatIds,
        holdId: request.holdId,
        owner,
        ttlMs: request.ttlMs + LOCK_MARGIN_MS,
      });
      if (lock === null) return refuse('overloaded', { retryAfterMs: 1_000 });
      if (lock.kind === 'taken') {
        suspect(request, lock);
        return refuse('seat_taken', { seatIds: [lock.seatId] });
      }
      const result = (await holding.add(request)) ?? refuse('overloaded', { retryAfterMs: 1_000 });
      const stray = withoutHold(request, result);
      if (stray.length > 0) void locks.release([{ ...request, seatIds: stray }]);
      return result;
    },
  };
};
