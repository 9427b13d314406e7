import { z } from 'zod';
import { BUDGETS_MS, type Signal } from '../domain/closed-loop.ts';
import type { BindingLimit } from '../domain/binding-limit.ts';
import { isSeatId, isSectionId, isUuid } from '../domain/ids.ts';
import { LIMIT_TEXTS } from '../domain/binding-limit.ts';
import { ORDER_ENDINGS, ORDER_REASONS } from '../domain/order.ts';
import { REFUSALS } from '../domain/refusal.ts';

/** The building blocks of what goes in and out. Answers are strict: a member that is not described may not be sent. */

export const uuid = z.string().refine(isUuid, 'must be an id').meta({ format: 'uuid' });
export const sectionId = z
  .string()
  .refine(isSectionId, 'must be 1 to 24 letters, digits or underscores')
  .meta({ example: 'A', pattern: '^[A-Za-z0-9_]{1,24}$' });
export const seatId = z
  .string()
  .refine(isSeatId, 'must be <section>-<row>-<number> or <section>-<number>')
  .meta({ example: 'A-1-20' });
export const instant = z.iso.datetime().meta({ example: '2026-12-01T12:00:00.000Z' });
export const amountMinor = z.int().min(0).meta({ description: 'Minor units of the currency.' });
export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
  .meta({ example: 'BRL' });
export const count = z.int().min(0);
export const sha256Hex = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: '32 bytes in lower-case hexadecimal.' });

/** Milliseconds since the epoch as ISO 8601 UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString();

export const eventParams = z.object({ eventId: uuid });
/** A POST whose body says nothing: none at all, or `{}`. */
export const noBody = z.object({}).optional();

export const limitQuery = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) });

export const phase = z.enum(['pending', 'open', 'paused', 'closed']);

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ example: 'urn:catraca:problem:seat_taken' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(REFUSALS) as [keyof typeof REFUSALS, ...(keyof typeof REFUSALS)[]]),
    instance: z.string().meta({ description: 'The request id.' }),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    seatIds: z.array(z.string()).optional(),
    retryAfterMs: count.optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. Programs branch on `code`.' });

const bindingLimit = z.enum(Object.keys(LIMIT_TEXTS) as [BindingLimit, ...BindingLimit[]]);

export const becauseSchema = z
  .strictObject({
    code: bindingLimit,
    parameters: z.record(z.string(), z.number()).meta({
      description:
        'The figures it rests on, by name; durations in milliseconds unless the name says otherwise.',
    }),
    text: z.string().meta({ description: 'For people, in English; translate by `code` and `parameters`.' }),
  })
  .meta({ id: 'Because', description: 'Why the line moves as it does, in words for fans.' });

export const operatorMessage = z.strictObject({ text: z.string(), at: instant });

const tierSchema = z.strictObject({
  priceMinor: amountMinor,
  seats: count,
  left: count.meta({ description: 'Free seats at this price, at most a second old.' }),
});

const selloutSchema = z.strictObject({
  seatsLeft: count.meta({ description: 'Free, held and being paid for.' }),
  likelyUpTo: count.meta({ description: 'Up to this number there should be seats.' }),
  possibleUpTo: count.meta({
    description: 'Beyond this number there will be none unless seats come back: stand-by.',
  }),
});

export const frameSchema = z
  .strictObject({
    eventId: uuid,
    epoch: count.meta({ description: 'Rises when the counters of the line had to be restored.' }),
    phase,
    asOf: z.iso.datetime().nullable().meta({
      description:
        'When the line got to `serving`. Of two frames the newer has the greater `epoch`, then `asOf`; in that order `serving` never falls.',
    }),
    serving: count.meta({ description: 'The highest number called: places up to it may come in.' }),
    joined: count.meta({ description: 'The highest number given out.' }),
    inside: count,
    ratePerMinute: z.number().min(0),
    reason: bindingLimit.meta({ description: 'What limits the rate now.' }),
    because: becauseSchema,
    drawn: z.boolean().meta({
      description:
        'The order is fixed: whoever joined before the opening has a drawn number now; ask `…/line/me`.',
    }),
    message: operatorMessage.nullable().optional().meta({
      description: 'What the operator tells everybody. Text, never markup.',
    }),
    tiers: z.array(tierSchema).optional().meta({
      description: 'Prices and what is left at each, the cheapest first. Absent: not known yet.',
    }),
    sellout: selloutSchema.optional().meta({
      description: 'How far down the line the seats should reach. Absent: not known yet.',
    }),
    opensAt: z.iso.datetime(),
    at: z.iso.datetime(),
  })
  .meta({
    id: 'Frame',
    description: 'The one document everybody in a line reads; each computes their own position from it.',
  });

