import type { CodeBatch, CodeUsage, Invited } from '../access-code.ts';
import type { EventId } from '../ids.ts';
import type { Refusal } from '../refusal.ts';
import type { AccessTotals } from './access-book.ts';
import type { Actor } from './services.ts';

export interface CodeOrder extends CodeBatch {
  /** Names the codes that are made, so that the same order again makes the same. */
  readonly batchId: string;
  /** Codes that the operator brings, or how many are to be made. */
  readonly codes: readonly string[] | number;
}

export interface CodesMade {
  /** New ones; the others were there already and stay as they are. */
  readonly created: number;
  /** Those that were made: told once, and kept nowhere. Empty where the operator brought them. */
  readonly codes: readonly string[];
}

/** What operators do with codes and invitations; all of it audited. Null: there is no such event or code. */
export interface AccessOffice {
  makeCodes(order: CodeOrder, by: Actor): Promise<CodesMade | Refusal | null>;
  codes(
    eventId: EventId,
    after: string | null,
    limit: number,
  ): Promise<{ readonly codes: readonly CodeUsage[]; readonly totals: AccessTotals } | null>;
  revokeCode(eventId: EventId, codeId: string, by: Actor): Promise<CodeUsage | null>;
  /** Without a lane the invitations are taken back. Returns how many changed. */
  invite(
    eventId: EventId,
    invited: Invited,
    laneId: string | undefined,
    by: Actor,
  ): Promise<number | Refusal | null>;
}
