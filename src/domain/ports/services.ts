import type { EventDefinition, Phase, PhaseSetting, SaleEvent } from '../event.ts';
import type { EventChange } from '../event-change.ts';
import type { Frame } from '../frame.ts';
import type { Hold } from '../hold.ts';
import type { EventId, FanId, HoldId, OrderId, PassId, SeatId, SectionId, TicketId } from '../ids.ts';
import type { LaneDefinition } from '../lanes.ts';
import type { Launch, LaunchCurve } from '../launch-curve.ts';
import type { QueueName } from '../messages.ts';
import type { Order, OrderStatus, Ticket } from '../order.ts';
import type { Refusal } from '../refusal.ts';
import type { ListedReview, Review, ReviewAction } from '../review.ts';
import type { SeatStatus } from '../seat.ts';
import type { DrawRecord } from './draw-book.ts';
import type { AuditEntry, KnobChange, OrderCounts } from './event-store.ts';
import type { LineCounters } from './line.ts';
import type { GiveBack } from './order-book.ts';
import type { ParkedMessage } from './message-bus.ts';
import type { MoneyReport } from './reconciliation-store.ts';
import type { LoopView } from './waiting-room.ts';

/**
 * What the services offer to the edge. The HTTP layer knows these interfaces and nothing behind them. A method that can
 * say no returns a `Refusal`; a rejected promise is a fault, and unless documented otherwise its outcome is not known.
 */

type Unwatch = () => void;

// ---------------------------------------------------------------- tickets

export interface SectionView {
  readonly sectionId: SectionId;
  readonly name: string;
  readonly priceMinor: number;
  readonly seats: number;
  /** Free seats, at most a second old. */
  readonly left: number;
}

export interface EventView {
  readonly event: SaleEvent;
  readonly phase: Phase;
  readonly sections: readonly SectionView[];
}

/** Fans see `paying` as `held`: a seat that may come back. */
export type VisibleStatus = Exclude<SeatStatus, 'paying'>;

export interface SeatMap {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  /** Rises with every change in the section; the same on every node for the same state. */
  readonly version: number;
  readonly seats: readonly {
    readonly seatId: SeatId;
    readonly row: string;
    readonly number: number;
    readonly status: VisibleStatus;
  }[];
}

export interface HoldCommand {
  readonly holdId: HoldId;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly passId: PassId;
  readonly sectionId: SectionId;
  /** Either the seats by name, or how many the section shall choose. */
  readonly wish: { readonly seatIds: readonly SeatId[] } | { readonly quantity: number };
  /** Hash of what was asked, to tell a repeat of a key from its reuse. */
  readonly fingerprint: string;
}

export interface TicketService {
  listEvents(): Promise<readonly EventView[]>;
  findEvent(eventId: EventId): Promise<EventView | null>;
  seatMap(eventId: EventId, sectionId: SectionId): Promise<SeatMap | Refusal>;
  hold(
    command: HoldCommand,
  ): Promise<{ readonly kind: 'held'; readonly hold: Hold; readonly replayed: boolean } | Refusal>;
  release(holdId: HoldId, fanId: FanId): Promise<Hold | Refusal>;
  extend(holdId: HoldId, fanId: FanId): Promise<Hold | Refusal>;
  placeOrder(command: {
    readonly orderId: OrderId;
    readonly fanId: FanId;
    readonly holdIds: readonly HoldId[];
    readonly fingerprint: string;
  }): Promise<Order | Refusal>;
  /** Null also for another fan's order: whoever knows only an id gets nothing. */
  findOrder(
    orderId: OrderId,
    fanId: FanId,
  ): Promise<{ readonly order: Order; readonly tickets: readonly Ticket[] } | null>;
  /** The fan's orders in all events, newest first, as they are stored. */
  ordersOf(fanId: FanId, limit: number): Promise<readonly Order[]>;
  /** Gives a confirmed order back, once however often it is asked for: see the order book. */
  giveBack(request: GiveBack): Promise<Order | Refusal>;
  /** Calls back (soon) after each change of the order on this node, and every 2 s for changes made on other nodes. */
  watchOrder(orderId: OrderId, onChange: () => void): Unwatch;
  findTicket(ticketId: TicketId): Promise<Ticket | null>;
}

// ---------------------------------------------------------------- payments

/** Where an order's money stands, in the words the edge needs. */
export interface CheckoutView {
  readonly orderId: OrderId;
  /** Null while the gateway has not yet answered the opening of the intent. */
  readonly checkoutUrl: string | null;
  /** The gateway has reserved or taken the money. */
  readonly authorised: boolean;
  /** The money went back, or was released. */
  readonly returned: boolean;
}

export interface PaymentService {
  /** Opens (or finds) the checkout of an order. Waits for the gateway at most a few seconds; then `checkoutUrl` is null. */
  openCheckout(order: Order, description: string): Promise<CheckoutView>;
  findCheckout(orderId: OrderId): Promise<CheckoutView | null>;
  /** Cancels at the gateway first. `too_late`: it is authorised. `unknown`: the gateway gave no word; the sweeper goes on. */
  cancel(orderId: OrderId): Promise<'cancelled' | 'too_late' | 'unknown' | 'not_found'>;
  /** Checks signature and age, counts it once, applies it. */
  receiveWebhook(rawBody: Buffer, signature: string): Promise<'accepted' | 'duplicate' | 'ignored' | Refusal>;
  /** What waits for a person, oldest first; with `all`, also what was decided. */
  reviews(state: 'open' | 'all', limit: number): Promise<readonly ListedReview[]>;
  /** Decides a review, once: the same action again changes nothing (`repeated`), another one is refused. */
  resolveReview(
    reviewId: string,
    decision: { readonly action: ReviewAction; readonly note: string; readonly by: string },
  ): Promise<{ readonly review: Review; readonly repeated: boolean } | Refusal>;
}

