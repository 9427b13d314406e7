import type { Appeal, AppealDecision } from '../appeal.ts';
import type { EventId, FanId } from '../ids.ts';
import type { ProofDemand } from '../join-proof.ts';
import type { Puzzle } from './join-proofs.ts';
import type { Actor } from './services.ts';

export interface SetPuzzle {
  /** Null: nothing is asked at present. */
  readonly puzzle: Puzzle | null;
  readonly demand: ProofDemand;
  readonly expiresAtMs: number;
}

/** What fans meet before they have a place, and what operators decide about it. Null: there is no such event or appeal. */
export interface JoinDoor {
  puzzle(eventId: EventId, fanId: FanId, address: string | null): Promise<SetPuzzle | null>;
  /** One for each fan and event; again returns the first. */
  fileAppeal(
    appealId: string,
    eventId: EventId,
    fanId: FanId,
    message: string,
  ): Promise<{ readonly created: boolean; readonly appeal: Appeal } | null>;
  appealOf(eventId: EventId, fanId: FanId): Promise<Appeal | null>;
  appeals(eventId: EventId, state: 'open' | 'all', limit: number): Promise<readonly Appeal[] | null>;
  /** Audited. Granted: the fan joins without proof and beyond the limit of an address. The newest decision stands. */
  decideAppeal(appealId: string, decision: AppealDecision, note: string, by: Actor): Promise<Appeal | null>;
}
