import type { Clock } from '../../domain/ports/environment.ts';
import type { ActorContext, ActorRef, ActorSpec, AnyRef, Ending, Outcome } from './actor.ts';
import { Ring } from './ring.ts';
import { answeredSetAside } from './set-aside.ts';

/** A message of the system's own making. It is built in the actor's turn, so that a builder that throws is a crash. */
interface Signal<Message> {
  readonly make: () => Message;
  /** The outcome of an effect, which must not get lost uncounted. */
  readonly isOutcome: boolean;
  cancelled: boolean;
}

/** The actor an incarnation is a life of. */
export interface IncarnationHost<in out Message> {
  readonly self: ActorRef<Message>;
  readonly clock: Clock;
  /** There is something in the lane. */
  wake(): void;
  staleResult(): void;
  hookFailed(error: unknown): void;
  /** `open` false: the reference is of an actor that has stopped already. */
  spawnChild<State, ChildMessage>(
    spec: ActorSpec<State, ChildMessage>,
    open: boolean,
  ): ActorRef<ChildMessage>;
  stopChild(child: AnyRef): void;
  watch(ref: AnyRef, onEnd: (ending: Ending) => void): () => void;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** A promise for a state is a handler still running after its turn; undefined is a forgotten return. Both would go unnoticed. */
const assertState = (value: unknown, from: string): void => {
  if (value === undefined) throw new TypeError(`${from} returned no state`);
  if (!isThenable(value)) return;
  value.then(undefined, () => undefined);
  throw new TypeError(`${from} returned a promise; what takes time belongs into context.effect`);
};

/** A throw of `work` itself is a rejection as well. */
const started = <Value>(work: () => Promise<Value>): Promise<Value> => {
  try {
    return work();
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown
    return Promise.reject(error);
  }
};

/**
 * One life of an actor, from `start` to a crash or a stop: its state and everything that must end with it: timers, watches,
 * effects that have not reported.
 */
export class Incarnation<State, Message> {
  readonly epoch: number;
  /** Apart from the mailbox, so that no crowd of commands can refuse a result. Bounded by what this life has under way. */
  readonly lane = new Ring<Signal<Message>>();
  readonly #spec: ActorSpec<State, Message>;
  readonly #host: IncarnationHost<Message>;
  readonly #context: ActorContext<Message>;
  readonly #timers = new Set<() => void>();
  readonly #watches = new Set<{ readonly stop: () => void }>();
  #state: { value: State } | null = null;
  #startError: unknown = null;
  #launches: (() => void)[] = [];
  #inFlight = 0;
  #inHandler = false;
  #handling: Message | null = null;
  #ended = false;

  constructor(spec: ActorSpec<State, Message>, host: IncarnationHost<Message>, epoch: number) {
    this.epoch = epoch;
    this.#spec = spec;
    this.#host = host;
    this.#context = this.#createContext();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The message it is at; after a crash, the one it crashed on. Null: none. */
  get handling(): Message | null {
    return this.#handling;
  }

  /** Nothing waits in the lane and no effect is out. */
  get idle(): boolean {
    return this.lane.length === 0 && this.#inFlight === 0;
  }

  /** Runs the spec's `start`. False: it failed, and `assertStarted` throws why. */
  start(): boolean {
    try {
      const state = this.#handle(() => this.#spec.start(this.#context));
      assertState(state, 'start');
      this.#state = { value: state };
    } catch (error) {
      this.#startError = error;
      return false;
    }
    this.#launch();
    return true;
  }

  assertStarted(): void {
    if (this.#state === null) throw this.#startError;
  }

  /** Handles one message. Throws on a crash; the state is then still the last good one. */
  receive(message: Message): void {
    const current = this.#state;
    if (current === null) throw new Error('no message before the start');
    if (answeredSetAside(this.#spec.setAside, message)) return;
    this.#handling = message;
    const next = this.#handle(() => this.#spec.receive(current.value, message, this.#context));
    assertState(next, 'receive');
    this.#handling = null;
    current.value = next;
    this.#launch();
  }

  /** A message that no full mailbox refuses. */
  signal(make: () => Message, isOutcome = false): Signal<Message> {
    const signal = { make, isOutcome, cancelled: false };
    this.lane.push(signal);
    this.#host.wake();
    return signal;
  }

  /** Handles the oldest signal. False: there was none. */
  receiveSignal(): boolean {
    const signal = this.lane.shift();
    if (signal === undefined) return false;
    if (!signal.cancelled) this.receive(signal.make());
    return true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#timers) cancel();
    for (const watch of this.#watches) watch.stop();
    this.#launches = [];
    for (const { isOutcome } of this.lane.takeAll()) if (isOutcome) this.#host.staleResult();
    const state = this.#state;
    this.#state = null;
    if (state === null) return;
    try {
      this.#spec.stopped?.(state.value);
    } catch (error) {
      this.#host.hookFailed(error);
    }
  }

  #handle<Result>(handler: () => Result): Result {
    this.#inHandler = true;
    try {
      return handler();
    } finally {
      this.#inHandler = false;
    }
  }

  // Only after the handler has returned: a crash must not leave half of its effects behind.
  #launch(): void {
    if (this.#launches.length === 0) return;
    const launches = this.#launches;
    this.#launches = [];
    for (const launch of launches) launch();
  }

  #createContext(): ActorContext<Message> {
    const host = this.#host;
    return {
      self: host.self,
      path: host.self.path,
      epoch: this.epoch,
      spawn: (spec) => host.spawnChild(spec, !this.#ended),
      stop: (child) => {
        if (!this.#ended) host.stopChild(child);
      },
      watch: (ref, toMessage) => this.#watch(ref, toMessage),
      effect: (work, toMessage) => this.#effect(work, toMessage),
      resume: (messages) => {
        for (const message of messages) if (!this.#ended) this.signal(() => message);
      },
      after: (delayMs, message) => this.#after(delayMs, message),
    };
  }

  #watch(ref: AnyRef, toMessage: (ending: Ending) => Message): void {
    if (this.#ended) return;
    const watch = { stop: (): void => undefined };
    this.#watches.add(watch);
    // One that has ended already calls back before `watch` returns.
    watch.stop = this.#host.watch(ref, (ending) => {
      this.#watches.delete(watch);
      this.signal(() => toMessage(ending));
    });
  }

  #effect<Value>(work: () => Promise<Value>, toMessage: (outcome: Outcome<Value>) => Message): void {
    if (this.#ended) return;
    const launch = (): void => {
      if (this.#ended) return;
      this.#inFlight += 1;
      const settle = (outcome: Outcome<Value>): void => {
        this.#inFlight -= 1;
        if (this.#ended) this.#host.staleResult();
        else this.signal(() => toMessage(outcome), true);
      };
      started(work).then(
        (ok) => settle({ ok }),
        (error: unknown) => settle({ error }),
      );
    };
    this.#launches.push(launch);
    if (!this.#inHandler) this.#launch();
  }

  #after(delayMs: number, message: Message): () => void {
    if (this.#ended) return () => undefined;
    let signal: Signal<Message> | null = null;
    const stopTimer = this.#host.clock.after(delayMs, () => {
      this.#timers.delete(stopTimer);
      signal = this.signal(() => message);
    });
    this.#timers.add(stopTimer);
    return () => {
      this.#timers.delete(stopTimer);
      stopTimer();
      if (signal !== null) signal.cancelled = true;
    };
  }
}
