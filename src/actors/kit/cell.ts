import type { Clock } from '../../domain/ports/environment.ts';
import type { ActorView } from '../../domain/ports/services.ts';
import type { ActorRef, ActorSpec, ActorState, AnyRef, Ending } from './actor.ts';
import { Incarnation, type IncarnationHost } from './incarnation.ts';
import { Mailbox, type Envelope } from './mailbox.ts';
import type { NactActor, NactRef } from './nact-tree.ts';
import { AskPort, type Fault, type ReplyPort } from './reply-port.ts';
import type { AnyCell, Runtime } from './runtime.ts';
import { DEFAULT_SUPERVISION, Restarts } from './supervision.ts';
import { messageTypeOf } from './supervision-events.ts';

/**
 * Messages handled in one turn of the event loop. nact alone handles one, which caps an actor at the rate of turns; many more
 * would keep sockets and timers waiting.
 */
const MESSAGES_PER_TURN = 64;

/** setTimeout takes no more than this. */
const LONGEST_DEADLINE_MS = 2_147_483_647;

/**
 * One actor over all its incarnations. It is its own reference, not a path as nact's references are, so that none of them
 * ever leads to a successor of the same name.
 */
export class Cell<State, Message> implements AnyCell, ActorRef<Message>, NactActor, IncarnationHost<Message> {
  readonly path: string;
  readonly clock: Clock;
  readonly children = new Map<string, AnyCell>();
  nactRef: NactRef | null = null;
  state: ActorState = 'starting';
  readonly #runtime: Runtime;
  readonly #siblings: Map<string, AnyCell>;
  readonly #spec: ActorSpec<State, Message>;
  readonly #label: { readonly path: string; readonly kind: string };
  readonly #mailbox: Mailbox<Message>;
  readonly #restarts: Restarts;
  readonly #watchers = new Set<(ending: Ending) => void>();
  #life: Incarnation<State, Message> | null = null;
  #awake = false;
  #inTurn = false;
  #onDrained: (() => void) | null = null;
  #ending: Ending | null = null;

  constructor(
    runtime: Runtime,
    path: string,
    siblings: Map<string, AnyCell>,
    spec: ActorSpec<State, Message>,
  ) {
    const { kind, mailboxLimit: limit, unansweredLimit = limit } = spec;
    if (!(limit >= 1 && unansweredLimit >= 1)) throw new RangeError(`${path}: a limit below one message`);
    this.path = path;
    this.clock = runtime.clock;
    this.#runtime = runtime;
    this.#siblings = siblings;
    this.#spec = spec;
    this.#label = { path, kind };
    const { deadlines, feed } = runtime;
    const onSettled = (): void => this.#checkDrained();
    this.#mailbox = new Mailbox({ path, kind, limit, unansweredLimit, deadlines, feed, onSettled });
    this.#restarts = new Restarts(spec.supervision ?? DEFAULT_SUPERVISION, runtime.clock, runtime.random);
  }

  get self(): ActorRef<Message> {
    return this;
  }

  // ---------------------------------------------------------------- its reference

  readonly tell = (message: Message): boolean => {
    const refusal = this.#gone() ?? (this.#mailbox.hasRoomToTell ? null : 'mailbox_full');
    if (refusal !== null) {
      this.#mailbox.deadLetter(refusal, message);
      return false;
    }
    this.#mailbox.putTold(message);
    this.wake();
    return true;
  };

