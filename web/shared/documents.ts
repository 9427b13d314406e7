import type { z } from 'zod';
import type { orderSummarySchema } from '../../src/http/order-summary.ts';
import type { eventSchema } from '../../src/http/event-schema.ts';
import type {
  arenaSchema,
  arenaStatesSchema,
  frameSchema,
  holdSchema,
  orderSchema,
  seatMapSchema,
} from '../../src/http/schemas.ts';
import type { numbersSchema } from '../../src/http/numbers-schema.ts';

/** What the server sends, by the schemas it checks its answers with. Types alone: none of it is loaded. */
export type EventDocument = z.output<typeof eventSchema>;
export type Frame = z.output<typeof frameSchema>;
export type Arena = z.output<typeof arenaSchema>;
export type ArenaStates = z.output<typeof arenaStatesSchema>;
export type SeatMap = z.output<typeof seatMapSchema>;
export type Hold = z.output<typeof holdSchema>;
export type OrderSummary = z.output<typeof orderSummarySchema>;
export type Order = z.output<typeof orderSchema>;
export type LiveNumbers = z.output<typeof numbersSchema>;
