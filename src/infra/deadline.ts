import type { Clock } from '../domain/ports/environment.ts';

/** Settles as `work` does, or rejects after `limitMs`. The work itself is not stopped, and its late failure is nobody's. */
export const within = <T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new Error(`no answer within ${limitMs} ms`)));
    const settle = async (): Promise<void> => {
      try {
        resolve(await work);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      } finally {
        cancel();
      }
    };
    void settle();
  });

/** Resolves after `delayMs`. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
