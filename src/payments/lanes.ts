/** At most `running` tasks at once and `waiting` behind them; what does not fit is refused, never queued without bound. */
export interface Lanes {
  /** False: no room, and the task will not run. A task must not reject; `onFailure` hears of one that does. */
  run(task: () => Promise<unknown>): boolean;
  /** Takes nothing more and drops what waits; resolves when nothing runs. */
  close(): Promise<void>;
}

export const createLanes = (
  limits: { readonly running: number; readonly waiting: number },
  onFailure: (error: unknown) => void,
): Lanes => {
  const waiting: (() => Promise<unknown>)[] = [];
  const running = new Set<Promise<void>>();
  let closed = false;
  const start = (task: () => Promise<unknown>): void => {
    const work = Promise.resolve()
      .then(task)
      .then(() => undefined, onFailure)
      .finally(() => {
        running.delete(work);
        const next = waiting.shift();
        if (next !== undefined) start(next);
      });
    running.add(work);
  };
  return {
    run(task) {
      if (closed) return false;
      if (running.size < limits.running) start(task);
      else if (waiting.length < limits.waiting) waiting.push(task);
      else return false;
      return true;
    },
    async close() {
      closed = true;
      waiting.length = 0;
      await Promise.all(running);
    },
  };
};
