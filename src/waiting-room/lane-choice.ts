import type { Access } from '../domain/access-code.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { EventId, FanId } from '../domain/ids.ts';
import { BYPASS_LANE } from '../domain/lanes.ts';
import type { AccessBook, AccessCodes } from '../domain/ports/access-book.ts';
import type { Clock } from '../domain/ports/environment.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import { createCodeGuesses } from './code-guesses.ts';

/** Who wants into a line, with what. */
export interface Applicant {
  readonly fanId: FanId;
  readonly address: string | null;
  readonly code?: string | undefined;
  readonly laneId?: string | undefined;
}

/** Where a place is wanted. `moves`: a place in another lane is given up for it, unless its fan was let in with it. */
export interface LaneWish {
  readonly lane: number;
  readonly moves: boolean;
}

/** Where somebody may stand; `codeId`: by which code they go past the line. */
export type Choice = LaneWish & { readonly codeId?: string | null };

export interface LaneChoice {
  /** Redeems the code that was brought; so a code that is refused is refused before anything else is decided. */
  choose(event: SaleEvent, applicant: Applicant): Promise<Choice | Refusal>;
}

export interface LaneChoiceParts {
  readonly book: Pick<AccessBook, 'redeem' | 'accessOf'>;
  readonly codes: Pick<AccessCodes, 'hash'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** In which lane somebody without a code comes to stand: the one they name, or the first that is open to everybody. */
const openLane = (event: SaleEvent, laneId: string | undefined): Choice | Refusal => {
  const { lanes } = event;
  if (lanes === undefined) {
    return laneId === undefined ? { lane: 0, moves: false } : refuse('lane_unknown');
  }
  const lane = lanes.findIndex(({ id, access }) => access === 'open' && (laneId ?? id) === id);
  if (lane >= 0) return { lane, moves: laneId !== undefined };
  const closed = laneId === undefined || lanes.some(({ id }) => id === laneId);
  return refuse(closed ? 'code_required' : 'lane_unknown');
};

const laneOfAccess = (event: SaleEvent, { laneId, codeId }: Access): Choice | Refusal => {
  if (laneId === null) return { lane: BYPASS_LANE, moves: true, codeId };
  const lane = (event.lanes ?? []).findIndex(({ id }) => id === laneId);
  return lane < 0 ? refuse('lane_unknown') : { lane, moves: true };
};

/** For a room that knows no codes. */
export const openLanes: LaneChoice = {
  choose: async (event, { laneId }) => openLane(event, laneId),
};

const REFUSED = {
  unknown: 'code_invalid',
  revoked: 'code_revoked',
  expired: 'code_expired',
  used: 'code_used',
} as const;

export const createLaneChoice = ({ book, codes, clock }: LaneChoiceParts): LaneChoice => {
  const guesses = createCodeGuesses(clock);

  const redeem = async (
    eventId: EventId,
    { fanId, address }: Applicant,
    code: string,
  ): Promise<Access | Refusal> => {
    const waitMs = guesses.begin(fanId, address);
    if (waitMs !== null) return refuse('code_attempts', { retryAfterMs: waitMs });
    const hash = codes.hash(eventId, code);
    const redemption = hash === null ? { kind: 'unknown' as const } : await book.redeem(eventId, hash, fanId);
    guesses.end(fanId, address, redemption.kind !== 'unknown');
    if (redemption.kind === 'redeemed') return redemption.access;
    if (redemption.kind === 'too_early') return refuse('code_too_early', { retryAfterMs: redemption.waitMs });
    return refuse(REFUSED[redemption.kind]);
  };

  return {
    async choose(event, applicant) {
      const { eventId, lanes } = event;
      const { code, laneId, fanId, address } = applicant;
      if (code !== undefined) {
        const access = await redeem(eventId, applicant, code);
        return 'kind' in access ? access : laneOfAccess(event, access);
      }
      // A line that is open to everybody asks nobody; a bypass is asked for with its code.
      if (lanes === undefined || lanes.every(({ access }) => access === 'open'))
        return openLane(event, laneId);
      const named = lanes.find(({ id }) => id === laneId);
      if (named?.access === 'open') return openLane(event, laneId);
      const access = await book.accessOf(eventId, fanId, address);
      if (access === null || (laneId ?? access.laneId) !== access.laneId) return openLane(event, laneId);
      const choice = laneOfAccess(event, access);
      // Who names nothing keeps the place that they have.
      return 'kind' in choice ? choice : { ...choice, moves: laneId !== undefined };
    },
  };
};
