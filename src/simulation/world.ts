import type { Clock } from '../domain/ports/environment.ts';
import type { Chance } from './chance.ts';
import { EventQueue, type Happening } from './event-queue.ts';
import type { Trace } from './trace.ts';

/** What belongs to no process: networks, servers, fans. It never dies. */
export const OUTSIDE = 'world';

export type Cancel = () => void;

/**
 * Time, and the order in which things happen. One thing happens at a time: it runs, every promise that it settled is
 * followed to its end, and only then the next one runs. All chance is from the seed, so the same seed is the same history.
 */
export interface World {
  /** Milliseconds since the epoch, fractions included: also what Postgres' clock shows. */
  readonly nowMs: number;
  readonly steps: number;
  /** Whose turn it is: what is planned meanwhile belongs to it, too. */
  readonly owner: string;
  /** `owner`'s `run` after `delayMs`. A loud label is kept for people to read. */
  plan(owner: string, delayMs: number, label: string, run: () => void): Cancel;
  /** The next turn of the owner's loop: soon, and in the order in which its turns were asked for. */
  planTurn(owner: string, run: () => void): Cancel;
  /** The process' own clock: the world's, and what it is off by. */
  clockOf(owner: string): Clock;
  note(line: string): void;
  /** Ends the run with this error, after the step in which it was found. */
  fail(error: unknown): void;
  /** All that it had planned never happens. */
  kill(owner: string): void;
  /** Nothing that was planned happens any more, and nobody is dead or paused. */
  endAll(): void;
  /** Nothing of it happens before so much time has passed. */
  pause(owner: string, durationMs: number): void;
  /** Its clock is set ahead or back. */
  setClock(owner: string, byMs: number): void;
  /** Runs until `isOver` says so after a step, or nothing is left to happen. Rejects with what a step threw. */
  run(isOver: () => boolean): Promise<void>;
}

/** A turn of a loop takes up to so long; the next one of the same loop comes after it. */
const TURN_MS = 0.05;

interface Process {
  dead: boolean;
  pausedUntilMs: number;
  clockOffMs: number;
  lastTurnMs: number;
}

// Whatever stands there when this is loaded is the real one: a step ends when its turn of the real loop does.
const realSetImmediate = setImmediate;

export const createWorld = (chance: Chance, trace: Trace, startMs: number): World => {
  const queue = new EventQueue();
  const processes = new Map<string, Process>();
  let nowMs = startMs;
  let order = 0;
  let steps = 0;
  let owner = OUTSIDE;
  let failure: { readonly error: unknown } | null = null;

  const processOf = (name: string): Process => {
    let process = processes.get(name);
    if (process === undefined) {
      process = { dead: false, pausedUntilMs: 0, clockOffMs: 0, lastTurnMs: 0 };
      processes.set(name, process);
    }
    return process;
  };

  const push = (name: string, atMs: number, label: string, run: () => void): Cancel => {
    order += 1;
    const happening: Happening = { atMs, order, owner: name, label, run, cancelled: false };
    queue.push(happening);
    return () => {
      happening.cancelled = true;
    };
  };

  const record = (label: string, loud: boolean): void =>
    trace.add(`${(nowMs - startMs).toFixed(3)} ${owner} ${label}`, loud);

  /** The next thing that does happen; null: nothing is left. */
  const next = (): Happening | null => {
    for (;;) {
      const happening = queue.pop();
      if (happening === undefined) return null;
      if (happening.cancelled) continue;
      const process = processOf(happening.owner);
      if (process.dead) continue;
      if (process.pausedUntilMs <= happening.atMs) return happening;
      happening.atMs = process.pausedUntilMs;
      queue.push(happening);
    }
  };

  const step = (): boolean => {
    const happening = next();
    if (happening === null) return false;
    nowMs = Math.max(nowMs, happening.atMs);
    owner = happening.owner;
    steps += 1;
    record(happening.label, happening.label !== 'turn' && happening.label !== 'timer');
    happening.run();
    return true;
  };

  return {
    get nowMs() {
      return nowMs;
    },
    get steps() {
      return steps;
    },
    get owner() {
      return owner;
    },
    plan: (name, delayMs, label, run) => push(name, nowMs + Math.max(0, delayMs), label, run),
    planTurn(name, run) {
      const process = processOf(name);
      process.lastTurnMs = Math.max(process.lastTurnMs, nowMs) + chance.random.next() * TURN_MS;
      return push(name, process.lastTurnMs, 'turn', run);
    },
    clockOf: (name) => ({
      nowMs: () => Math.floor(nowMs + processOf(name).clockOffMs),
      after: (delayMs, task) => push(name, nowMs + Math.max(1, delayMs), 'timer', task),
    }),
    note: (line) => record(line, true),
    fail(error) {
      failure ??= { error };
    },
    kill(name) {
      processOf(name).dead = true;
    },
    endAll() {
      failure = null;
      queue.clear();
      processes.clear();
    },
    pause(name, durationMs) {
      processOf(name).pausedUntilMs = nowMs + durationMs;
    },
    setClock(name, byMs) {
      processOf(name).clockOffMs += byMs;
    },
    run: (isOver) =>
      new Promise((resolve, reject) => {
        // The real loop runs all microtasks between two of its turns: whatever a step settled is followed to its end.
        const turn = (): void => {
          try {
            if (failure !== null) reject(failure.error);
            else if (isOver() || !step()) resolve();
            else realSetImmediate(turn);
          } catch (error) {
            reject(error);
          }
        };
        realSetImmediate(turn);
      }),
  };
};
