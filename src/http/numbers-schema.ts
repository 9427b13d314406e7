import { z } from 'zod';
import { BUDGETS_MS, type Signal } from '../domain/closed-loop.ts';
import { becauseSchema, count, frameSchema, instant, phase, sectionId, uuid } from './schemas.ts';

const seatCounts = { free: count, held: count, paying: count, sold: count };

const loopSchema = z
  .strictObject({
    mode: z.enum(['open', 'slow_start', 'increase', 'hold', 'decrease', 'stopped']).meta({
      description: '`open`: nothing is held back. `stopped`: nobody is let in, and every place is kept.',
    }),
    ratePerMinute: count.meta({ description: 'What this node finds the sale can digest.' }),
    because: becauseSchema.nullable(),
    signals: z.array(
      z.strictObject({
        signal: z.enum(Object.keys(BUDGETS_MS) as [Signal, ...Signal[]]),
        valueMs: z
          .number()
          .min(0)
          .meta({ description: 'Nine of ten were below it in the last five seconds.' }),
        budgetMs: count.meta({ description: 'Above it fewer people are let in.' }),
      }),
    ),
  })
  .meta({
    id: 'ClosedLoop',
    description: 'The closed loop of the node that answers. Null: it is switched off.',
  });

const launchSchema = z
  .strictObject({
    curve: z.object({
      startsAt: instant.optional(),
      firstBatch: count.optional(),
      points: z.array(z.strictObject({ afterSeconds: count, ratePerMinute: count })),
      taper: z.strictObject({ belowShare: z.number(), toShare: z.number() }).optional(),
    }),
    active: z.boolean().meta({ description: 'False: a rate set by hand holds instead.' }),
    ratePerMinute: count.nullable().meta({ description: 'What it has for this moment; null: not in force.' }),
  })
  .meta({ id: 'Launch', description: 'The planned rates. Null: none are planned.' });

export const numbersSchema = z
  .strictObject({
    eventId: uuid,
    phase,
    frame: frameSchema,
    line: z.strictObject({
      epoch: count,
      joined: count,
      serving: count,
      admitted: count,
      inside: count,
      called: count,
      lanes: z.array(z.strictObject({ joined: count, serving: count })).optional(),
    }),
    admission: z.strictObject({
      ratePerMinute: count,
      insideMax: count,
      paused: z.boolean(),
      closedLoop: z.boolean(),
      shares: z.array(count).optional().meta({ description: 'Of each lane, in percent.' }),
      version: count,
    }),
    loop: loopSchema.nullable(),
    launch: launchSchema.nullable(),
    seats: z.strictObject(seatCounts),
    orders: z.strictObject({
      awaitingPayment: count,
      confirmed: count,
      failed: count,
      expired: count,
      rejected: count,
      refunded: count,
    }),
    holds: z
      .strictObject({
        granted: count,
        conflicts: count.meta({ description: 'Somebody else was quicker.' }),
        refused: count.meta({ description: 'For another reason.' }),
        p50Ms: z.number().min(0).nullable(),
        p99Ms: z.number().min(0).nullable(),
      })
      .meta({
        description: 'Asked of the node that answers, since it started; times are of the last ten seconds.',
      }),
    sections: z.array(
      z.strictObject({
        sectionId,
        ...seatCounts,
        closed: z.boolean().meta({ description: 'On this node, after repeated faults.' }),
      }),
    ),
    limit: frameSchema.shape.reason,
    at: z.iso.datetime(),
  })
  .meta({ id: 'LiveNumbers' });
