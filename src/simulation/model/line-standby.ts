import type { EventId } from '../../domain/ids.ts';
import { hasJoined, isServing, lanesOf, raiseLine, restoreLine, type Line } from '../../domain/line-state.ts';
import { assurePass, leaveLine, nextInLane, redeemPlace, stepLine } from '../../domain/line.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { LineJournal, LineStore, Lost } from '../../domain/ports/line.ts';
import type { Keeper, LineKeeper } from '../../infra/postgres/line-keeper.ts';
import { PartAway } from '../../domain/refusal.ts';

/** Who counts the lines, and the lines that Postgres counts while Redis is away. */
export interface LineStandbyModel {
  readonly keeper: LineKeeper;
  /** The lines in Postgres, as `createPostgresLineStore` has them in that term. */
  storeOf(term: number): LineStore;
  /** How often Postgres has begun to count. */
  stoodIn(): number;
}

const LOST: Lost = { lost: true };

/** `createLineKeeper` and `createPostgresLineStore` of Postgres, in memory: each call is one transaction. */
export const createLineStandbyModel = (options: {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly journal: LineJournal;
  readonly callTtlMs: number;
}): LineStandbyModel => {
  const { clock, journal, callTtlMs } = options;
  const leases = new Map<string, number>();
  const lines = new Map<EventId, { readonly term: number; readonly line: Line }>();
  let stoodIn = 0;
  let row: Keeper = { term: 1, standingIn: false };

  const isOver = (term: number): boolean => !row.standingIn || row.term !== term;
  const nowIn = (term: number): number => {
    if (isOver(term)) throw new PartAway(`Postgres does not keep the lines in term ${term}`);
    return Math.floor(clock.nowMs());
  };

  /** In the same transaction: a later keeper starts from it. */
  const save = async (eventId: EventId, line: Line): Promise<void> => {
    const { epoch, admitted, inside, called, atMs } = line;
    const lanes = lanesOf(line);
    await journal.saveCounters(eventId, {
      epoch,
      joined: hasJoined(line),
      serving: isServing(line),
      admitted,
      inside,
      called,
      countedAtMs: atMs,
      ...(lanes === undefined ? {} : { lanes }),
    });
  };

  const storeOf = (term: number): LineStore => {
    const move = async <T extends object>(
      eventId: EventId,
      on: (line: Line, nowMs: number) => T,
    ): Promise<T | Lost> => {
      const nowMs = nowIn(term);
      const kept = lines.get(eventId);
      if (kept?.term !== term) return LOST;
      const answer = on(kept.line, nowMs);
      await save(eventId, kept.line);
      return answer;
    };
    return {
      nextNumber: (eventId, behind = 0, lane = 0) =>
        move(eventId, (line) => ({ number: nextInLane(line, lane, behind) })),
      step: (eventId, input) => move(eventId, (line, nowMs) => stepLine(line, input, callTtlMs, nowMs)),
      redeem: (eventId, place, passTtlMs, knobs) =>
        move(eventId, (line, nowMs) => redeemPlace(line, place, passTtlMs, knobs, nowMs)),
      assure: (eventId, place, remainingMs) =>
        move(eventId, (line, nowMs) => ({ counted: assurePass(line, place, remainingMs, nowMs) })),
      async leave(eventId, place) {
        await move(eventId, (line, nowMs) => ({ left: leaveLine(line, place, nowMs) }));
      },
      async restore(eventId, snapshot) {
        const nowMs = nowIn(term);
        const kept = lines.get(eventId);
        const line = kept?.term === term ? kept.line : restoreLine(snapshot, nowMs);
        if (kept?.term === term) raiseLine(line, snapshot);
        lines.set(eventId, { term, line });
        await save(eventId, line);
      },
      healthy: () => !isOver(term),
    };
  };

  const isLeased = (): boolean => [...leases.values()].some((untilMs) => untilMs > clock.nowMs());

  return {
    storeOf,
    stoodIn: () => stoodIn,
    keeper: {
      async renew(nodeId, leaseMs) {
        if (!row.standingIn) leases.set(nodeId, clock.nowMs() + leaseMs);
        return row;
      },
      async standIn(nodeId) {
        leases.delete(nodeId);
        if (row.standingIn || isLeased()) return row;
        stoodIn += 1;
        row = { term: row.term + 1, standingIn: true };
        return row;
      },
      async handBack(term) {
        if (row.standingIn && row.term === term) row = { term: row.term + 1, standingIn: false };
      },
      async leave(nodeId) {
        leases.delete(nodeId);
      },
    },
  };
};
