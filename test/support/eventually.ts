/**
 * Repeats `assertion` until it stops throwing, at most for `deadlineMs`; then throws what it threw last. The only way a
 * test here waits for the world: never a fixed sleep.
 */
export const eventually = async <T>(assertion: () => T | Promise<T>, deadlineMs = 10_000): Promise<T> => {
  const until = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }
};
