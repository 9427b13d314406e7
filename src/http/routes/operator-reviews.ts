import { z } from 'zod';
import { isRefusal } from '../../domain/refusal.ts';
import { REVIEW_ACTIONS, REVIEW_KINDS, type Review, type ReviewAction } from '../../domain/review.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { instant, iso, limitQuery, uuid } from '../schemas.ts';

const action = z.enum(REVIEW_ACTIONS);

const reviewSchema = z
  .strictObject({
    reviewId: uuid,
    kind: z.enum(REVIEW_KINDS),
    paymentRef: z.string().meta({ description: 'The payment, as the gateway names it.' }),
    orderId: uuid.nullable(),
    details: z.record(z.string(), z.unknown()),
    openedAt: instant,
    actions: z.array(action).meta({
      description: 'What it can be decided as, as its payment stands now; none once it is decided.',
    }),
    resolution: z.strictObject({ action, note: z.string(), by: z.string(), at: instant }).nullable(),
  })
  .meta({ id: 'Review', description: 'Money of which no rule may decide: a person does.' });

const documentOf = (review: Review, actions: readonly ReviewAction[]): z.output<typeof reviewSchema> => ({
  reviewId: review.reviewId,
  kind: review.kind,
  paymentRef: review.paymentRef,
  orderId: review.orderId,
  details: { ...review.details },
  openedAt: iso(review.openedAtMs),
  actions: [...actions],
  resolution:
    review.resolution === null
      ? null
      : {
          action: review.resolution.action,
          note: review.resolution.note,
          by: review.resolution.by,
          at: iso(review.resolution.atMs),
        },
});

/** Money that waits for a person, and what he decides. */
export const operatorReviewRoutes = (edge: Pick<Edge, 'operators'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/reviews',
    summary: 'Money that waits for a person',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    query: limitQuery.extend({ state: z.enum(['open', 'all']).default('open') }),
    responses: {
      200: { description: 'Oldest first.', schema: z.strictObject({ reviews: z.array(reviewSchema) }) },
    },
    handler: async ({ query }) =>
      json(200, {
        reviews: (await edge.operators.reviews(query.state, query.limit)).map((one) =>
          documentOf(one, one.actions),
        ),
      }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/operator/reviews/:reviewId/resolution',
    summary: 'Decide a review',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: z.object({ reviewId: uuid }),
    body: z.strictObject({
      action: action.meta({
        description:
          'refund: all of it goes back, and tickets are void. honour: the fan gets the seats if they can be had, else the money goes back. dismiss: settled by other means.',
      }),
      note: z.string().trim().min(1).max(2_000),
    }),
    responses: {
      200: { description: 'Decided; again with the same action: the same.', schema: reviewSchema },
    },
    refusals: ['not_found', 'review_decided', 'review_action_impossible'],
    handler: async ({ params, body, caller, requestId }) => {
      const by = { caller, requestId };
      const review = await edge.operators.resolveReview(params.reviewId, body.action, body.note, by);
      return isRefusal(review) ? review : json(200, documentOf(review, []));
    },
  }),
];