export const seatMapSchema = z
  .strictObject({
    eventId: uuid,
    sectionId,
    version: count.meta({ description: 'Rises with every change in the section.' }),
    seats: z.array(
      z.strictObject({
        seatId,
        row: z.string(),
        number: z.int().min(1),
        status: z.enum(['free', 'held', 'sold']),
      }),
    ),
  })
  .meta({ id: 'SeatMap' });

export const arenaSchema = z
  .strictObject({
    eventId: uuid,
    sections: z.array(
      z.strictObject({
        sectionId,
        name: z.string(),
        priceMinor: amountMinor,
        rows: z
          .array(z.strictObject({ name: z.string(), seats: z.int().min(1) }))
          .nullable()
          .meta({ description: 'Front row first; seats count from 1. Null: an area without seats.' }),
        capacity: z.int().min(1).nullable(),
      }),
    ),
  })
  .meta({ id: 'Arena', description: 'What an event is made of. Seat ids are `<section>-<row>-<number>`.' });

export const arenaStatesSchema = z
  .strictObject({
    eventId: uuid,
    sections: z.array(
      z.strictObject({
        sectionId,
        version: count,
        states: z
          .string()
          .regex(/^[fhs]*$/)
          .nullable()
          .meta({ description: 'A letter a seat, front row first: free, held, sold. Null: cannot be told.' }),
      }),
    ),
  })
  .meta({ id: 'ArenaStates' });

export const holdSchema = z
  .strictObject({
    holdId: uuid,
    eventId: uuid,
    sectionId,
    seats: z.array(seatId),
    amountMinor,
    currency,
    expiresAt: instant,
    extended: z.boolean(),
    state: z.enum(['active', 'released', 'expired', 'ordered']),
  })
  .meta({ id: 'Hold', description: 'Seats reserved for one fan, all or nothing, until `expiresAt`.' });

export const ticketSchema = z
  .strictObject({
    ticketId: uuid,
    seatId,
    code: z.string().meta({ description: 'Signed (EdDSA JWS): what the door reads.' }),
    svgUrl: z.string().meta({ description: 'The code as a QR image.' }),
    pdfUrl: z.string().meta({ description: 'The ticket on paper; `lang` and `tz` may be added.' }),
    icsUrl: z.string().meta({ description: 'The show for a calendar; 404 while it has no date.' }),
  })
  .meta({ id: 'Ticket' });

export const orderSchema = z
  .strictObject({
    orderId: uuid,
    eventId: uuid,
    status: z.enum([
      'awaiting_payment',
      'confirming',
      'confirmed',
      'failed',
      'expired',
      'rejected',
      'refunded',
    ]),
    reason: z.enum(ORDER_REASONS).optional(),
    ending: z.enum(ORDER_ENDINGS).optional().meta({
      description: 'What became of a payment that did not find its seats waiting.',
    }),
    reseatedFrom: z.array(seatId).optional().meta({
      description: 'The seats that were asked for, when the order got others of the same price.',
    }),
    amountMinor,
    currency,
    checkoutUrl: z.string().nullable().meta({
      description: 'Where to pay. Null when there is nothing to pay, or the gateway is slow: ask again.',
    }),
    payBy: instant,
    seats: z.array(seatId),
    tickets: z.array(ticketSchema),
  })
  .meta({ id: 'Order' });

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
    }),
    admission: z.strictObject({
      ratePerMinute: count,
      insideMax: count,
      paused: z.boolean(),
      closedLoop: z.boolean(),
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
