export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Repeats `attempt` until it does not throw, at most for `withinMs`; then throws what it threw last. */
export const insistFor = async <T>(
  withinMs: number,
  attempt: () => T | Promise<T>,
  everyMs = 20,
): Promise<T> => {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      await pause(everyMs);
    }
  }
};
