import type { OrderStatus } from '../domain/order.ts';

/** What the server's answers hold, as far as a fan looks. */
export interface SignedIn {
  readonly fanId: string;
  readonly token: string;
}
export interface FrameDocument {
  readonly epoch: number;
  readonly asOf: string | null;
  readonly serving: number;
  readonly joined: number;
  /** How far each lane is; absent: one line for all. */
  readonly lanes?: readonly { readonly id: string; readonly serving: number }[];
  readonly inside: number;
  readonly ratePerMinute: number;
  readonly reason: string;
  readonly at: string;
}
export interface Joined {
  readonly place: string;
  readonly number: number;
  /** Null: one line for all, or past it. */
  readonly lane?: string | null;
  readonly recoveryCode: string;
  /** Of whoever joined before the opening. */
  readonly receipt?: { readonly index: number } | null;
}
export interface PassDocument {
  readonly pass: string;
  readonly expiresAt: string;
}
export interface SeatDocument {
  readonly seatId: string;
  readonly row: string;
  readonly number: number;
  readonly status: 'free' | 'held' | 'sold';
}
export interface HoldDocument {
  readonly holdId: string;
  readonly sectionId: string;
  readonly seats: readonly string[];
  readonly amountMinor: number;
  readonly expiresAt: string;
}
export interface OrderDocument {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly amountMinor: number;
  readonly checkoutUrl: string | null;
  readonly payBy: string;
  readonly seats: readonly string[];
  readonly tickets: readonly { readonly ticketId: string; readonly seatId: string; readonly code: string }[];
}
export interface EventDocument {
  readonly eventId: string;
  readonly limits: { readonly seatsPerFan: number };
  readonly lanes?: readonly { readonly id: string; readonly access: 'open' | 'code' }[];
  readonly sections: readonly { readonly sectionId: string; readonly seats: number; readonly left: number }[];
}
export interface SeatCounts {
  readonly free: number;
  readonly held: number;
  readonly paying: number;
  readonly sold: number;
}
export interface NumbersDocument {
  readonly line: {
    readonly joined: number;
    readonly serving: number;
    readonly inside: number;
    readonly called: number;
  };
  readonly seats: SeatCounts;
  readonly orders: Readonly<Record<string, number>>;
  readonly limit: string;
}
