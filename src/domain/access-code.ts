import type { EventId, FanId } from './ids.ts';

/** What a code or an invitation gives: a lane by id, or, with null, the way past the line. */
export interface Access {
  readonly laneId: string | null;
  /** Null: an invitation. */
  readonly codeId: string | null;
}

/** A set of codes as an operator makes it. */
export interface CodeBatch {
  readonly eventId: EventId;
  /** Null: the codes are a bypass. */
  readonly laneId: string | null;
  readonly label: string;
  /** Fans that may redeem each of them; null: any number. */
  readonly usesMax: number | null;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
}

/** A code as operators see it: never the code itself. */
export interface CodeUsage extends CodeBatch {
  readonly codeId: string;
  readonly uses: number;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

export interface Invited {
  readonly fanIds: readonly FanId[];
  /** Addresses or prefixes, as Postgres writes them: `192.0.2.7`, `2001:db8::/32`. */
  readonly networks: readonly string[];
}

/** Fewer characters would be found by trying, even within the limits of guessing. */
export const CODE_LEAST = 6;
export const CODE_MOST = 64;

/** As people type it: any case, with or without spaces and dashes. Null: no code looks like that. */
export const normalCode = (text: string): string | null => {
  const plain = text.toUpperCase().replaceAll(/[\s\-–—]/g, '');
  return /^[\x21-\x7e]+$/.test(plain) && plain.length >= CODE_LEAST && plain.length <= CODE_MOST
    ? plain
    : null;
};
