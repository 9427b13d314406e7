import type { AttemptId, EventId, FanId, HoldId, OrderId, SeatId, SectionId, TicketId } from './ids.ts';

/**
 * - `awaiting_payment`  seats are `paying`; the fan is at the gateway
 * - `confirming`        the money is authorised; the sale is being committed (shown, never stored: see `orderView`)
 * - `confirmed`         tickets exist (final until refunded)
 * - `failed`            declined for good, or cancelled by the fan (final, unless money comes all the same)
 * - `expired`           nobody paid in time; the gateway's intent was cancelled first (final, unless money comes all the same)
 * - `rejected`          paid, but the seats were no longer to be had; the money goes back (final until refunded, unless an
 *                       operator has it honoured)
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
  failed: ['confirmed', 'rejected', 'refunded'],
  expired: ['confirmed', 'rejected', 'refunded'],
  rejected: ['confirmed', 'refunded'],
  refunded: [],
};

export const orderMayBecome = (from: OrderStatus, to: OrderStatus): boolean => NEXT[from].includes(to);

/** Nothing more will happen to the seats of this order. */
export const isSettled = (status: OrderStatus): boolean =>
  status !== 'awaiting_payment' && status !== 'confirming';

/** Why an order ended without tickets. */
export const ORDER_REASONS = [
  'declined',
  'cancelled',
  'expired',
  'seats_lost',
  'fan_limit', // late money, and the fan has bought elsewhere meanwhile
  'amount_mismatch', // another sum was paid than the order costs
  'unknown_order',
  'refunded', // by an operator
] as const;
export type OrderReason = (typeof ORDER_REASONS)[number];

/**
 * What became of an order whose payment did not find its seats waiting:
 *
 * - `honoured`  its own seats were still to be had
 * - `reseated`  it got others of the same price, as the event allows
 * - `refunded`  neither: the money goes back
 * - `review`    a person decides
 */
export const ORDER_ENDINGS = ['honoured', 'reseated', 'refunded', 'review'] as const;
export type OrderEnding = (typeof ORDER_ENDINGS)[number];

export interface Order {
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly status: OrderStatus;
  readonly reason: OrderReason | null;
  /** Null: an order without a story. */
  readonly ending?: OrderEnding | null;
  /** The seats that were asked for, when the order got others. */
  readonly reseatedFrom?: readonly SeatId[] | null;
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
