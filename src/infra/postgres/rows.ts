import type { Hold, HoldState } from '../../domain/hold.ts';
import type { Order, OrderEnding, OrderReason, OrderStatus } from '../../domain/order.ts';

/** Rows as pg hands them over, and their translation. Timestamps become milliseconds here and nowhere else. */
export interface HoldColumns {
  readonly hold_id: string;
  readonly event_id: string;
  readonly section_id: string;
  readonly fan_id: string;
  readonly seat_ids: readonly string[];
  readonly fences: readonly (string | number)[];
  readonly amount_minor: number;
  readonly currency: string;
  readonly expires_at: Date;
  readonly extended: boolean;
  readonly state: HoldState;
}

export const holdFrom = (row: HoldColumns): Hold => ({
  holdId: row.hold_id,
  eventId: row.event_id,
  sectionId: row.section_id,
  fanId: row.fan_id,
  seatIds: row.seat_ids,
  // bigint arrays arrive as strings: pg's parser of int8 does not reach into arrays.
  fences: row.fences.map(Number),
  amountMinor: row.amount_minor,
  currency: row.currency,
  expiresAtMs: row.expires_at.getTime(),
  extended: row.extended,
  state: row.state,
});

export interface OrderColumns {
  readonly order_id: string;
  readonly event_id: string;
  readonly fan_id: string;
  readonly attempt_id: string;
  readonly hold_ids: readonly string[];
  readonly seat_ids: readonly string[];
  readonly section_ids: readonly string[];
  readonly amount_minor: number;
  readonly currency: string;
  readonly status: Exclude<OrderStatus, 'confirming'>;
  readonly reason: OrderReason | null;
  readonly ending: OrderEnding | null;
  readonly reseated_from: readonly string[] | null;
  readonly pay_by: Date;
  readonly created_at: Date;
}

export const orderFrom = (row: OrderColumns): Order => ({
  orderId: row.order_id,
  eventId: row.event_id,
  fanId: row.fan_id,
  status: row.status,
  reason: row.reason,
  ending: row.ending,
  reseatedFrom: row.reseated_from,
  holdIds: row.hold_ids,
  seatIds: row.seat_ids,
  sectionIds: row.section_ids,
  amountMinor: row.amount_minor,
  currency: row.currency,
  attemptId: row.attempt_id,
  payByMs: row.pay_by.getTime(),
  createdAtMs: row.created_at.getTime(),
});
