import { z } from 'zod';
import { QUEUES, type QueueName } from '../../domain/messages.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { count, instant, iso, limitQuery, uuid } from '../schemas.ts';

const queueParams = z.object({ queue: z.enum(Object.keys(QUEUES) as [QueueName, ...QueueName[]]) });

const auditSchema = z
  .strictObject({
    at: instant,
    actor: z.string(),
    role: z.string(),
    action: z.string(),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    requestId: z.string(),
  })
  .meta({ id: 'AuditEntry' });

const parkedSchema = z
  .strictObject({
    message: z
      .strictObject({
        id: uuid,
        type: z.string(),
        occurredAt: instant,
        eventId: uuid,
        orderId: uuid,
        data: z.record(z.string(), z.unknown()),
      })
      .nullable(),
    /** What could not be read as a message, as it came. */
    raw: z.string().nullable(),
    attempts: count,
    reason: z.string(),
  })
  .meta({ id: 'ParkedMessage' });

/** Who did what; and messages that could not be handled, to be looked at and sent round again. */
export const operatorQueueRoutes = (edge: Pick<Edge, 'operators'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/audit',
    summary: 'Who did what, when',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    query: limitQuery,
    responses: {
      200: { description: 'Newest first.', schema: z.strictObject({ entries: z.array(auditSchema) }) },
    },
    handler: async ({ query }) => {
      const entries = await edge.operators.audit(query.limit);
      return json(200, {
        entries: entries.map((entry) => ({
          at: iso(entry.at),
          actor: entry.actor,
          role: entry.role,
          action: entry.action,
          target: entry.target,
          before: entry.before ?? null,
          after: entry.after ?? null,
          requestId: entry.requestId,
        })),
      });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/operator/queues/:queue/parked',
    summary: 'Messages set aside',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    params: queueParams,
    query: limitQuery,
    responses: {
      200: { description: 'The messages.', schema: z.strictObject({ messages: z.array(parkedSchema) }) },
    },
    refusals: ['not_found'],
    handler: async ({ params, query }) => {
      const parked = await edge.operators.parked(params.queue, query.limit);
      return json(200, {
        messages: parked.map(({ envelope, raw, attempts, reason }) => ({
          message:
            envelope === null
              ? null
              : {
                  id: envelope.id,
                  type: envelope.type,
                  occurredAt: iso(envelope.occurredAtMs),
                  eventId: envelope.eventId,
                  orderId: envelope.orderId,
                  data: envelope.data,
                },
          raw,
          attempts,
          reason,
        })),
      });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/operator/queues/:queue/redrive',
    summary: 'Send parked messages round again',
    tags: ['operators'],
    auth: 'operator',
    priority: 'vital',
    params: queueParams,
    body: z.strictObject({ limit: z.int().min(1).max(10_000).default(100) }).optional(),
    responses: { 200: { description: 'How many.', schema: z.strictObject({ redriven: count }) } },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const redriven = await edge.operators.redrive(params.queue, body?.limit ?? 100, { caller, requestId });
      return json(200, { redriven });
    },
  }),
];
