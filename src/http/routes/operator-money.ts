import { z } from 'zod';
import { ATTEMPT_STATUSES, type AttemptStatus } from '../../domain/attempt-table.ts';
import { MONEY_CLASSES } from '../../domain/reconciliation.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { count, instant, iso } from '../schemas.ts';

const differenceSchema = z
  .strictObject({
    kind: z.enum(['unknown_intent', 'second_intent', 'amount', 'state', 'missing']),
    /** What is done about it without a person. */
    remedy: z.enum(['cancel', 'refund', 'apply', 'review']),
    /** The intent; without one, the attempt. */
    subject: z.string(),
    intentId: z.string().nullable(),
    attemptId: z.string().nullable(),
    orderId: z.string().nullable(),
    eventId: z.string().nullable(),
    ours: z.enum(ATTEMPT_STATUSES as [AttemptStatus, ...AttemptStatus[]]).nullable(),
    gateway: z.enum(['open', 'processing', 'authorised', 'captured', 'cancelled']).nullable(),
    keptMinor: z.int(),
    currency: z.string(),
    standingMs: count,
  })
  .meta({ id: 'MoneyDifference' });

const moneySchema = z
  .strictObject({
    lookedAt: instant.nullable(),
    unbalanced: count,
    classes: z.array(
      z.strictObject({
        class: z.enum(MONEY_CLASSES),
        currency: z.string(),
        payments: count,
        amountMinor: z.int(),
      }),
    ),
    differences: z.array(differenceSchema),
  })
  .meta({ id: 'Money' });

/** Whether the gateway's ledger and ours say the same, and where not. */
export const operatorMoneyRoutes = (edge: Pick<Edge, 'operators'>): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/operator/money',
    summary: 'Where all taken money belongs',
    tags: ['operators'],
    auth: 'viewer',
    priority: 'vital',
    responses: {
      200: {
        description: 'As the last look found it; `lookedAt` null: there was none yet.',
        schema: moneySchema,
      },
    },
    handler: async () => {
      const report = await edge.operators.money();
      return json(200, {
        lookedAt: report === null ? null : iso(report.lookedAtMs),
        unbalanced: report?.unbalanced ?? 0,
        classes: report?.lines ?? [],
        differences: (report?.differences ?? []).map(({ standingMs, ...difference }) => ({
          ...difference,
          standingMs: Math.floor(standingMs),
        })),
      });
    },
  }),
];
