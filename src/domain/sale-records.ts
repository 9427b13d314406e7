import type { AttemptStatus } from './attempt-table.ts';
import type { HoldState } from './hold.ts';
import type {
  AttemptId,
  EventId,
  FanId,
  HoldId,
  OrderId,
  PassId,
  SeatId,
  SectionId,
  TicketId,
} from './ids.ts';
import type { OrderReason, OrderStatus } from './order.ts';

/** Everything Postgres knows about one event's sale, as an audit reads it. Times are milliseconds by Postgres' clock. */
export interface SaleRecords {
  readonly event: EventRecord;
  /** When this was read. */
  readonly readAtMs: number;
  readonly seats: readonly SeatRecord[];
  readonly holds: readonly HoldRecord[];
  readonly orders: readonly OrderRecord[];
  readonly tickets: readonly TicketRecord[];
  readonly attempts: readonly AttemptRecord[];
  readonly places: readonly PlaceRecord[];
  readonly admissions: readonly AdmissionEntry[];
  readonly access: AccessRecords;
  /** Messages about this event that have not left yet. */
  readonly unsent: { readonly tickets: number; readonly payments: number };
}

export interface EventRecord {
  readonly eventId: EventId;
  readonly currency: string;
  readonly createdAtMs: number;
  readonly opensAtMs: number;
  readonly ratePerMinute: number;
  readonly insideMax: number;
  /** 1 until somebody turns a knob. */
  readonly knobsVersion: number;
  readonly seatsPerFan: number;
  readonly holdsPerFan: number;
}

export interface SeatRecord {
  readonly sectionId: SectionId;
  readonly seatId: SeatId;
  readonly status: 'free' | 'held' | 'paying' | 'sold';
  readonly holdId: HoldId | null;
  readonly heldUntilMs: number | null;
}

export interface HoldRecord {
  readonly holdId: HoldId;
  readonly sectionId: SectionId;
  readonly fanId: FanId;
  readonly passId: PassId;
  readonly seatIds: readonly SeatId[];
  readonly amountMinor: number;
  readonly state: HoldState;
  readonly heldAtMs: number;
  readonly expiresAtMs: number;
  /** Granted to money that came late, on the admission of the first grant. */
  readonly late?: boolean;
}

export interface OrderRecord {
  readonly orderId: OrderId;
  readonly fanId: FanId;
  readonly attemptId: AttemptId;
  readonly holdIds: readonly HoldId[];
  readonly sectionIds: readonly SectionId[];
  readonly seatIds: readonly SeatId[];
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: Exclude<OrderStatus, 'confirming'>;
  readonly reason: OrderReason | null;
  readonly payByMs: number;
  readonly createdAtMs: number;
  readonly settledAtMs: number | null;
}

export interface TicketRecord {
  readonly ticketId: TicketId;
  readonly orderId: OrderId;
  readonly sectionId: SectionId;
  readonly seatId: SeatId;
  readonly fanId: FanId;
  readonly voided: boolean;
}

export interface AttemptRecord {
  readonly attemptId: AttemptId;
  readonly orderId: OrderId;
  readonly intentId: string | null;
  readonly status: AttemptStatus;
  readonly amountMinor: number;
}

export interface PlaceRecord {
  readonly number: number;
  readonly fanId: FanId;
  readonly spent: boolean;
}

export interface AdmissionEntry {
  readonly passId: PassId;
  readonly fanId: FanId;
  readonly number: number;
  /** Where the place stood in the order of calling. */
  readonly turn: number;
  readonly admittedAtMs: number;
  readonly expiresAtMs: number;
  readonly leftAtMs: number | null;
}

/** Codes, who redeemed them, and who went past the line (docs/LANES.md). */
export interface AccessRecords {
  readonly codes: readonly CodeRecord[];
  readonly redemptions: readonly { readonly codeId: string; readonly fanId: FanId }[];
  readonly bypasses: readonly { readonly codeId: string | null; readonly fanId: FanId }[];
}

export interface CodeRecord {
  readonly codeId: string;
  /** The lane that it opens; null: it is a bypass. */
  readonly laneId: string | null;
  /** Fans that may redeem it; null: any number. */
  readonly usesMax: number | null;
  readonly uses: number;
}

/** What of one event is still under way. */
export interface UnsettledWork {
  /** Orders that await payment, paid or not. */
  readonly orders: number;
  /** Of those, the latest time until which somebody may still pay; null: none. */
  readonly payByMs: number | null;
  /** Attempts at money between two definite answers; an intent that is merely open is none. */
  readonly attempts: number;
  readonly unsent: number;
}
