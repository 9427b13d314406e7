import type { Step } from '../../rush/tally.ts';

/**
 * One line of the history. Times are milliseconds since the epoch of this process' monotonic clock, so that they never step
 * back. A request is invoked once and completed at most once: `ok` (2xx), `fail` (4xx: it had no effect) or `unknown`
 * (a timeout, a broken connection, a 5xx: it may have had one, then or later).
 */
export type HistoryLine =
  | {
      readonly type: 'invoke';
      readonly request: number;
      readonly atMs: number;
      readonly process: string;
      readonly node: string;
      readonly op: Step;
      readonly method: string;
      readonly to: string;
      readonly key?: string | undefined;
      readonly asked?: object | undefined;
    }
  | {
      readonly type: 'ok' | 'fail' | 'unknown';
      readonly request: number;
      readonly atMs: number;
      readonly process: string;
      readonly op: Step;
      readonly status?: number;
      readonly code?: string;
      readonly said?: object;
    }
  | {
      readonly type: 'strike' | 'heal' | 'missed';
      readonly atMs: number;
      readonly kind: string;
      readonly target: string;
    };

/** Where every line goes as it happens. */
export interface History {
  write(line: HistoryLine): void;
  nextRequest(): number;
  nowMs(): number;
}

/** Never steps back, whatever is done to the machine's wall clock. */
export const monotonicNowMs = (): number => performance.timeOrigin + performance.now();

/** Hands each line to all `readers`, in order. */
export const createHistory = (
  readers: readonly ((line: HistoryLine) => void)[],
  nowMs: () => number = monotonicNowMs,
): History => {
  let requests = 0;
  return {
    write(line) {
      for (const read of readers) read(line);
    },
    nextRequest: () => (requests += 1),
    nowMs,
  };
};
