import type { Step } from '../../../src/audit/linearizability/search.ts';

/** The same question asked of every order there is, with nothing remembered and nothing taken ahead. */
export const hasAnOrder = <State>(steps: readonly Step<State>[], state: State): boolean => {
  if (steps.every((step) => !step.must)) return true;
  return steps.some((step, index) => {
    const others = steps.filter((_, other) => other !== index);
    if (others.some((other) => other.must && other.completedAtMs < step.invokedAtMs)) return false;
    const next = step.apply(state);
    return next !== null && hasAnOrder(others, next);
  });
};
