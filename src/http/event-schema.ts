import { z } from 'zod';
import { amountMinor, count, currency, instant, phase, sectionId, uuid, laneSchema } from './schemas.ts';
import { publicShowShape } from './show-definition.ts';

const limits = z.strictObject({ seatsPerFan: z.int().min(1), holdsPerFan: z.int().min(1) });

/** An event as everybody may see it. */
export const eventSchema = z
  .strictObject({
    eventId: uuid,
    name: z.string(),
    venue: z.string(),
    currency,
    opensAt: instant,
    phase,
    limits,
    lanes: z.array(laneSchema).optional().meta({ description: 'Absent: one line for all.' }),
    ...publicShowShape,
    sections: z.array(
      z.strictObject({
        sectionId,
        name: z.string(),
        priceMinor: amountMinor,
        seats: count,
        left: count.meta({ description: 'Free seats, at most a second old.' }),
      }),
    ),
  })
  .meta({ id: 'Event' });
