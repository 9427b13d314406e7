import type { AttemptId, EventId, FanId, HoldId, OrderId, SeatId, SectionId, TicketId } from './ids.ts';

/**
 * - `awaiting_payment`  seats are `paying`; the fan is at the gateway
 * - `confirming`        the money is authorised; the sale is being committed (shown, never stored: see `orderView`)
 * - `confirmed`         tickets exist (final until refunded)
 * - `failed`            declined for good, or cancelled by the fan (final)
 * - `expired`           nobody paid in time; the gateway's intent was cancelled first (final)
 * - `rejected`          paid, but the seats were no longer ours; the money goes back (final until refunded)
 * - `refunded`          the money went back (final)
 */
export type OrderStatus =
  | 'awaiting_payment'
  | 'confirming'
  | 'confirmed'
  | 'failed'
  | 'expired'
  | 'rejected'
  | 'refunded';

const NEXT: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  awaiting_payment: ['confirming', 'confirmed', 'failed', 'expired', 'rejected'],
  confirming: ['confirmed', 'rejected', 'failed', 'expired'],
  confirmed: ['refunded'],
  failed: ['rejected', 'refunded'],
  expired: ['rejected', 'refunded'],
  rejected: ['refunded'],
  refunded: [],
};

export const orderMayBecome = (from: OrderStatus, to: OrderStatus): boolean => NEXT[from].includes(to);

/** Nothing more will happen to the seats of this order. */
export const isSettled = (status: OrderStatus): boolean =>
  status !== 'awaiting_payment' && status !== 'confirming';

/** Why an order ended without tickets. */
export type OrderReason = 'declined' | 'cancelled' | 'expired' | 'seats_lost';

export interface Order {
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly status: OrderStatus;
  readonly reason: OrderReason | null;
  readonly holdIds: readonly HoldId[];
  readonly seatIds: readonly SeatId[];
  /** One per seat, same order. */
  readonly sectionIds: readonly SectionId[];
  readonly amountMinor: number;
  readonly currency: string;
  /** The first attempt at the money, named in the same transaction that made the order. */
  readonly attemptId: AttemptId;
  readonly payByMs: number;
  readonly createdAtMs: number;
}

export interface PlaceOrder {
  readonly orderId: OrderId;
  readonly attemptId: AttemptId;
  readonly fanId: FanId;
  readonly holdIds: readonly HoldId[];
  /** Time to pay, counted from the commit. */
  readonly payWithinMs: number;
  readonly fingerprint: string;
}

export interface Ticket {
  readonly ticketId: TicketId;
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly seatId: SeatId;
  readonly issuedAtMs: number;
  readonly voided: boolean;
}
