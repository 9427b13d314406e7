import type { EventId, FanId } from '../ids.ts';

/** How somebody comes to the door of a line. */
export interface Arrival {
  /** Where the request came from; null: not known, and then nothing is counted by it. */
  readonly address: string | null;
  /** What was sent as proof of work. */
  readonly proof: string | null;
}

/** A puzzle for one fan in one line. What it holds is between the maker and the solver (ALTCHA's format). */
export type Puzzle = Readonly<Record<string, unknown>>;

/** Puzzles that prove a little work. Any node checks what any other made. */
export interface JoinProofs {
  /** Good for `expiresAtMs` and for this fan in this line alone. `hashes`: the work that is expected of the solver. */
  make(eventId: EventId, fanId: FanId, hashes: number, expiresAtMs: number): Promise<Puzzle>;
  /** True: made by us, for this fan in this line, not expired, and solved. `proof` is what the client sent. Never rejects. */
  isSolved(eventId: EventId, fanId: FanId, proof: string): Promise<boolean>;
}
