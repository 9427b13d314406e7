import type { Clock } from '../domain/ports/environment.ts';
import { within } from './deadline.ts';
import type { Logger } from './log.ts';

/** Between two looks at a server that answers. */
const LOOK_EVERY_MS = 250;
/** A server that is away is asked again after this long, then after twice as long, up to a second. */
const FIRST_RETRY_MS = 250;
const SLOWEST_RETRY_MS = 1_000;
/**
 * Two looks in a row must fail. With the time between them this bounds the discovery of a server that went silent by
 * 250 + 2 · 500 = 1,250 ms, and one answer lost to a busy moment does not count as an outage.
 */
const ANSWER_MS = 500;
const LOOKS = 2;

export interface ReachOptions {
  readonly name: string;
  /** Rejects when the server does not answer; a probe that takes too long counts as failed. */
  readonly probe: () => Promise<unknown>;
  /** Whether it answered just now; absent: it did. */
  readonly up?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Whether a server can be reached, known before anybody asks for it: whoever needs it is told at once instead of waiting
 * out a timeout of their own (a circuit breaker that closes itself again).
 */
export interface Reach {
  readonly name: string;
  up(): boolean;
  /** How long it has been as it is. */
  sinceMs(): number;
  /** How long ago it answered last. */
  silentMs(): number;
  /** Called at each change, after `up()` has it; returns how to stop that. */
  watch(onChange: (up: boolean) => void): () => void;
  stop(): void;
}

/** Takes the server for what it is said to be and looks at it from now on. */
export const createReach = ({ name, probe, clock, log, ...first }: ReachOptions): Reach => {
  const watchers = new Set<(up: boolean) => void>();
  let up = first.up ?? true;
  let changedMs = clock.nowMs();
  let answeredMs = changedMs;
  let retryMs = FIRST_RETRY_MS;
  let stopped = false;
  let cancel = (): void => undefined;

  const note = (answers: boolean, error?: unknown): void => {
    if (stopped || answers === up) return;
    up = answers;
    changedMs = clock.nowMs();
    if (up) log.info({ server: name }, 'a server answers again');
    else log.warn({ server: name, err: error }, 'a server does not answer');
    for (const watcher of watchers) watcher(up);
  };

  const look = async (): Promise<void> => {
    let failure: unknown;
    for (let attempt = 0; attempt < (up ? LOOKS : 1); attempt += 1) {
      try {
        await within(clock, ANSWER_MS, probe());
        answeredMs = clock.nowMs();
        note(true);
        retryMs = FIRST_RETRY_MS;
        return;
      } catch (error) {
        failure = error;
      }
    }
    note(false, failure);
    retryMs = Math.min(retryMs * 2, SLOWEST_RETRY_MS);
  };

  const next = (): void => {
    if (stopped) return;
    cancel = clock.after(up ? LOOK_EVERY_MS : retryMs, () => void look().finally(next));
  };
  next();

  return {
    name,
    up: () => up,
    sinceMs: () => clock.nowMs() - changedMs,
    silentMs: () => clock.nowMs() - answeredMs,
    watch(onChange) {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
};