// ---------------------------------------------------------------- who is asking

/** `service`: another process of ours, between which nothing else is signed. */
export type TokenRole = 'fan' | 'operator' | 'viewer' | 'service';

export interface Caller {
  readonly id: string;
  readonly role: TokenRole;
}

/** Bearer tokens (JWT). `viewer` may look at the operator's pages and change nothing. */
export interface BearerTokens {
  issue(caller: Caller, lifeMs: number): Promise<string>;
  /** Null for anything that is not a valid token of ours or of the configured OIDC issuer. At once where it is remembered. */
  read(token: string): Caller | null | Promise<Caller | null>;
}

/** Signed ticket codes (Ed25519), to be checked at the door with the public key alone. */
export interface TicketCodes {
  sign(ticket: Ticket): Promise<string>;
  /** The public key as a JWK set. */
  publicKeys(): Promise<{ readonly keys: readonly Record<string, unknown>[] }>;
}

// ---------------------------------------------------------------- operators

export interface ActorView {
  readonly path: string;
  readonly kind: string;
  readonly mailbox: number;
  readonly mailboxLimit: number;
  readonly restarts: number;
  readonly state: 'starting' | 'running' | 'backing_off' | 'closed' | 'stopped';
}

/** What became of the holds asked of this node since it started, and how long they took in the last ten seconds. */
export interface HoldNumbers {
  readonly granted: number;
  /** Somebody else was quicker. */
  readonly conflicts: number;
  /** Refused for another reason. */
  readonly refused: number;
  /** Null: none was asked for lately. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface LiveNumbers {
  readonly eventId: EventId;
  readonly phase: Phase;
  readonly frame: Frame;
  readonly line: LineCounters;
  readonly admission: SaleEvent['admission'];
  /** The closed loop of the node that answers; null: switched off. */
  readonly loop: LoopView | null;
  /** The planned rates, whether they are in force, and what they have for this moment; null: none are planned. */
  readonly launch: (Launch & { readonly ratePerMinute: number | null }) | null;
  readonly seats: {
    readonly free: number;
    readonly held: number;
    readonly paying: number;
    readonly sold: number;
  };
  readonly orders: OrderCounts;
  readonly holds: HoldNumbers;
  readonly sections: readonly {
    readonly sectionId: SectionId;
    readonly free: number;
    readonly held: number;
    readonly paying: number;
    readonly sold: number;
    /** On this node, after repeated faults: it refuses every request. */
    readonly closed: boolean;
  }[];
  /** What limits the rate now. */
  readonly limit: Frame['reason'];
  readonly at: string;
}

/** Who acts, for the audit. */
export interface Actor {
  readonly caller: Caller;
  readonly requestId: string;
}

export interface OperatorService {
  createEvent(eventId: EventId, definition: EventDefinition, by: Actor): Promise<SaleEvent>;
  findEvent(eventId: EventId): Promise<SaleEvent | null>;
  /** Changes what may still be changed (`event-change.ts`); null: there is no such event. */
  editEvent(eventId: EventId, change: EventChange, by: Actor): Promise<SaleEvent | Refusal | null>;
  setPhase(eventId: EventId, phase: PhaseSetting, by: Actor): Promise<SaleEvent | null>;
  turnKnobs(eventId: EventId, change: KnobChange, by: Actor): Promise<SaleEvent | null>;
  /** Plans the rates of the sale and puts them in force; null: none any more. */
  planLaunch(eventId: EventId, curve: LaunchCurve | null, by: Actor): Promise<SaleEvent | null>;
  /** The lanes of its line and their shares (`lanes.ts`); null: there is no such event. */
  setLanes(
    eventId: EventId,
    lanes: readonly LaneDefinition[],
    by: Actor,
  ): Promise<SaleEvent | Refusal | null>;
  /** Tells everybody who waits; null: nothing any more. In the frame of every node within a second. */
  setMessage(eventId: EventId, text: string | null, by: Actor): Promise<SaleEvent | null>;
  setBeacon(eventId: EventId, value: string, by: Actor): Promise<DrawRecord | Refusal>;
  numbers(eventId: EventId): Promise<LiveNumbers | null>;
  actors(): readonly ActorView[];
  /** Crashes it; its supervisor brings it back. False: there is no such actor. */
  killActor(path: string, by: Actor): Promise<boolean>;
  audit(limit: number): Promise<readonly AuditEntry[]>;
  /** What the last look at both ledgers found; null: none has been finished yet. */
  money(): Promise<MoneyReport | null>;
  parked(queue: QueueName, limit: number): Promise<readonly ParkedMessage[]>;
  redrive(queue: QueueName, limit: number, by: Actor): Promise<number>;
  reviews(state: 'open' | 'all', limit: number): Promise<readonly ListedReview[]>;
  resolveReview(reviewId: string, action: ReviewAction, note: string, by: Actor): Promise<Review | Refusal>;
}

export type { OrderStatus };
