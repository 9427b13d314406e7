import { isRefusal } from '../domain/refusal.ts';
import type { Fleet } from './fleet.ts';
import { OUTSIDE } from './world.ts';

const AT_ONCE = 20;

/**
 * What an operator does with the money that waits for a person: it goes back. Twice at once where two of them look at the
 * same list, which must decide it once. Resolves when each was asked for; who got no answer looks again.
 */
export const decideReviews = async ({ fleet }: { readonly fleet: Fleet }): Promise<void> => {
  const asked = await fleet.ask(OUTSIDE, 'reviews', (node) => node.payments.reviews('open', AT_ONCE));
  if (asked.kind !== 'answer' || isRefusal(asked.value)) return;
  // Without an attempt only the gateway's own pages could settle it.
  const decidable = asked.value.filter((review) => review.attemptId !== null);
  const decision = { action: 'refund', note: 'the sum is not what was asked for', by: 'operator' } as const;
  await Promise.all(
    [...decidable, ...decidable].map(({ reviewId }) =>
      fleet.ask(OUTSIDE, 'decide', (node) => node.payments.resolveReview(reviewId, decision)),
    ),
  );
};
