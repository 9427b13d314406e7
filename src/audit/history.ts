import type { FanId, HoldId, OrderId, SeatId, SectionId, TicketId } from '../domain/ids.ts';

/** What fans were told, by the clock of the machine they run on. The other half of "answers are truthful". */
export interface ClientHistory {
  readonly eventId: string;
  readonly placesTold: readonly { readonly fanId: FanId; readonly number: number }[];
  /** Whoever brought a code and was let in by it, into this lane or (null) past the line. */
  readonly lanesOpened: readonly { readonly fanId: FanId; readonly laneId: string | null }[];
  /** Fans who were given a pass. */
  readonly admitted: readonly FanId[];
  readonly holdsTold: readonly HoldTold[];
  readonly orderAnswers: readonly OrderAnswer[];
  /** Orders that were shown as confirmed, with their tickets. */
  readonly salesTold: readonly SaleTold[];
  /** One request sent more than once under one key: double clicks and repeats after a timeout. */
  readonly repeats: readonly Repeat[];
  /** Requests whose outcome the fan never learned: what they asked for may or may not exist. */
  readonly unknown: readonly { readonly fanId: FanId; readonly what: 'hold' | 'order' }[];
  /** Everything that was asked of seats, with when it was asked and answered: see `linearizability/`. */
  readonly requests: readonly SeatRequest[];
  /** Frames of the line, each once, in whatever order and from whichever node they came. */
  readonly frames: readonly FrameTold[];
  /** Answers that contradicted themselves or the request, in words. */
  readonly untruths: readonly string[];
  /** Answers compared with their requests: what `untruths` is out of. */
  readonly answersCompared: number;
}

/** One request about seats with all its repeats under one key: from the first question to the last answer. */
export type SeatRequest = {
  readonly fanId: FanId;
  readonly invokedAtMs: number;
  /** Null: nobody waited for it. */
  readonly answeredAtMs: number | null;
  readonly outcome: RequestOutcome;
} & (
  | {
      readonly what: 'hold';
      readonly sectionId: SectionId;
      /** Null: the server was to choose. */
      readonly seatIds: readonly SeatId[] | null;
    }
  | { readonly what: 'order' | 'release'; readonly holdIds: readonly HoldId[] }
  /** A confirmed order given back for its money. */
  | { readonly what: 'give_back'; readonly orderId: OrderId }
);

export type RequestOutcome =
  /** `id`: of the hold or the order. `triedBefore`: an earlier try of the request went unanswered. */
  | { readonly kind: 'ok'; readonly id: string; readonly triedBefore?: boolean }
  /** `seatIds`: those named as standing in the way. */
  | { readonly kind: 'refused'; readonly code: string; readonly seatIds: readonly SeatId[] }
  /** Some try went unanswered, or the answer says so: it may take effect at any time after, or never. */
  | { readonly kind: 'unknown' };

/** What a frame said of the line; `asOfMs` by the clock of whoever counted it. */
export interface FrameTold {
  readonly epoch: number;
  readonly asOfMs: number;
  readonly serving: number;
}

export interface HoldTold {
  readonly fanId: FanId;
  readonly holdId: HoldId;
  readonly sectionId: SectionId;
  readonly seatIds: readonly SeatId[];
  readonly expiresAtMs: number;
  /** When the fan first asked to give it back; null: never. */
  readonly releasedAtMs: number | null;
}

export interface OrderAnswer {
  readonly fanId: FanId;
  readonly holdIds: readonly HoldId[];
  readonly answeredAtMs: number;
  /** 201 with this id; null: refused with `code`. */
  readonly orderId: OrderId | null;
  readonly code: string | null;
}

export interface SaleTold {
  readonly fanId: FanId;
  readonly orderId: OrderId;
  readonly tickets: readonly { readonly ticketId: TicketId; readonly seatId: SeatId }[];
  /** The order had been told as over before: its money came late, and bought what was free then. */
  readonly late?: boolean;
}

export interface Repeat {
  readonly fanId: FanId;
  readonly what: 'hold' | 'order';
  readonly key: string;
  /** The id in each 2xx answer. */
  readonly ids: readonly string[];
}