  readonly ask = <Reply>(
    make: (port: ReplyPort<Reply>) => Message,
    deadlineMs: number,
  ): Promise<Reply | Fault> =>
    new Promise((resolve) => {
      if (!(deadlineMs >= 1 && deadlineMs <= LONGEST_DEADLINE_MS)) {
        throw new RangeError(`no deadline of ${deadlineMs} ms`);
      }
      const port = new AskPort(this.#mailbox, resolve as (answer: unknown) => void);
      const message = make(port);
      const gone = this.#gone();
      if (gone !== null || !this.#mailbox.hasRoomToAsk) {
        this.#mailbox.deadLetter(gone ?? 'mailbox_full', message);
        port.fail(gone === null ? 'mailbox_full' : `actor_${gone}`);
        return;
      }
      if (port.settled) return;
      this.#mailbox.putAsked(message, port, deadlineMs);
      this.wake();
    });

  #gone(): 'closed' | 'stopped' | null {
    if (this.#onDrained !== null) return 'stopped';
    return this.state === 'closed' || this.state === 'stopped' ? this.state : null;
  }

  // ---------------------------------------------------------------- its turns

  /** Asks nact for one turn, unless one is due already or there is nobody to take it. */
  wake(): void {
    if (!this.#awake && this.state === 'running') this.#requestTurn();
  }

  #requestTurn(): void {
    if (this.nactRef === null) return;
    this.#awake = true;
    this.#runtime.nact.wake(this.nactRef);
  }

  begin(nactRef: NactRef): void {
    if (this.#gone() !== null) return;
    this.nactRef = nactRef;
    this.state = 'starting';
    this.#awake = false;
    const life = new Incarnation(this.#spec, this, this.#runtime.nextNumber());
    this.#life = life;
    // A failed start becomes the fault of a turn, like any other: nact would retry a throwing one without a pause.
    if (!life.start()) {
      this.#requestTurn();
      return;
    }
    this.state = 'running';
    this.#publishBegin(life.epoch);
    this.#goOn(life);
  }

  turn(): void {
    this.#awake = false;
    const life = this.#life;
    if (life === null) return;
    let envelope: Envelope<Message> | null = null;
    this.#inTurn = true;
    try {
      life.assertStarted();
      for (let left = MESSAGES_PER_TURN; left > 0 && !life.ended; left -= 1) {
        envelope = null;
        if (life.receiveSignal()) continue;
        envelope = this.#mailbox.next();
        if (envelope === null) break;
        life.receive(envelope.message);
      }
    } catch (error) {
      this.#crash(life, error, envelope);
      throw error;
    } finally {
      this.#inTurn = false;
    }
    this.#goOn(life);
  }

  #goOn(life: Incarnation<State, Message>): void {
    if (life.lane.length > 0 || this.#mailbox.length > 0) this.wake();
    else this.#checkDrained();
  }

  #publishBegin(epoch: number): void {
    const { count, downMs } = this.#restarts;
    this.#runtime.feed.publish(
      count === 0
        ? { type: 'started', ...this.#label, epoch }
        : { type: 'restarted', ...this.#label, epoch, downMs },
    );
  }

  // ---------------------------------------------------------------- its crashes

  kill(): boolean {
    if (this.#gone() !== null) return false;
    this.#life?.signal(() => {
      throw new Error('killed');
    });
    return true;
  }

  recover(): Promise<boolean> {
    return this.#restarts.due.then(() => this.state === 'backing_off');
  }

  // The message it crashed on is out of the mailbox and is not put back: delivered again, it would take the next life too.
  #crash(life: Incarnation<State, Message>, error: unknown, envelope: Envelope<Message> | null): void {
    if (life.ended) return;
    const goesOn = this.#onDrained === null && !this.#runtime.stopping;
    this.state = 'backing_off';
    this.#life = null;
    this.#stopChildren();
    life.end();
    this.#mailbox.failAccepted('actor_crashed');
    const restartInMs = goesOn ? this.#restarts.plan() : null;
    this.#noteCommand(life.handling);
    const messageType = envelope === null ? null : messageTypeOf(envelope.message);
    const { epoch } = life;
    this.#runtime.feed.publish({
      type: 'crashed',
      ...this.#label,
      epoch,
      error,
      messageType,
      restartInMs,
    });
    if (restartInMs === null) this.end(goesOn ? 'closed' : 'stopped', error);
  }

  #noteCommand(message: Message | null): void {
    const { setAside } = this.#spec;
    const commandId = message === null || setAside === undefined ? null : setAside.commandIdOf(message);
    if (commandId === null || setAside?.log.note(commandId) !== true) return;
    this.#runtime.feed.publish({ type: 'setAside', ...this.#label, commandId });
  }

  // ---------------------------------------------------------------- its end

  end(kind: Ending['kind'], error: unknown): void {
    if (this.state === 'stopped' || this.state === kind) return;
    const wasClosed = this.state === 'closed';
    this.state = kind;
    this.#stopChildren();
    if (!wasClosed) this.#tearDown(kind);
    if (kind === 'stopped') this.#leaveTree();
    this.#runtime.feed.publish(
      kind === 'closed' ? { type: kind, ...this.#label, error } : { type: kind, ...this.#label },
    );
    this.#ending ??= { path: this.path, kind, error };
    for (const tellEnd of this.#watchers) tellEnd(this.#ending);
    this.#watchers.clear();
    this.#onDrained?.();
  }

  #tearDown(kind: Ending['kind']): void {
    this.#life?.end();
    this.#life = null;
    this.#restarts.giveUp();
    this.#mailbox.shut(kind);
    if (this.nactRef !== null) this.#runtime.nact.stop(this.nactRef);
  }

  #stopChildren(): void {
    for (const child of this.children.values()) child.end('stopped', null);
  }

  #leaveTree(): void {
    if (this.#siblings.get(this.#spec.name) !== this) return;
    this.#siblings.delete(this.#spec.name);
    this.#runtime.index.delete(this.path);
  }

  async drainAndStop(): Promise<void> {
    const children = [...this.children.values()];
    // Without children it refuses from this call on, not from a microtask later.
    if (children.length > 0) await Promise.all(children.map((child) => child.drainAndStop()));
    if (this.state === 'running' || this.state === 'starting') {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
        this.#checkDrained();
      });
    }
    this.end('stopped', null);
  }

  #checkDrained(): void {
    if (this.#onDrained === null || this.#inTurn || this.#life === null) return;
    const { length, unanswered } = this.#mailbox;
    if (this.#life.idle && length === 0 && unanswered === 0) this.#onDrained();
  }

  onceEnded(onEnd: (ending: Ending) => void): () => void {
    if (this.#ending === null) this.#watchers.add(onEnd);
    else onEnd(this.#ending);
    return () => this.#watchers.delete(onEnd);
  }

  // ---------------------------------------------------------------- for its incarnations, and for operators

  spawnChild<ChildState, ChildMessage>(
    spec: ActorSpec<ChildState, ChildMessage>,
    open: boolean,
  ): ActorRef<ChildMessage> {
    return this.#runtime.spawn({ parent: this, siblings: this.children }, spec, open);
  }

  stopChild(child: AnyRef): void {
    for (const own of this.children.values()) {
      if (own === child) own.end('stopped', null);
    }
    if (child.state !== 'stopped') throw new Error(`${child.path} is no child of ${this.path}`);
  }

  watch(ref: AnyRef, onEnd: (ending: Ending) => void): () => void {
    if (!(ref instanceof Cell)) throw new TypeError(`${ref.path} is no actor of this kit`);
    return ref.onceEnded(onEnd);
  }

  staleResult(): void {
    this.#runtime.feed.publish({ type: 'staleResult', ...this.#label });
  }

  hookFailed(error: unknown): void {
    this.#runtime.feed.publish({ type: 'hookFailed', ...this.#label, error });
  }

  view(): ActorView {
    const { path, kind } = this.#label;
    const { mailboxLimit } = this.#spec;
    return {
      path,
      kind,
      mailbox: this.#mailbox.length,
      mailboxLimit,
      restarts: this.#restarts.count,
      state: this.state,
    };
  }
}
