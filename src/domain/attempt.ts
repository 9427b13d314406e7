import type { AttemptId, EventId, OrderId } from './ids.ts';
import type { Intent } from './ports/payment-gateway.ts';
import type { OrderReason } from './order.ts';

/** To be completed with the transition itself: see `applyChange`. */
export type AttemptStatus =
  | 'new'
  | 'open'
  | 'authorised'
  | 'capturing'
  | 'captured'
  | 'cancelling'
  | 'cancelled'
  | 'refunding'
  | 'refunded';

export interface Attempt {
  readonly attemptId: AttemptId;
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly intentId: string | null;
  readonly status: AttemptStatus;
  readonly amountMinor: number;
  readonly currency: string;
  readonly description: string;
  readonly payByMs: number;
  /** Why it is to end without money, once that is decided. */
  readonly reason: OrderReason | null;
}

export type AttemptChange =
  | { readonly type: 'intentSeen'; readonly intent: Intent }
  | { readonly type: 'cancelWanted'; readonly reason: OrderReason }
  | { readonly type: 'captureWanted' }
  | { readonly type: 'returnWanted'; readonly reason: OrderReason };
