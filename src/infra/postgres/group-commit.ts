import { refuse, RefusalError } from '../../domain/refusal.ts';

export interface GroupCommitLimits {
  /** Requests that share one statement. */
  readonly batchMax: number;
  /** Statements under way at once. */
  readonly inFlightMax: number;
  /** Requests that may wait; more are refused with `overloaded`, and nothing was done for them. */
  readonly queueMax: number;
}

interface Waiting<Q, A> {
  readonly request: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets many callers share one statement. Those of one turn of the event loop go together; whoever comes while
 * `inFlightMax` statements run waits for the next, so that the batches grow with the load. `run` answers one for one, in
 * order; if it fails, all of its batch fail with that error.
 */
export const groupCommit = <Q, A>(
  run: (requests: readonly Q[]) => Promise<readonly A[]>,
  limits: GroupCommitLimits,
): ((request: Q) => Promise<A>) => {
  const queue: Waiting<Q, A>[] = [];
  let inFlight = 0;
  let scheduled = false;

  const send = async (batch: readonly Waiting<Q, A>[]): Promise<void> => {
    inFlight += 1;
    try {
      const answers = await run(batch.map(({ request }) => request));
      if (answers.length !== batch.length) throw new Error('a batch was not answered one for one');
      batch.forEach(({ resolve }, index) => resolve(answers[index] as A));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      flush();
    }
  };

  const flush = (): void => {
    scheduled = false;
    while (queue.length > 0 && inFlight < limits.inFlightMax) void send(queue.splice(0, limits.batchMax));
  };

  return (request) =>
    new Promise<A>((resolve, reject) => {
      if (queue.length >= limits.queueMax) {
        reject(new RefusalError(refuse('overloaded')));
        return;
      }
      queue.push({ request, resolve, reject });
      if (scheduled || inFlight >= limits.inFlightMax) return;
      scheduled = true;
      setImmediate(flush);
    });
};
