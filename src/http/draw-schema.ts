import { z } from 'zod';
import { count, instant, sha256Hex, uuid } from './schemas.ts';

/** The published draw, as `drawDocumentOf` makes it. */
export const drawSchema = z
  .strictObject({
    version: z.string().meta({ description: 'The way of drawing; see docs/DRAW.md.' }),
    eventId: uuid,
    method: z
      .enum(['draw', 'order_of_arrival'])
      .meta({ description: '`order_of_arrival`: nobody joined before the opening, nothing was drawn.' }),
    state: z.enum(['open', 'sealed', 'drawn']).meta({
      description: '`open`: people enter. `sealed`: the beacon is waited for. `drawn`: the order is fixed.',
    }),
    drawn: z.boolean(),
    joined: count,
    opensAt: instant,
    sealedAt: instant.nullable(),
    openedByHand: z.boolean().meta({ description: 'An operator opened the sale before `opensAt`.' }),
    commitment: sha256Hex,
    entrants: count.meta({ description: 'Indices given out before the opening, 1 to this.' }),
    head: sha256Hex,
    beacon: z
      .strictObject({ source: z.string(), value: z.string().nullable() })
      .nullable()
      .meta({ description: 'Public randomness that goes into the key.' }),
    secret: sha256Hex.nullable().meta({ description: 'Published once the order is fixed.' }),
  })
  .meta({ id: 'Draw' });
