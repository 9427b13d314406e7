import type { HoldRequest, HoldResult } from '../domain/hold.ts';
import type { EventId, SeatId, SectionId } from '../domain/ids.ts';
import type { Clock, Random } from '../domain/ports/environment.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import type { HoldCommand, SeatMap } from '../domain/ports/services.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { SeatNews, SeatRow, SectionLook } from '../domain/seat.ts';
import type { Outcome } from './kit/actor.ts';
import type { ReplyPort } from './kit/reply-port.ts';
import type { CrashLog } from './kit/set-aside.ts';

/** What a section hears: requests of fans, and the answers to what it asked of the outside. */
export type SectionMessage =
  | { readonly type: 'hold'; readonly command: HoldCommand; readonly port: ReplyPort<HoldResult> }
  | { readonly type: 'map'; readonly port: ReplyPort<SeatMap | Refusal> }
  /** Something outside of this actor changed seats of this section: look again. */
  | { readonly type: 'changed' }
  | { readonly type: 'decided'; readonly ask: Ask; readonly outcome: Outcome<HoldResult> }
  | { readonly type: 'read'; readonly askedInTurn: number; readonly outcome: Outcome<Look> }
  | { readonly type: 'refresh' };

export interface SectionEffects {
  /** Lock, map and hold: see `tickets/hold-protocol.ts`. Rejects when the outcome is not known. */
  readonly decide: (request: HoldRequest, owner: string) => Promise<HoldResult>;
  readonly readSection: SeatLedger['readSection'];
  readonly readChanges: SeatLedger['readChanges'];
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of all sections of this process, so that it outlives each of them. */
  readonly crashes: CrashLog;
  readonly random: Random;
  /** Names this process among others, in the values of the locks its sections take. */
  readonly owner: string;
}

export interface SectionOptions {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly holdTtlMs: number;
  readonly effects: SectionEffects;
}

/** `whole`: all seats of the section; else what changed since an earlier look. */
export type Look =
  | { readonly whole: true; readonly look: SectionLook<SeatRow> }
  | { readonly whole: false; readonly look: SectionLook<SeatNews> };

/** A hold on its way to Postgres. */
export interface Ask {
  readonly command: HoldCommand;
  readonly port: ReplyPort<HoldResult>;
  readonly seatIds: readonly SeatId[];
  readonly attempt: number;
}
