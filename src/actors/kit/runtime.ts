import type { Clock, Random } from '../../domain/ports/environment.ts';
import type { ActorView } from '../../domain/ports/services.ts';
import type { ActorRef, ActorSpec, AnyRef, Ending } from './actor.ts';
import type { Deadlines } from './deadlines.ts';
import type { NactRef, NactTree } from './nact-tree.ts';
import type { EventFeed } from './supervision-events.ts';

/** An actor of unknown state and messages, as the tree sees it. */
export interface AnyCell extends AnyRef {
  readonly nactRef: NactRef | null;
  readonly children: Map<string, AnyCell>;
  view(): ActorView;
  kill(): boolean;
  /** For good, now. Children first; then everybody who waits is answered, and everybody who watches is told. */
  end(kind: Ending['kind'], error: unknown): void;
  /** Children first, then what it has taken on, then itself. What is new is refused meanwhile. */
  drainAndStop(): Promise<void>;
  /** Calls back once, at once if it has ended already. The returned function takes that back. */
  onceEnded(onEnd: (ending: Ending) => void): () => void;
}

/** Among whom an actor lives. */
export interface Family {
  readonly parent: AnyCell | null;
  /** By name; the actor itself is one of them. */
  readonly siblings: Map<string, AnyCell>;
}

/** What all actors of a system share. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly feed: EventFeed;
  readonly deadlines: Deadlines;
  readonly nact: NactTree;
  /** Every living or closed actor by its path. */
  readonly index: Map<string, AnyCell>;
  /** Nothing is spawned and nothing restarts any more. */
  stopping: boolean;
  /** The next of one rising series: epochs and names that no other incarnation has had. */
  nextNumber(): number;
  /**
   * A new actor. Not `open`, or the system stopping: one that has stopped already, so that the caller gets faults and no
   * exception. Throws if a living sibling has the name; a closed one makes room.
   */
  spawn<State, Message>(family: Family, spec: ActorSpec<State, Message>, open: boolean): ActorRef<Message>;
}
