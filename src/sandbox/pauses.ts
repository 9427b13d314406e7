import type { ServerResponse } from 'node:http';
import type { SandboxClock } from './environment.ts';

/** Nobody waits for an answer longer than this; then the connection is cut. */
const MAX_HOLD_MS = 120_000;

export interface Pauses {
  /** Resolves after `delayMs`; rejects when the sandbox stops before. */
  wait(delayMs: number): Promise<void>;
  /** Leaves a request without an answer until its client gives up. */
  hold(response: ServerResponse): void;
  /** Ends all waiting. */
  stop(): void;
}

/** The waiting that faults impose, kept in one place so that a stop leaves no timer and no socket behind. */
export const createPauses = (clock: SandboxClock): Pauses => {
  const ends = new Set<() => void>();
  return {
    wait: (delayMs) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          cancel();
          ends.delete(end);
          reject(new Error('the sandbox is stopping'));
        };
        const cancel = clock.after(delayMs, () => {
          ends.delete(end);
          resolve();
        });
        ends.add(end);
      }),
    hold(response) {
      // Who asked has left already: its `close` has been.
      if (response.destroyed) return;
      const end = (): void => {
        response.destroy();
      };
      const cancel = clock.after(MAX_HOLD_MS, end);
      response.once('close', () => {
        cancel();
        ends.delete(end);
      });
      ends.add(end);
    },
    stop() {
      for (const end of ends) end();
    },
  };
};
