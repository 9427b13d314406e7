import type { Router } from '@koa/router';
import { invalidRequest, resourceMissing } from './errors.ts';
import type { Ledger } from './ledger.ts';
import { eventObject, intentObject, refundObject, type JsonObject } from './objects.ts';
import type { Operations } from './operations.ts';
import * as params from './params.ts';
import { readsCharge, type Pipeline } from './pipeline.ts';
import type { Page, PageRequest } from './shelf.ts';

export interface ApiRoutesOptions {
  readonly router: Router;
  readonly pipeline: Pipeline;
  readonly operations: Operations;
  readonly ledger: Ledger;
  readonly origin: () => string;
}

interface ListQuery {
  readonly limit: number;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?:
    | {
        readonly gt?: number | undefined;
        readonly gte?: number | undefined;
        readonly lt?: number | undefined;
        readonly lte?: number | undefined;
      }
    | undefined;
}

const pageRequest = (query: ListQuery): PageRequest => {
  if (query.starting_after !== undefined && query.ending_before !== undefined) {
    throw invalidRequest('You cannot parameterize both starting_after and ending_before.');
  }
  return { limit: query.limit, startingAfter: query.starting_after, endingBefore: query.ending_before };
};

const createdWithin = (query: ListQuery, createdMs: number): boolean => {
  const { gt, gte, lt, lte } = query.created ?? {};
  const seconds = Math.floor(createdMs / 1_000);
  return (
    (gt === undefined || seconds > gt) &&
    (gte === undefined || seconds >= gte) &&
    (lt === undefined || seconds < lt) &&
    (lte === undefined || seconds <= lte)
  );
};

const listObject = <T>(url: string, page: Page<T> | null, render: (item: T) => JsonObject): JsonObject => {
  if (page === null)
    throw invalidRequest('No such object for this cursor.', 'resource_missing', 'starting_after');
  return { object: 'list', url, has_more: page.hasMore, data: page.items.map(render) };
};

const mountWrites = ({ router, pipeline, operations }: ApiRoutesOptions): void => {
  const intents = '/v1/payment_intents';
  const idOf = (given: Record<string, string | undefined>): string => given['id'] ?? '';
  router.post(intents, (ctx) =>
    pipeline.mutate(ctx, 'create', params.createParams, (body, caller) => operations.create(body, caller)),
  );
  router.post(`${intents}/:id`, (ctx) =>
    pipeline.mutate(ctx, 'update', params.updateParams, (body, caller) =>
      operations.update(idOf(ctx.params), body, caller),
    ),
  );
  router.post(`${intents}/:id/confirm`, (ctx) =>
    pipeline.mutate(ctx, 'confirm', params.confirmParams, (body, caller) =>
      operations.confirm(idOf(ctx.params), body, caller),
    ),
  );
  router.post(`${intents}/:id/capture`, (ctx) =>
    pipeline.mutate(ctx, 'capture', params.captureParams, (body, caller) =>
      operations.capture(idOf(ctx.params), body, caller),
    ),
  );
  router.post(`${intents}/:id/cancel`, (ctx) =>
    pipeline.mutate(ctx, 'cancel', params.cancelParams, (body, caller) =>
      operations.cancel(idOf(ctx.params), body, caller),
    ),
  );
  router.post('/v1/refunds', (ctx) =>
    pipeline.mutate(ctx, 'refund', params.refundParams, (body, caller) => operations.refund(body, caller)),
  );
};

const mountReads = ({ router, pipeline, ledger, origin }: ApiRoutesOptions): void => {
  const pendingOf = (eventId: string): number => (ledger.delivery(eventId) === 'pending' ? 1 : 0);
  const found = <T>(item: T | undefined, what: string, id: string, param?: string): T => {
    if (item === undefined) throw resourceMissing(what, id, param);
    return item;
  };

  router.get('/v1/payment_intents', (ctx) =>
    pipeline.read(ctx, params.intentListParams, (query) => {
      const expand = readsCharge(query.expand, 'data.');
      const page = ledger.intents.page(pageRequest(query), (item) => createdWithin(query, item.createdMs));
      return listObject('/v1/payment_intents', page, (item) => intentObject(item, origin(), expand));
    }),
  );
  router.get('/v1/payment_intents/:id', (ctx) =>
    pipeline.read(ctx, params.retrieveParams, (query) => {
      const id = ctx.params['id'] ?? '';
      const record = found(ledger.intents.get(id), 'payment_intent', id);
      return intentObject(record, origin(), readsCharge(query.expand));
    }),
  );
  router.get('/v1/refunds', (ctx) =>
    pipeline.read(ctx, params.refundListParams, (query) => {
      readsCharge(query.expand);
      const { payment_intent: intentId, charge } = query;
      const page = ledger.refunds.page(
        pageRequest(query),
        (item) =>
          createdWithin(query, item.createdMs) &&
          (intentId === undefined || item.intentId === intentId) &&
          (charge === undefined || item.chargeId === charge),
      );
      return listObject('/v1/refunds', page, refundObject);
    }),
  );
  router.get('/v1/refunds/:id', (ctx) =>
    pipeline.read(ctx, params.retrieveParams, () => {
      const id = ctx.params['id'] ?? '';
      return refundObject(found(ledger.refunds.get(id), 'refund', id, 'id'));
    }),
  );
  router.get('/v1/events', (ctx) =>
    pipeline.read(ctx, params.eventListParams, (query) => {
      const wanted = query.types ?? (query.type === undefined ? null : [query.type]);
      const page = ledger.events.page(
        pageRequest(query),
        (item) => createdWithin(query, item.createdMs) && (wanted === null || wanted.includes(item.type)),
      );
      return listObject('/v1/events', page, (item) => eventObject(item, origin(), pendingOf(item.id)));
    }),
  );
  router.get('/v1/events/:id', (ctx) =>
    pipeline.read(ctx, params.retrieveParams, () => {
      const id = ctx.params['id'] ?? '';
      return eventObject(found(ledger.events.get(id), 'event', id, 'id'), origin(), pendingOf(id));
    }),
  );
};

/** The subset of Stripe's API that this gateway speaks. */
export const mountApi = (options: ApiRoutesOptions): void => {
  mountWrites(options);
  mountReads(options);
};
