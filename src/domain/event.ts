import type { ProofSetting } from './join-proof.ts';
import type { Launch, LaunchCurve } from './launch-curve.ts';
import type { Show } from './show.ts';
import type { LaneDefinition } from './lanes.ts';
import { seatIdInArea, seatIdInRow, type EventId, type SeatId, type SectionId } from './ids.ts';

/** What the operator set: `scheduled` opens by itself at `opensAt`; the other three stay until changed. */
export type PhaseSetting = 'scheduled' | 'open' | 'paused' | 'closed';

/** What a fan sees now. `pending`: before `opensAt`; people may join the line but nobody is called. */
export type Phase = 'pending' | 'open' | 'paused' | 'closed';

export interface EventLimits {
  /** Seats one fan may have in all (held, being paid for, bought). */
  readonly seatsPerFan: number;
  /** Unpaid holds one fan may have at once. */
  readonly holdsPerFan: number;
}

/** The operator's knobs of admission. `version` rises with every change, so that a late writer cannot undo a newer one. */
export interface AdmissionKnobs {
  /** People let in a minute: the ceiling. 0 lets nobody in. */
  readonly ratePerMinute: number;
  /** People inside at once (passes alive plus places called and not yet answered). */
  readonly insideMax: number;
  readonly paused: boolean;
  /** The rate follows the health of the sale, below the ceiling. Absent: on. */
  readonly closedLoop?: boolean | undefined;
  /** The share of each lane in percent, in the order of the lanes. Absent: the line has none. */
  readonly shares?: readonly number[] | undefined;
  readonly version: number;
}

export interface RowDefinition {
  readonly name: string;
  readonly seats: number;
}

/** A section has either rows of seats or a capacity. */
export interface SectionDefinition {
  readonly id: SectionId;
  readonly name: string;
  readonly priceMinor: number;
  readonly rows?: readonly RowDefinition[] | undefined;
  readonly capacity?: number | undefined;
}

export interface EventDefinition {
  readonly name: string;
  readonly venue: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly opensAtMs: number;
  readonly limits: EventLimits;
  readonly admission: Pick<AdmissionKnobs, 'ratePerMinute' | 'insideMax' | 'closedLoop'>;
  /** `reseat`: money that comes after its seats were sold buys others of the same price, instead of going back. */
  readonly lateMoney?: { readonly reseat: boolean } | undefined;
  /** Whether a join must bring a proof of work; absent: `off`. */
  readonly joinProof?: ProofSetting | undefined;
  /** The rates that are planned; absent: the ceiling from the first moment. */
  readonly launchCurve?: LaunchCurve | undefined;
  /**
   * `beacon`: which public randomness, of a time after the opening, goes into the draw of those who joined before; the line
   * waits for it. Absent: none.
   */
  readonly draw?: { readonly beacon: string } | undefined;
  /** When and where the show is, and until when tickets may be given back. */
  readonly show?: Show | undefined;
  /** Lanes that share the admissions, in an order that never changes. Absent: one line for all. */
  readonly lanes?: readonly LaneDefinition[] | undefined;
  readonly sections: readonly SectionDefinition[];
}

/** What the operator tells everybody who waits. */
export interface OperatorMessage {
  readonly text: string;
  readonly atMs: number;
}

/** An event as stored. */
export interface SaleEvent extends Omit<EventDefinition, 'admission' | 'launchCurve'> {
  /** Absent or null: none is planned. */
  readonly launch?: Launch | null | undefined;
  /** Absent or null: there is none. */
  readonly message?: OperatorMessage | null | undefined;
  readonly eventId: EventId;
  readonly phaseSetting: PhaseSetting;
  readonly admission: AdmissionKnobs;
}

export interface SeatDefinition {
  readonly seatId: SeatId;
  readonly sectionId: SectionId;
  /** Row name; empty in a capacity area. */
  readonly row: string;
  /** Counts from 1 within the row (or the area). */
  readonly number: number;
}

/** The phase that holds at `nowMs`. */
export const phaseAt = (
  event: { readonly phaseSetting: PhaseSetting; readonly opensAtMs: number },
  nowMs: number,
): Phase => {
  if (event.phaseSetting !== 'scheduled') return event.phaseSetting;
  return nowMs >= event.opensAtMs ? 'open' : 'pending';
};

/** Every seat of a section, front row first: the official map that goes into Postgres. */
export const seatsOf = (section: SectionDefinition): readonly SeatDefinition[] => {
  if (section.rows !== undefined) {
    return section.rows.flatMap((row) =>
      Array.from({ length: row.seats }, (_, index) => ({
        seatId: seatIdInRow(section.id, row.name, index + 1),
        sectionId: section.id,
        row: row.name,
        number: index + 1,
      })),
    );
  }
  return Array.from({ length: section.capacity ?? 0 }, (_, index) => ({
    seatId: seatIdInArea(section.id, index + 1),
    sectionId: section.id,
    row: '',
    number: index + 1,
  }));
};

/** How many seats a section has. */
export const seatCountOf = ({ rows, capacity = 0 }: SectionDefinition): number =>
  rows === undefined ? capacity : rows.reduce((sum, row) => sum + row.seats, 0);
