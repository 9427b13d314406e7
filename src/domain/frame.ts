import type { EventId } from './ids.ts';
import type { Phase } from './event.ts';

/** What keeps the line from moving faster right now, named to fans and operators. */
export type BindingLimit =
  | 'rate' // the operator's rate
  | 'inside' // as many people inside as the operator allows
  | 'nobody_waiting' // everybody who joined has been called
  | 'stock' // nothing is left to sell
  | 'paused' // the operator paused admission
  | 'pending' // before the opening
  | 'closed' // the event is paused or closed
  | 'degraded'; // a part the sale needs is away; places are kept

/** The one small document that everybody in a line reads; each client computes its own position from it. */
export interface Frame {
  readonly eventId: EventId;
  readonly epoch: number;
  readonly phase: Phase;
  /** The highest number called: places up to it may come in. */
  readonly serving: number;
  /** The highest number given out. */
  readonly joined: number;
  readonly inside: number;
  /** People a minute that the line lets in at present: min(operator's ceiling, what the sale can digest). */
  readonly ratePerMinute: number;
  readonly reason: BindingLimit;
  readonly opensAt: string;
  /** When this frame was made; ISO 8601 UTC. */
  readonly at: string;
}
