import type { Vitals } from '../domain/closed-loop.ts';
import type { Hashes } from '../domain/draw.ts';
import type { EventId } from '../domain/ids.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { Clock, Ids } from '../domain/ports/environment.ts';
import type { AccessBook } from '../domain/ports/access-book.ts';
import type { DrawBook } from '../domain/ports/draw-book.ts';
import type { EventStore, SectionCounts } from '../domain/ports/event-store.ts';
import type { LineJournal, LineStore, Slowdown } from '../domain/ports/line.ts';
import type { HandOverBook, RecoveryCodes } from '../domain/ports/recovery.ts';
import type { LinePasses } from '../domain/ports/waiting-room.ts';

import type { JoinGuard } from './join-guard.ts';
import type { LaneChoice } from './lane-choice.ts';

export interface WaitingRoomLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the waiting room is made of. */
export interface WaitingRoomParts {
  readonly store: LineStore;
  readonly journal: LineJournal;
  readonly draws: DrawBook;
  readonly handOvers: HandOverBook;
  readonly hashes: Hashes;
  readonly passes: LinePasses & RecoveryCodes;
  /** Stands before a new place; absent: nobody is asked for anything. */
  readonly guard?: JoinGuard | undefined;
  /** Who may stand in which lane; absent: nobody knows a code, and only open lanes take anybody. */
  readonly choice?: LaneChoice | undefined;
  /** Counts and audits whoever goes past the line. */
  readonly noteBypass?: AccessBook['noteBypass'] | undefined;
  readonly events: Pick<EventStore, 'list' | 'find'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: WaitingRoomLog;
  /** How long a called place has its slot kept. Must be what the store was made with. */
  readonly callTtlMs: number;
  readonly passTtlMs: number;
  /** Between two steps of an open line; at most a second, or a second's burst does not carry the rate. */
  readonly tickMs: number;
  /** Seats left, from memory; null: not known. Absent: stock never limits admission. */
  readonly stockLeft?: ((eventId: EventId) => number | null) | undefined;
  /** Every section's seats by state, from memory, at most a second old; null: not known. Absent: nothing is told of seats. */
  readonly seatCounts?: ((eventId: EventId) => readonly SectionCounts[] | null) | undefined;
  /** What the sale can digest on this node, from memory; null: whatever the operator allows. Absent: the same. */
  readonly slowdown?: ((event: SaleEvent) => Slowdown | null) | undefined;
  /** How the sale feels on this node, from memory: what the closed loop goes by. Absent: there is no loop. */
  readonly vitals?: (() => Vitals) | undefined;
  /** Places kept in memory, room for which is set aside at once; absent: as many as a large sale has waiting. */
  readonly rememberedPlaces?: number | undefined;
}
