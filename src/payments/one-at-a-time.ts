import type { Attempt } from '../domain/attempt.ts';
import { RANK } from '../domain/attempt-table.ts';
import type { AttemptId } from '../domain/ids.ts';
import type { DueWork } from './due-work.ts';

const newerOf = (one: Attempt, other: Attempt): Attempt => {
  const ahead = RANK[one.status] - RANK[other.status];
  if (ahead !== 0) return ahead > 0 ? one : other;
  return one.intentId === null ? other : one;
};

/**
 * The same work, but in this process never two errands for one attempt at once: a later one waits and goes on from where
 * the earlier one got to. Two at once would be harmless, yet the gateway answers the second use of a key in flight with a
 * conflict, and a fan whose order was announced twice (by the request and by the bus) would wait for the sweeper.
 */
export const oneAtATime = (work: DueWork): DueWork => {
  const last = new Map<AttemptId, Promise<Attempt>>();
  return {
    perform(attempt, errand) {
      const { attemptId } = attempt;
      const before = last.get(attemptId);
      const mine = (async () => {
        if (before === undefined) return work.perform(attempt, errand);
        const reached = await before.catch(() => attempt);
        return work.perform(newerOf(reached, attempt), errand);
      })().finally(() => {
        if (last.get(attemptId) === mine) last.delete(attemptId);
      });
      last.set(attemptId, mine);
      return mine;
    },
  };
};
