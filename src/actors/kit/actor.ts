import type { ActorView } from '../../domain/ports/services.ts';
import type { Fault, ReplyPort } from './reply-port.ts';
import type { SetAside } from './set-aside.ts';
import type { Supervision } from './supervision.ts';

export type ActorState = ActorView['state'];

/** A message port of one actor, as long as that actor lives; it never reaches a successor of the same name. */
export interface ActorRef<in Message> {
  readonly path: string;
  readonly state: ActorState;
  /** False: mailbox full or actor gone; the message is a counted dead letter. Never throws. */
  readonly tell: (message: Message) => boolean;
  /**
   * Exactly one answer: the reply, or a fault. A fault comes at once when the mailbox is full, or the actor is gone, crashes or
   * stops; after `deadlineMs` (1 ms to 24 days, kept to 10 ms) at the latest. Rejects only where the caller is wrong: `make`
   * throws, or the deadline is out of range.
   */
  readonly ask: <Reply>(
    make: (port: ReplyPort<Reply>) => Message,
    deadlineMs: number,
  ) => Promise<Reply | Fault>;
}

/** Any actor, whatever it understands. */
export type AnyRef = ActorRef<never>;

/** How a watched actor ended. `closed`: its restart budget is spent, `error` is the last crash. */
export interface Ending {
  readonly path: string;
  readonly kind: 'closed' | 'stopped';
  readonly error: unknown;
}

export type Outcome<Value> = { readonly ok: Value } | { readonly error: unknown };

/** What an incarnation may do to the world. Of a dead incarnation every method does nothing. */
export interface ActorContext<in out Message> {
  readonly self: ActorRef<Message>;
  readonly path: string;
  /** Rises with every incarnation of any actor of this process, reopened ones too: what carries an older one is out of date. */
  readonly epoch: number;
  /**
   * A child: it stops when this incarnation ends. The name must not belong to a living child (throws); that of a closed one
   * is free again. Keep children of an actor on a hot path below about 100: nact copies their list in every turn.
   */
  readonly spawn: <State, ChildMessage>(spec: ActorSpec<State, ChildMessage>) => ActorRef<ChildMessage>;
  /** Stops a child now; its unanswered asks are faulted. Throws for anybody else's. */
  readonly stop: (child: AnyRef) => void;
  /** One message when `ref` closes or stops, soon if it has already. A restart is not an end. Ends with this incarnation. */
  readonly watch: (ref: AnyRef, toMessage: (ending: Ending) => Message) => void;
  /**
   * Runs `work` as soon as the handler has returned (never, if it crashes) and outside of the actor, which goes on meanwhile. The
   * outcome comes back as a message that no full mailbox refuses; it is dropped if this incarnation has ended by then. Bound
   * the time of `work` yourself: nothing can cancel it.
   */
  readonly effect: <Value>(
    work: () => Promise<Value>,
    toMessage: (outcome: Outcome<Value>) => Message,
  ) => void;
  /**
   * Handles these messages in turns of their own, before what waits in the mailbox: for what was kept until it could be
   * answered. Each crashes for itself alone.
   */
  readonly resume: (messages: readonly Message[]) => void;
  /** A message to self after `delayMs`, unless cancelled or this incarnation has ended. No full mailbox refuses it. */
  readonly after: (delayMs: number, message: Message) => () => void;
}

/** An actor: its state, its messages, and what becomes of it when it crashes. */
export interface ActorSpec<State, Message> {
  /** Unique among its living siblings; any characters. */
  readonly name: string;
  /** What sort of actor it is, for operators and metrics. */
  readonly kind: string;
  /** Messages that may wait; the next one is refused. */
  readonly mailboxLimit: number;
  /** Asks that may be without an answer, waiting or accepted. Default: `mailboxLimit`. */
  readonly unansweredLimit?: number;
  /** The state of a new incarnation, never undefined or a promise. Throwing is a crash. */
  readonly start: (context: ActorContext<Message>) => State;
  /**
   * The next state. Synchronous: throwing, returning undefined or returning a promise is a crash, and the message that caused
   * it is not delivered again.
   */
  readonly receive: (state: State, message: Message, context: ActorContext<Message>) => State;
  /** Frees what the state holds; once for each incarnation that started, with its last good state, also after a crash. */
  readonly stopped?: (state: State) => void;
  readonly supervision?: Supervision;
  /** A command that has crashed it three times is answered and not handled from then on. */
  readonly setAside?: SetAside<Message>;
}
