import type { EventId, SectionId } from './ids.ts';
import type { SeatMap, VisibleStatus } from './ports/services.ts';
import { mayBeFree, versionOf, type SeatBelief, type Section } from './section.ts';

const visible = (seat: SeatBelief, nowMs: number): VisibleStatus => {
  if (seat.status === 'sold') return 'sold';
  return mayBeFree(seat, nowMs) ? 'free' : 'held';
};

/** What fans see of a section. */
export const seatMapOf = (
  eventId: EventId,
  sectionId: SectionId,
  section: Section,
  nowMs: number,
): SeatMap => ({
  eventId,
  sectionId,
  version: versionOf(section),
  seats: section.inOrder.map((seat) => ({
    seatId: seat.seatId,
    row: seat.row,
    number: seat.number,
    status: visible(seat, nowMs),
  })),
});
