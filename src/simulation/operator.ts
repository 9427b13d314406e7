import { isRefusal } from '../domain/refusal.ts';
import type { Chance } from './chance.ts';
import type { Fleet } from './fleet.ts';
import { OUTSIDE } from './world.ts';

const AT_ONCE = 20;

/** One in so many captures that were lost is asked for again instead: the fan has the seats, and the gateway may do it now. */
const HONOURED_SHARE = 0.5;

/**
 * What an operator does with the money that waits for a person: it goes back, or a lost capture is tried again. Twice at once where two
 * of them look at the same list, which must decide it once. Resolves when each was asked for; who got no answer looks again.
 */
export const decideReviews = async (fleet: Fleet, chance: Chance): Promise<void> => {
  const asked = await fleet.ask(OUTSIDE, 'reviews', (node) => node.payments.reviews('open', AT_ONCE));
  if (asked.kind !== 'answer' || isRefusal(asked.value)) return;
  // Without an attempt only the gateway's own pages could settle it.
  const decided = asked.value
    .filter((review) => review.attemptId !== null)
    .map(({ reviewId, kind }) => {
      const honoured = kind === 'capture_lost' && chance.happens(HONOURED_SHARE);
      return { reviewId, action: honoured ? 'honour' : 'refund' } as const;
    });
  await Promise.all(
    [...decided, ...decided].map(({ reviewId, action }) =>
      fleet.ask(OUTSIDE, 'decide', (node) =>
        node.payments.resolveReview(reviewId, { action, note: `by hand: ${action}`, by: 'operator' }),
      ),
    ),
  );
};
