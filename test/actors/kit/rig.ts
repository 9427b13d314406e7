import type { ExecutionContext } from 'ava';
import type { ActorContext, ActorRef, ActorSpec } from '../../../src/actors/kit/actor.ts';
import type { ReplyPort } from '../../../src/actors/kit/reply-port.ts';
import type { SupervisionEvent } from '../../../src/actors/kit/supervision-events.ts';
import { createActorSystem, type ActorSystem } from '../../../src/actors/kit/system.ts';
import type { Clock } from '../../../src/domain/ports/environment.ts';

/** Lets the event loop turn: nact needs one turn for a message, and a few more to go from a crash to a restart. */
export const turns = async (count = 8): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

interface Timer {
  readonly atMs: number;
  readonly task: () => void;
}

/** Time that passes only when told to. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  #timers: Timer[] = [];
  armed = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, task };
    this.#timers.push(timer);
    this.armed += 1;
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** The wall clock jumps; timers do not notice, as setTimeout does not. */
  step(byMs: number): void {
    this.#nowMs += byMs;
    this.#timers = this.#timers.map(({ atMs, task }) => ({ atMs: atMs + byMs, task }));
  }

  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await turns();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      // Like Node's, timers of one instant all run before the event loop turns.
      for (let due = this.#next(this.#nowMs); due !== undefined; due = this.#next(this.#nowMs)) {
        const fired = due;
        this.#timers = this.#timers.filter((timer) => timer !== fired);
        fired.task();
      }
      await turns();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs);
    return next !== undefined && next.atMs <= untilMs ? next : undefined;
  }
}

export interface Rig {
  readonly system: ActorSystem;
  readonly clock: ManualClock;
  readonly events: SupervisionEvent[];
  /** Types of the events so far, with the last part of the path: `crashed a`. */
  readonly story: () => readonly string[];
}

/** A system on manual time, stopped at teardown. Jitter is fixed at its longest. */
export const createRig = (t: ExecutionContext): Rig => {
  const clock = new ManualClock();
  const system = createActorSystem({ clock, random: { next: () => 1 }, drainTimeoutMs: 1_000 });
  const events: SupervisionEvent[] = [];
  system.subscribe((event) => events.push(event));
  t.teardown(async () => {
    const stopped = system.stop();
    await clock.advance(1_000);
    await stopped;
  });
  const story = (): readonly string[] =>
    events.map(({ type, path }) => `${type} ${path.split('/').at(-1) ?? ''}`);
  return { system, clock, events, story };
};

export type CounterMessage =
  | { readonly type: 'add'; readonly by: number }
  | { readonly type: 'read'; readonly port: ReplyPort<number> }
  /** Accepted, and left without an answer. */
  | { readonly type: 'keep'; readonly port: ReplyPort<number> }
  | { readonly type: 'crash'; readonly port: ReplyPort<number> }
  | { readonly type: 'run'; readonly task: (context: ActorContext<CounterMessage>) => void };

export interface Counter {
  readonly total: number;
}

const receive = (state: Counter, message: CounterMessage, context: ActorContext<CounterMessage>): Counter => {
  switch (message.type) {
    case 'add':
      return { total: state.total + message.by };
    case 'read':
      message.port.reply(state.total);
      break;
    case 'keep':
      break;
    case 'crash':
      throw new Error('poison');
    case 'run':
      message.task(context);
      break;
  }
  return state;
};

/** An actor that counts, and does what a test tells it. */
export const counter = (
  name: string,
  change: Partial<ActorSpec<Counter, CounterMessage>> = {},
): ActorSpec<Counter, CounterMessage> => ({
  name,
  kind: 'counter',
  mailboxLimit: 100,
  start: () => ({ total: 0 }),
  receive,
  ...change,
});

const DEADLINE_MS = 5_000;

export const read = (ref: ActorRef<CounterMessage>, deadlineMs = DEADLINE_MS) =>
  ref.ask<number>((port) => ({ type: 'read', port }), deadlineMs);

export const keep = (ref: ActorRef<CounterMessage>, deadlineMs = DEADLINE_MS) =>
  ref.ask<number>((port) => ({ type: 'keep', port }), deadlineMs);

export const crash = (ref: ActorRef<CounterMessage>, deadlineMs = DEADLINE_MS) =>
  ref.ask<number>((port) => ({ type: 'crash', port }), deadlineMs);

/** Runs `task` in a turn of the actor and returns what it made. */
export const within = <Result>(
  ref: ActorRef<CounterMessage>,
  task: (context: ActorContext<CounterMessage>) => Result,
): Promise<Result> =>
  new Promise((resolve) => {
    ref.tell({ type: 'run', task: (context) => resolve(task(context)) });
  });

export const fault = (code: string, path: string) => ({ kind: 'fault', code, path });
