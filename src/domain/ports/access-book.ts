import type { Access, CodeBatch, CodeUsage, Invited } from '../access-code.ts';
import type { EventId, FanId } from '../ids.ts';

export type Redemption =
  | { readonly kind: 'redeemed'; readonly access: Access }
  | { readonly kind: 'unknown' | 'revoked' | 'used' | 'expired' }
  | { readonly kind: 'too_early'; readonly waitMs: number };

export interface NewCode {
  readonly codeId: string;
  readonly hash: Uint8Array;
}

export interface AccessTotals {
  readonly codes: number;
  readonly redemptions: number;
  readonly bypasses: number;
}

/** Codes by hash, who redeemed them, who is invited. Times are of Postgres' clock. */
export interface AccessBook {
  /** At most as many fans as it is for, however many come at once; the same fan again changes nothing. */
  redeem(eventId: EventId, hash: Uint8Array, fanId: FanId): Promise<Redemption>;
  /** By the newest code that the fan redeemed and that stands, else by invitation. Null: by neither. */
  accessOf(eventId: EventId, fanId: FanId, address: string | null): Promise<Access | null>;
  /** Counts and audits that somebody goes past the line, both or neither. */
  noteBypass(eventId: EventId, fanId: FanId, codeId: string | null, requestId: string): Promise<void>;
  /** Returns how many are new; a code that is there already stays as it is. */
  add(batch: CodeBatch, codes: readonly NewCode[]): Promise<number>;
  /** In the order of creation, behind the code `after`. */
  list(eventId: EventId, after: string | null, limit: number): Promise<readonly CodeUsage[]>;
  totals(eventId: EventId): Promise<AccessTotals>;
  /** Nobody redeems it any more, and whoever did has nothing by it; places that were given stay. Null: there is no such code. */
  revoke(eventId: EventId, codeId: string): Promise<CodeUsage | null>;
  /** Invites, or (`laneId` undefined) takes the invitations back. Returns how many changed. */
  invite(eventId: EventId, invited: Invited, laneId: string | undefined): Promise<number>;
}

/** What is kept in place of a code, and new codes. Whoever lacks the secret finds neither from the other. */
export interface AccessCodes {
  /** Null: this cannot be a code. */
  hash(eventId: EventId, code: string): Uint8Array | null;
  /** The same for the same batch and index, so that a repeat of a lost request makes the same codes. */
  make(batchId: string, index: number): string;
}
