import { crowdOf, type CrowdPlan, type Persona } from '../../rush/crowd.ts';
import { between, seededRandom } from '../../rush/seeded-random.ts';

export interface Lives {
  readonly holdTtlMs: number;
  readonly payWithinMs: number;
}

/**
 * A rush's crowd with more people who come at the worst moment: some order just when their hold ends, some pay (with the
 * second card) just when their order does, and some go away without a word. A function of the plan alone.
 */
export const chaosCrowdOf = (plan: CrowdPlan, lives: Lives): readonly Persona[] => {
  const random = seededRandom(plan.seed ^ 0x5eed);
  return crowdOf(plan).map((persona) => {
    const dice = random.next();
    const { holdTtlMs, payWithinMs } = lives;
    if (dice < 0.08) return { ...persona, thinkMs: between(random, holdTtlMs - 500, holdTtlMs + 300) };
    if (dice < 0.16) {
      // They think once before each card: the second one comes when the time to pay is over, or nearly.
      const thinkMs = between(random, payWithinMs / 2 - 300, payWithinMs / 2 + 300);
      return { ...persona, ending: 'declined_first', thinkMs };
    }
    if (dice < 0.28) return { ...persona, ending: 'vanishes' };
    return persona;
  });
};
