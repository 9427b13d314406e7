/** At most `running` tasks at once and `waiting` behind them; what does not fit is refused, never queued without bound. */
export interface Lanes {
  /** False: no room, and the task will not run. A task must not reject; `onFailure` hears of one that does. */
  run(task: () => Promise<unknown>): boolean;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
}

export const createLanes = (
  limits: { readonly running: number; readonly waiting: number },
  onFailure: (error: unknown) => void,
): Lanes => {
  const waiting: (() => Promise<unknown>)[] = [];
  const running = new Set<Promise<void>>();
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
      if (running.size < limits.running) start(task);
      else if (waiting.length < limits.waiting) waiting.push(task);
      else return false;
      return true;
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
};
