import type { Logger } from '../infra/log.ts';

export interface Closing {
  /** Remembers how to end what was just started; what starts after `run` was called is ended at once. */
  add(name: string, close: () => Promise<unknown> | void): void;
  /** Ends everything in the reverse order of its start; a failure is logged and does not keep the rest from ending. */
  run(): Promise<void>;
}

/** What was started last is stopped first, also when the start breaks off half-way. */
export const createClosing = (log: Logger): Closing => {
  const steps: { readonly name: string; readonly close: () => Promise<unknown> | void }[] = [];
  let running: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step.close();
      } catch (error) {
        log.warn({ err: error, part: step.name }, 'a part did not stop cleanly');
      }
    }
  };
  return {
    add(name, close) {
      steps.push({ name, close });
      if (running !== null) running = running.then(closeAll);
    },
    run: () => (running ??= closeAll()),
  };
};

/** Starts by `start`; what it had started is stopped again if it fails, or is broken off. Rejects with what it failed with. */
export const startOrClose = async <T>(
  { log, breakOff }: { readonly log: Logger; readonly breakOff?: AbortSignal | undefined },
  start: (closing: Closing) => Promise<T>,
): Promise<T> => {
  const closing = createClosing(log);
  const close = (): void => void closing.run();
  breakOff?.addEventListener('abort', close);
  try {
    return await start(closing);
  } catch (error) {
    await closing.run();
    throw error;
  } finally {
    breakOff?.removeEventListener('abort', close);
  }
};
