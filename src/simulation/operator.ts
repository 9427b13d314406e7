import { isRefusal } from '../domain/refusal.ts';
import type { Chance } from './chance.ts';
import type { Fleet } from './fleet.ts';
import type { MemoryOfFans } from './memory-of-fans.ts';
import { OUTSIDE, type World } from './world.ts';

const AT_ONCE = 20;
const BY = 'operator';

/** This share of the lost captures is asked for again instead: the fan has the seats, and the gateway may do it now. */
const HONOURED_SHARE = 0.5;

/**
 * What an operator does with the money that waits for a person: it goes back, or a lost capture is tried again. Twice at once where two
 * of them look at the same list, which must decide it once. Resolves when each was asked for; who got no answer looks again.
 */
export const decideReviews = async (
  { fleet, memory, world }: { readonly fleet: Fleet; readonly memory: MemoryOfFans; readonly world: World },
  chance: Chance,
): Promise<void> => {
  const asked = await fleet.ask(OUTSIDE, 'reviews', (node) => node.payments.reviews('open', AT_ONCE));
  if (asked.kind !== 'answer' || isRefusal(asked.value)) return;
  // Without an attempt only the gateway's own pages could settle it.
  const decisions = asked.value
    .filter((review) => review.attemptId !== null)
    .map(({ reviewId, kind, orderId }) => {
      const honoured = kind === 'capture_lost' && chance.happens(HONOURED_SHARE);
      return { reviewId, orderId, action: honoured ? 'honour' : 'refund' } as const;
    });
  for (const { orderId, action } of decisions) {
    if (action === 'honour' || orderId === null) continue;
    // Whatever comes of it: from here on the seats of a sold order may be anybody's again.
    const request = { invokedAtMs: world.nowMs, answeredAtMs: null, outcome: { kind: 'unknown' } } as const;
    memory.request({ what: 'give_back', fanId: BY, orderId, ...request });
  }
  await Promise.all(
    [...decisions, ...decisions].map(({ reviewId, action }) =>
      fleet.ask(OUTSIDE, 'decide', (node) =>
        node.payments.resolveReview(reviewId, { action, note: `by hand: ${action}`, by: BY }),
      ),
    ),
  );
};
