import type { Clock } from '../domain/ports/environment.ts';

export const LATE: unique symbol = Symbol('late');

/** The result of `work`, or `LATE` after `ms`; the work itself goes on. A rejection of `work` before that is passed on. */
export const withinDeadline = <T>(clock: Clock, work: Promise<T>, ms: number): Promise<T | typeof LATE> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(LATE));
    work.then(resolve, reject).finally(cancel);
  });
