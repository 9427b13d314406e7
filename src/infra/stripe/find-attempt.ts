import type { Stripe } from 'stripe';
import type { AttemptId } from '../../domain/ids.ts';
import { attempt } from './outcome.ts';

/** How far the gateway's clock may be behind ours. */
const CLOCK_SKEW_SECONDS = 3_600;
const PAGE_SIZE = 100;
/** Bounds the search; at a hundred intents a page it reaches further than any sale between two tries. */
const MAX_PAGES = 500;

export type Found =
  | { readonly kind: 'found'; readonly intent: Stripe.PaymentIntent }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The attempt's own time of birth: the first 48 bits of a UUIDv7. 0 if it is not one, and then everything is searched. */
const bornAtSeconds = (attemptId: AttemptId): number => {
  const isTimed = /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(attemptId);
  return isTimed ? Math.floor(Number.parseInt(attemptId.replace('-', '').slice(0, 12), 16) / 1_000) : 0;
};

/**
 * Looks for the intent of an attempt in the gateway's list. It is the last resort: the list can be filtered by time alone
 * (the search by metadata lags by up to a minute, so it cannot prove absence).
 */
export const findByAttempt = async (
  stripe: Stripe,
  timeoutMs: number,
  attemptId: AttemptId,
): Promise<Found> => {
  const gte = Math.max(0, bornAtSeconds(attemptId) - CLOCK_SKEW_SECONDS);
  let after: string | undefined;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const cursor = after === undefined ? {} : { starting_after: after };
    const page = await attempt(timeoutMs, () =>
      stripe.paymentIntents.list({
        limit: PAGE_SIZE,
        created: { gte },
        expand: ['data.latest_charge'],
        ...cursor,
      }),
    );
    if (page.kind !== 'ok') {
      return { kind: 'unknown', reason: page.kind === 'unknown' ? page.reason : page.message };
    }
    const intent = page.value.data.find((candidate) => candidate.metadata['attemptId'] === attemptId);
    if (intent !== undefined) return { kind: 'found', intent };
    after = page.value.data.at(-1)?.id;
    if (!page.value.has_more || after === undefined) return { kind: 'absent' };
  }
  return { kind: 'unknown', reason: 'the list of intents is too long to be searched' };
};
