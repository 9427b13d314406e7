import { refuse, RefusalError } from '../../domain/refusal.ts';
import { createTurnBatcher, type TurnBatcherOptions } from '../../domain/turn-batcher.ts';

/**
 * Lets many callers share one statement, as a turn batcher does, where a caller has no use for `null`: who finds the queue
 * full is refused with `overloaded` (a `RefusalError`), and nothing was done for them.
 */
export const groupCommit = <Request, Answer>(
  options: TurnBatcherOptions<Request, Answer>,
): ((request: Request) => Promise<Answer>) => {
  const batcher = createTurnBatcher(options);
  return (request) => batcher.add(request) ?? Promise.reject(new RefusalError(refuse('overloaded')));
};
