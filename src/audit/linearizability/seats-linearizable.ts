import type { ClientHistory } from '../history.ts';
import { judge, notChecked, type Verdict } from '../verdict.ts';
import type { SeatOperation } from './operation.ts';
import { operationsOf } from './operations-of.ts';
import { linearize, type Found } from './search.ts';
import { FREE, stateName, stepsOf } from './seat-register.ts';

/** Steps looked at for one seat, and for all of them: some seconds of one core at worst. */
const LOOKS_A_SEAT = 200_000;
const LOOKS_IN_ALL = 5_000_000;

/** Whether one seat's operations have an order in which every answer was right; looks at `budget` steps at most. */
export const judgeSeat = (operations: readonly SeatOperation[], budget: number = LOOKS_A_SEAT): Found =>
  linearize(stepsOf(operations), { start: FREE, nameOf: stateName }, budget);

/**
 * Each seat's history, with its overlapping questions and answers, has an order in which every answer was right. A search
 * that gave up proves nothing: if no seat is broken and some were not decided, the verdict is `not_checked`.
 */
export const seatsLinearizable = (
  history: ClientHistory | null,
  alone: boolean,
  looksInAll: number = LOOKS_IN_ALL,
): Verdict => {
  const what = 'each seat’s history has an order in which every answer was right';
  if (history === null) return notChecked('seats', what, 'no history of what fans were told');
  const bySeat = operationsOf(history, alone);
  const breaches: string[] = [];
  let checked = 0;
  let undecided = 0;
  let left = looksInAll;
  for (const [seat, operations] of bySeat) {
    const found = judgeSeat(operations, Math.min(left, LOOKS_A_SEAT));
    left -= found.looks;
    if (found.kind === 'gave_up') undecided += 1;
    else checked += operations.length;
    if (found.kind === 'broken') breaches.push(`${seat}: nothing explains ${found.stuckAt}`);
  }
  if (breaches.length === 0 && undecided > 0) {
    const why = `${undecided} of ${bySeat.size} seats were too tangled to decide`;
    return notChecked('seats', what, why);
  }
  return judge('seats', what, checked, breaches);
};
