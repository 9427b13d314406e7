import { z } from 'zod';
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

let latest = { ms: Number.NaN, text: '' };

/** Milliseconds since the epoch as ISO 8601 UTC. The last one is remembered: all holds of one statement end at the same moment. */
export const iso = (ms: number): string => {
  if (ms !== latest.ms) latest = { ms, text: new Date(ms).toISOString() };
  return latest.text;
};

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

export const laneId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits or dashes')
  .meta({ example: 'fan-club' });

export const laneSchema = z.strictObject({
  id: laneId,
  name: z.string().trim().min(1).max(100),
  sharePercent: z
    .int()
    .min(1)
    .max(100)
    .meta({ description: 'Of the admissions; what a lane does not use flows to the others.' }),
  access: z
    .enum(['open', 'code'])
    .meta({ description: '`code`: only with a code for it, or by invitation.' }),
});

const laneViewSchema = laneSchema.extend({
  serving: count.meta({ description: 'The highest position called: up to it they may come in.' }),
  joined: count,
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
    serving: count.meta({
      description: 'The highest number called: places up to it may come in. With `lanes`: called in all.',
    }),
    joined: count.meta({ description: 'The highest number given out. With `lanes`: joined in all.' }),
    lanes: z.array(laneViewSchema).optional().meta({
      description: 'How far each lane is, by position within it. Absent: one line for all.',
    }),
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
