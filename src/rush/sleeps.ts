/** Sleeps that end together when the run is over. */
export const createSleeps = () => {
  const wakers = new Set<() => void>();
  let stopped = false;
  return {
    sleep: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        if (stopped) return resolve();
        const wake = (): void => {
          clearTimeout(timer);
          wakers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        return wakers.add(wake);
      }),
    stop(): void {
      stopped = true;
      for (const wake of wakers) wake();
    },
    stopped: () => stopped,
  };
};

export type Sleeps = ReturnType<typeof createSleeps>;
