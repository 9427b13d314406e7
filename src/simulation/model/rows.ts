import type { SaleEvent } from '../../domain/event.ts';
import type { Hold } from '../../domain/hold.ts';
import type { EventId, FanId, SeatId, SectionId } from '../../domain/ids.ts';
import type { Order, Ticket } from '../../domain/order.ts';
import type { DrawRecord } from '../../domain/ports/draw-book.ts';
import type { AdmissionRecord, LaneCounters, PlaceRecord } from '../../domain/ports/line.ts';
import type { HandOver } from '../../domain/ports/recovery.ts';
import type { SeatRow } from '../../domain/seat.ts';
import type { CodeUsage } from '../../domain/access-code.ts';
import type { Database, Table } from './tables.ts';

/** The rows of Postgres, as far as the sale reads them again. Times are milliseconds by the database's clock. */
export interface EventRow {
  readonly event: SaleEvent;
  readonly createdAtMs: number;
}

export interface SeatEntry extends SeatRow {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
}

export interface HoldRow extends Hold {
  readonly passId: string;
  readonly fingerprint: string;
  readonly heldAtMs: number;
  /** Granted to late money, on the admission of the first grant. */
  readonly late: boolean;
}

export interface UsageRow {
  readonly seats: number;
  readonly holds: number;
}

export interface OrderRow extends Order {
  readonly fences: readonly number[];
  readonly fingerprint: string;
  readonly remindedAtMs: number | null;
  readonly settledAtMs: number | null;
}

export interface TicketRow extends Ticket {
  readonly sectionId: SectionId;
}

export type PlaceRow = Omit<PlaceRecord, 'ended'> & { readonly spent: boolean };

export type AdmissionRow = Omit<AdmissionRecord, 'state' | 'remainingMs' | 'claim'> & {
  readonly admittedAtMs: number;
  readonly leftAtMs: number | null;
};

export interface HandOverRow extends HandOver {
  readonly eventId: EventId;
  readonly requestId: string;
  readonly oldPassId: string | null;
}

export type DrawRow = DrawRecord & { readonly secret: string };

export interface CountersRow {
  readonly epoch: number;
  readonly joined: number;
  readonly serving: number;
  readonly admitted: number;
  readonly countedAtMs: number;
  readonly lanes: readonly LaneCounters[] | undefined;
}

/** By the hash of the code, in hexadecimal digits. */
export interface CodeRow extends CodeUsage {
  readonly hash: string;
}

export interface RedemptionRow {
  readonly eventId: EventId;
  readonly codeId: string;
  readonly fanId: FanId;
}

/** Of a fan or of a network; null: the other. */
export interface InvitationRow {
  readonly eventId: EventId;
  readonly fanId: FanId | null;
  readonly network: string | null;
  readonly laneId: string;
}

export interface BypassRow {
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly codeId: string | null;
}

export interface SaleTables {
  readonly events: Table<EventRow>;
  readonly seats: Table<SeatEntry>;
  /** Counts changes of seats, as Postgres counts its transactions. */
  readonly changes: { last: number };
  readonly holds: Table<HoldRow>;
  readonly usage: Table<UsageRow>;
  readonly orders: Table<OrderRow>;
  readonly tickets: Table<TicketRow>;
  readonly inbox: Table<true>;
  readonly places: Table<PlaceRow>;
  readonly admissions: Table<AdmissionRow>;
  readonly counters: Table<CountersRow>;
  readonly draws: Table<DrawRow>;
  readonly handOvers: Table<HandOverRow>;
  readonly codes: Table<CodeRow>;
  readonly redemptions: Table<RedemptionRow>;
  readonly invitations: Table<InvitationRow | null>;
  readonly bypasses: Table<BypassRow>;
}

export const createTables = (db: Database): SaleTables => ({
  events: db.table(),
  seats: db.table(),
  changes: { last: 0 },
  holds: db.table(),
  usage: db.table(),
  orders: db.table(),
  tickets: db.table(),
  inbox: db.table(),
  places: db.table(),
  admissions: db.table(),
  counters: db.table(),
  draws: db.table(),
  handOvers: db.table(),
  codes: db.table(),
  redemptions: db.table(),
  invitations: db.table(),
  bypasses: db.table(),
});

/** The row without columns that its reader does not ask for. */
export const without = <Row extends object, Name extends keyof Row>(
  row: Row,
  ...names: readonly Name[]
): Omit<Row, Name> => {
  const rest: Partial<Row> = { ...row };
  for (const name of names) delete rest[name];
  return rest as Omit<Row, Name>;
};

export const seatKey = (eventId: EventId, sectionId: SectionId, seatId: SeatId): string =>
  `${eventId}/${sectionId}/${seatId}`;

export const usageKey = (eventId: EventId, fanId: FanId): string => `${eventId}/${fanId}`;

export const numberKey = (eventId: EventId, number: number): string => `${eventId}/${number}`;

/** The seats of an order, each with its section and fence. */
export const seatsOfOrder = (
  order: Pick<OrderRow, 'eventId' | 'sectionIds' | 'seatIds' | 'fences'>,
): readonly {
  readonly key: string;
  readonly seatId: SeatId;
  readonly sectionId: SectionId;
  readonly fence: number;
}[] =>
  order.seatIds.map((seatId, index) => {
    const sectionId = order.sectionIds[index] ?? '';
    return {
      key: seatKey(order.eventId, sectionId, seatId),
      seatId,
      sectionId,
      fence: order.fences[index] ?? -1,
    };
  });
